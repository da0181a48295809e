"""Measure a network on an engine, in a process of its own that may crash or hang without harm."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from planner.distribution import install_command
from planner.engines.own_process import answer_of
from planner.engines.session import EngineError, EngineNode
from planner.engines.synthetic_inputs import synthetic_inputs
from planner.engines.timing import Timing
from planner.errors import UnknownIdError
from planner.hardware.processor import cpu_name
from planner.process.temporary import temporary_folder
from planner.workload.file.external_data import has_weights
from planner.workload.file.onnx_file import write_graph
from planner.workload.graph import UNKNOWN_RANK, TensorSpec
from planner.workload.quantise import in_8_bits
from planner.workload.workload import Workload, is_quantised

ENGINES = {
    "onnxruntime": ("planner.engines.onnxruntime_engine", ("onnxruntime",)),
    "openvino": ("planner.engines.openvino_engine", ("openvino",)),
    "ncnn": ("planner.engines.ncnn_engine", ("ncnn", "pnnx")),
}
"""Engine -> the module that opens a session on it, and the packages that it needs."""

_INSTALL = {"pnnx": "pip install --no-deps pnnx"}


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What was found for one network; `reason` says why there is no timing."""

    model: str
    engine: str
    engine_version: str
    cpu: str
    threads: int
    batch: int
    load_s: float | None
    first_s: float | None
    timing: Timing | None
    peak_memory_bytes: int | None
    finite: bool | None
    reason: str | None
    precision: str = "fp32"
    nodes: tuple[EngineNode, ...] = ()
    """The engine's own nodes with their times, where they were asked for."""

    def record(self) -> dict[str, object]:
        """The measurement as JSON; nodes, which few ask for, are left out."""
        return {key: value for key, value in asdict(self).items() if key != "nodes"}


def measure(
    workload: Workload,
    engine: str,
    *,
    file: Path | None = None,
    threads: int = 1,
    precision: str = "fp32",
    seconds: float = 2.0,
    limit_s: float = 120.0,
    profile_s: float = 0.0,
) -> EngineRun:
    """Run a network on an engine of this machine for about `seconds` and summarise.

    `profile_s` adds the engine's own profile of about that long. In int8 a float network is quantised first.
    Weights are random unless `file` has them. A
    network that the engine refuses, that crashes it or that does not finish within `limit_s` is answered with
    its reason. Raises `UnknownIdError` for an unknown engine and
    `EngineError` for one that is not installed.
    """
    require_engine(engine)
    if precision == "int8" and not is_quantised(workload):
        workload, file = in_8_bits(workload), None
    with temporary_folder("measure") as folder:
        model = runnable(workload, file, folder)
        feeds = synthetic_inputs(workload)
        np.savez(folder / "feeds.npz", *feeds.values())
        job = {
            "module": ENGINES[engine][0],
            "model": str(model),
            "inputs": list(feeds),
            "feeds": str(folder / "feeds.npz"),
            "threads": threads,
            "precision": precision,
            "seconds": seconds,
            "profile_s": profile_s,
        }
        quiet = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        answer = answer_of("planner.engines.worker", job, quiet, limit_s, folder)
    timing = answer.get("timing")
    return EngineRun(
        model=workload.model,
        engine=engine,
        engine_version=str(answer.get("version", "unknown")),
        cpu=cpu_name(),
        threads=threads,
        batch=workload.batch,
        load_s=_number(answer.get("load_s")),
        first_s=_number(answer.get("first_s")),
        timing=Timing(**timing) if isinstance(timing, dict) else None,
        peak_memory_bytes=int(peak) if isinstance(peak := answer.get("peak_memory_bytes"), int) else None,
        finite=bool(answer["finite"]) if "finite" in answer else None,
        reason=str(answer["reason"]) if "reason" in answer else None,
        precision=precision,
        nodes=nodes_of(answer.get("nodes")),
    )


def nodes_of(entries: object) -> tuple[EngineNode, ...]:
    """Nodes of a profile that came as JSON."""
    if not isinstance(entries, list):
        return ()
    return tuple(_node(entry) for entry in entries)


def _node(entry: Mapping[str, Any]) -> EngineNode:
    return EngineNode(
        entry["name"],
        entry["kind"],
        entry["seconds"],
        tuple(entry["tensors_in"]),
        tuple(entry["tensors_out"]),
        tuple(entry["origins"]),
        int(entry.get("values", 0)),
    )


def require_engine(engine: str) -> None:
    """Refuse an engine that is unknown or whose packages are missing, with what to install."""
    if engine not in ENGINES:
        raise UnknownIdError("engine of this machine", engine, ENGINES)
    for package in ENGINES[engine][1]:
        if importlib.util.find_spec(package) is None:
            install = _INSTALL.get(package, install_command("engines"))
            raise EngineError(f"{engine} needs the package {package}, which is not installed; run: {install}")


def engine_version(engine: str) -> str:
    """The version of the engine's package, without loading it."""
    return importlib.metadata.version(ENGINES[engine][1][0]).split("-")[0]


def runnable(workload: Workload, file: Path | None, folder: Path) -> Path:
    """The file itself where it has weights and the sizes asked for, else one with random weights."""
    if file is not None and has_weights(file) and _takes(workload):
        return file
    path = folder / "network.onnx"
    graph = workload.graph
    if any(graph.inputs[name].shape != tensor.shape for name, tensor in workload.inputs.items()):
        sizes = {name: TensorSpec(tensor.dtype, tensor.shape) for name, tensor in workload.inputs.items()}
        graph = replace(graph, inputs={**graph.inputs, **sizes}, declared={})
    write_graph(graph, path, weights="random")
    return path


def _takes(workload: Workload) -> bool:
    """Whether the file of a network takes its inputs as they are: no extent that it fixes was changed."""
    inputs = workload.graph.inputs
    return all(
        inputs[name].shape == UNKNOWN_RANK
        or all(
            isinstance(dim, str) or dim == extent
            for dim, extent in zip(inputs[name].shape, tensor.shape, strict=True)
        )
        for name, tensor in workload.inputs.items()
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
