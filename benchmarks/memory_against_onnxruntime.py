"""Weights and peak activations as counted, beside the memory that ONNX Runtime really takes.

Each network runs in a process of its own, with random weights, one thread and every tensor allocated for
itself (no arena, no memory pattern; glibc set to give freed memory back at once), so that the growth of
the process's resident memory over loading is the weights and the peak over one run, less what was resident
before, the activations and the operators' scratch memory. Counted are the peak over single operators and
over the kernels that ONNX Runtime makes of them. Inputs, which exist before, are added. Two levels of
optimisation: `basic` keeps the layout of tensors, `all` is the default with blocked layouts. Linux only.
Needs, in an environment of its own: pip install onnxruntime, and this package.
Run: python benchmarks/memory_against_onnxruntime.py FOLDER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from filled_networks import filled_networks

from planner.latency.kernels.prepared import kernels_of
from planner.workload.dtypes import storage_bytes
from planner.workload.memory import peak_bytes
from planner.workload.workload import Workload, read_workload

MIB = 2**20


GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "0", "MALLOC_ARENA_MAX": "1"}
LEVELS = ("basic", "all")


def main(folder: Path) -> None:
    """Prints a row for each network of the folder."""
    print(
        "MiB                             weights          peak activations: counted over   taken, and ratio"
    )
    print("network                      counted loaded   operators kernels    basic and all (to kernels)")
    for path, filled in filled_networks(folder):
        workload = read_workload(path, batch=1)
        shapes = {name: tensor.shape for name, tensor in workload.inputs.items()}
        found = [_run_apart(filled, shapes, level) for level in LEVELS]
        weights = (workload.weight_bytes + workload.constant_bytes) / MIB
        peak = kernel_peak(workload) / MIB
        cells = [f"{run['peak']:7.1f} ({run['peak'] / peak:4.2f})" if run else "      - " for run in found]
        loaded = f"{found[0]['loaded']:6.1f}" if found[0] else "     -"
        operators = workload.peak_activation_bytes / MIB
        print(f"{path.stem:28s} {weights:7.1f} {loaded}   {operators:9.2f} {peak:7.2f}  {'  '.join(cells)}")


def kernel_peak(workload: Workload) -> int:
    """Most bytes of activations alive at once when ONNX Runtime's kernels run one by one."""
    sizes = {name: storage_bytes(tensor.dtype, tensor.elements) for name, tensor in workload.tensors.items()}
    kernels = kernels_of(workload, "onnxruntime")
    outputs = [name for name in workload.outputs if name in sizes]
    return peak_bytes(kernels, sizes, workload.inputs, outputs, workload.views)


def _run_apart(path: Path, shapes: dict[str, tuple[int, ...]], level: str) -> dict[str, float] | None:
    command = [sys.executable, __file__, "--run", str(path), json.dumps(shapes), level]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **GIVE_BACK}
    )
    answer: dict[str, float] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return answer


def run(path: Path, shapes: dict[str, list[int]], level: str) -> dict[str, float]:
    """Loads and runs one network; MiB that loading adds, and that one run needs at most, inputs included."""
    import numpy as np
    import onnxruntime

    kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.graph_optimization_level = {
        "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
        "all": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    }[level]
    empty = _resident("VmRSS")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    loaded = _resident("VmRSS") - empty
    feeds = {
        value.name: np.ones(shapes[value.name], dtype=kinds[value.type]) for value in session.get_inputs()
    }
    session.run(None, feeds)
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    session.run(None, feeds)
    inputs = sum(feed.nbytes for feed in feeds.values()) / MIB
    return {"loaded": loaded, "peak": _resident("VmHWM") - before + inputs}


def _resident(field: str) -> float:
    """MiB of this process, now (VmRSS) or at most since the last reset (VmHWM)."""
    status = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in status if line.startswith(field)]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if sys.argv[1] == "--run":
        print(json.dumps(run(Path(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4])))
    else:
        main(Path(sys.argv[1]))
