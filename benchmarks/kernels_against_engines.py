"""Our kernels beside what ONNX Runtime, OpenVINO and ncnn really run, for each network of a folder.

The networks are filled with random weights, so files whose weights are absent will do. Nodes that only
rename or reorder memory (Reshape, Squeeze, Reorder, ...) are left out on both sides. Needs, in an
environment of its own: this package with its extra `engines`, and pip install --no-deps pnnx. Run:
python benchmarks/kernels_against_engines.py FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime
import openvino
from filled_networks import filled_networks

from planner.engines import ncnn_engine
from planner.engines.session import EngineError, Setup
from planner.engines.synthetic_inputs import synthetic_inputs
from planner.latency.kernels.prepared import kernels_of
from planner.workload.workload import read_workload

NO_KERNELS = frozenset(
    {
        *("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Constant"),
        *("ExpandDims", "MemoryData"),
        *("ReorderInput", "ReorderOutput", "Reorder", "Input", "Output", "Const"),
    }
)


def main(folder: Path) -> None:
    """Prints a table: operators, then kernels and nodes per engine."""
    print(
        f"{'network':28s} {'operators':>9s}   ONNX Runtime: ours real   OpenVINO: ours real"
        "       ncnn: ours real"
    )
    for path, filled in filled_networks(folder):
        workload = read_workload(path, batch=1)
        cells = []
        for engine, count in COUNTS.items():
            ours = [k for k in kernels_of(workload, engine) if set(k.op_types) - NO_KERNELS]
            cells.append(f"{len(ours):18d} {_try(count, filled):>4s}")
        print(f"{path.stem:28s} {len(workload.operators):9d} {' '.join(cells)}")


def _try(count: Callable[[Path], int], path: Path) -> str:
    try:
        return str(count(path))
    except (RuntimeError, EngineError):
        return "-"


def onnxruntime_nodes(path: Path) -> int:
    """Nodes of the graph that ONNX Runtime's CPU provider runs at its highest optimisation level."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(path.with_name("optimised.onnx"))
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    graph = onnx.load(options.optimized_model_filepath).graph
    return sum(node.op_type not in NO_KERNELS for node in graph.node)


def openvino_nodes(path: Path) -> int:
    """Nodes of the network that OpenVINO compiles for a CPU in 32 bits."""
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    kinds = (node.get_rt_info()["layerType"] for node in compiled.get_runtime_model().get_ops())
    return sum((kind if isinstance(kind, str) else kind.astype(str)) not in NO_KERNELS for kind in kinds)


def ncnn_layers(path: Path) -> int:
    """Layers of the network that pnnx makes of the file and ncnn runs."""
    setup = Setup(path, 1, synthetic_inputs(read_workload(path, batch=1)))
    return sum(node.kind not in NO_KERNELS for node in ncnn_engine.profile(setup, seconds=0.0))


COUNTS: dict[str, Callable[[Path], int]] = {
    "onnxruntime": onnxruntime_nodes,
    "openvino": openvino_nodes,
    "ncnn": ncnn_layers,
}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
