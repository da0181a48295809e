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
from planner.engines.imports.readings import Readings

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
    readings = Readings(path)
    for number, event in enumerate(events):
        name, duration = str(event.get("name", "")), event.get("dur", 0)
        if event.get("cat") == "Node" and name.endswith(_KERNEL):
            arguments = event.get("args")
            kind = str(arguments.get("op_name") or "") if isinstance(arguments, dict) else ""
            kernel = name.removesuffix(_KERNEL).removesuffix(_BLOCKED)
            kernels[kernel, kind].append(readings.seconds(duration, f"[{number}].dur", 1e-6))
        elif event.get("cat") == "Session" and name == "model_run":
            runs.append(readings.seconds(duration, f"[{number}].dur", 1e-6))
    readings.finish()
    if not kernels:
        raise refuse(
            path, "a profile of ONNX Runtime with kernel times", "no such event", "set enable_profiling"
        )
    layers = tuple(
        ProfileLayer(name, fmean(times[1:] or times), kind) for (name, kind), times in kernels.items()
    )
    return EngineProfile("onnxruntime", (path.name,), latency_of(runs[1:] or runs), layers=layers)
