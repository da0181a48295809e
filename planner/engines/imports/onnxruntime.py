"""ONNX Runtime's profile (`SessionOptions.enable_profiling`): a JSON list of trace events.

Format: ONNX Runtime documentation, "Profiling Tools". Events of category `Node` whose name ends in
`_kernel_time` hold the microseconds of one kernel; `model_run` of category `Session` those of one run.
Profiling adds about two microseconds to each kernel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from planner.engines.imports.profile import EngineProfile, ProfileLayer, latency_of, read_json, refuse

_KERNEL = "_kernel_time"
_BLOCKED = "_nchwc"
"""Ending of a node that runs on blocked channels; before it is the name of the original node."""


def read(paths: Sequence[Path]) -> EngineProfile:
    """One profile; the first run of each kernel is left out, as it warms up."""
    (path,) = paths
    content = read_json(path)
    events = [event for event in content if isinstance(event, dict)] if isinstance(content, list) else []
    kernels: dict[tuple[str, str], list[float]] = defaultdict(list)
    runs: list[float] = []
    for event in events:
        name, seconds = str(event.get("name", "")), float(event.get("dur", 0)) / 1e6
        if event.get("cat") == "Node" and name.endswith(_KERNEL):
            kind = str(event.get("args", {}).get("op_name", ""))
            kernels[name.removesuffix(_KERNEL).removesuffix(_BLOCKED), kind].append(seconds)
        elif event.get("cat") == "Session" and name == "model_run":
            runs.append(seconds)
    if not kernels:
        raise refuse(
            path, "a profile of ONNX Runtime with kernel times", "no such event", "set enable_profiling"
        )
    layers = tuple(
        ProfileLayer(name, fmean(times[1:] or times), kind) for (name, kind), times in kernels.items()
    )
    return EngineProfile("onnxruntime", (path.name,), latency_of(runs[1:] or runs), layers=layers)
