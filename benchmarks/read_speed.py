"""How fast networks are read: against onnx-tool on real files, and as the number of nodes grows.

`planner` counts each file of a folder, and onnx-tool 1.0.1 profiles it (`model_profile`, its printing thrown
away), by turns in one process; processor seconds, the best of three. onnx-tool does not open a file whose
weights are absent, so it gets the network filled with random weights; ours reads that same file, and the
file as it is. The answers are the ratios of onnx-tool's time to ours and their medians. Then chains of
convolution, normalisation and ReLU of 1,000 to 100,000 nodes, and the two commands that people wait for
(wall-clock seconds of a whole process). Needs, in an environment of its own:
pip install onnx-tool==1.0.1, and this package. Run: python benchmarks/read_speed.py FOLDER
"""

from __future__ import annotations

import contextlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx_tool
from onnx import TensorProto, helper, save

from planner.errors import PlannerError
from planner.workload.file.onnx_file import read_graph, write_graph
from planner.workload.workload import read_workload

Inputs = dict[str, np.ndarray]
NUMPY = {"float": np.float32, "int64": np.int64, "int32": np.int32, "bool": np.bool_}


def main(folder: Path) -> None:
    """Prints the three tables."""
    ratios: list[tuple[float, float]] = []
    print(f"{'file':26s} {'nodes':>5s} {'as it is':>9s} {'filled':>9s} {'onnx-tool':>9s}  ratios, MACs")
    for path in sorted(folder.glob("*.onnx")):
        with tempfile.TemporaryDirectory() as scratch:
            file = _filled(path, Path(scratch))
            workload = read_workload(path, batch=1)
            inputs = {name: np.ones(t.shape, NUMPY[t.dtype]) for name, t in workload.inputs.items()}
            as_it_is, filled, theirs, macs = _by_turns(path, file, inputs)
        row = f"{path.stem:26s} {len(workload.operators):5d} {as_it_is:9.4f} {filled:9.4f}"
        if isinstance(theirs, str):
            print(f"{row} raises {theirs}")
            continue
        ratios.append((theirs / as_it_is, theirs / filled))
        print(f"{row} {theirs:9.4f} {ratios[-1][0]:6.1f} {ratios[-1][1]:5.1f}  {workload.macs} {macs:.0f}"
              f" ({100 * macs / workload.macs - 100:+.2f} %)")  # fmt: skip
    first, second = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(f"median ratio over {len(ratios)} files: {first:.1f} as it is, {second:.1f} filled")
    _growth()
    _commands()


def _filled(path: Path, scratch: Path) -> Path:
    """The network with random weights; itself where it has none that are absent, or they have no rule."""
    try:
        write_graph(read_graph(path), scratch / path.name, weights="random")
    except PlannerError:
        return path
    return scratch / path.name


def _by_turns(path: Path, file: Path, inputs: Inputs) -> tuple[float, float, float | str, float]:
    """Best of three by turns: ours on the file as it is and filled, onnx-tool's on the filled one, its MACs.

    The error's text stands for a time where onnx-tool raises.
    """
    as_it_is, filled, theirs, macs = float("inf"), float("inf"), float("inf"), 0.0
    for _ in range(3):
        as_it_is = min(as_it_is, _processor_s(lambda: read_workload(path, batch=1)))
        filled = min(filled, _processor_s(lambda: read_workload(file, batch=1)))
        try:
            theirs = min(theirs, _processor_s(lambda: _onnx_tool(file, inputs)))
            macs = _onnx_tool_macs(file, inputs)
        except Exception as error:  # noqa: BLE001 - whatever it raises, it does not count this file
            return as_it_is, filled, f"{type(error).__name__}: {error}"[:60], macs
    return as_it_is, filled, theirs, macs


def _processor_s(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def _onnx_tool(path: Path, inputs: Inputs) -> None:
    """The call of onnx-tool's documentation."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        onnx_tool.model_profile(str(path), inputs)


def _onnx_tool_macs(path: Path, inputs: Inputs) -> float:
    """The sum over operators that the call prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        model = onnx_tool.Model(str(path), {"verbose": False})
        model.graph.shape_infer(inputs)
        model.graph.profile()
    return float(sum(model.graph.macs))


def _growth() -> None:
    print(f"\n{'nodes':>8s} {'s':>8s} {'us a node':>10s}")
    for nodes in (1_000, 3_000, 10_000, 30_000, 100_000):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "chain.onnx"
            _write_chain(path, nodes)
            seconds = min(_processor_s(lambda path=path: read_workload(path)) for _ in range(2))
        print(f"{nodes:8d} {seconds:8.3f} {1e6 * seconds / nodes:10.1f}")


def _write_chain(path: Path, nodes: int) -> None:
    """Convolution, batch norm and ReLU of eight channels over and over, the weights shared."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, (8, 8, 1, 1), np.ones(64, np.float32))
    norm = helper.make_tensor("n", TensorProto.FLOAT, (8,), np.ones(8, np.float32))
    made = []
    for index in range(nodes):
        kind = ("Conv", "BatchNormalization", "Relu")[index % 3]
        inputs = {"Conv": ["w"], "BatchNormalization": ["n"] * 4, "Relu": []}[kind]
        made.append(helper.make_node(kind, [f"t{index}", *inputs], [f"t{index + 1}"], name=f"n{index}"))
    image = helper.make_tensor_value_info("t0", TensorProto.FLOAT, (1, 8, 4, 4))
    last = helper.make_tensor_value_info(f"t{nodes}", TensorProto.FLOAT, None)
    graph = helper.make_graph(made, "chain", [image], [last], [weight, norm])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)


def _commands() -> None:
    print()
    for arguments in (["--help"], ["inspect", "zoo:resnet50_v1.5", "--format", "json", "--quiet"]):
        code = "from planner.cli.main import main; main()"
        command = [sys.executable, "-c", code, *arguments]
        best = min(_seconds(lambda c=command: subprocess.run(c, stdout=subprocess.DEVNULL, check=True))
                   for _ in range(5))  # fmt: skip
        print(f"planner {' '.join(arguments)}: {best:.2f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
