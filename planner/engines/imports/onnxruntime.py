"""ONNX Runtime's profile (`SessionOptions.enable_profiling`): a JSON list of trace events.

Format: ONNX Runtime documentation, "Profiling Tools". Events of category `Node` whose name ends in
`_kernel_time` hold the microseconds of one kernel; `model_run` of category `Session` those of one run. The
event of a `Loop`, `If` or `Scan` spans those of the kernels inside, of which there is one for each round.
Profiling adds about two microseconds to each kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.engines.imports.profile import EngineProfile, ProfileLayer, latency_of, read_json, refuse
from planner.engines.imports.readings import Readings

_KERNEL = "_kernel_time"
_BLOCKED = "_nchwc"
"""Ending of a node that runs on blocked channels; before it is the name of the original node."""
_SPANNING = frozenset({"Loop", "If", "Scan", "SequenceMap"})
_Key = tuple[str, str, str]


@dataclass(slots=True)
class _Kernel:
    """One event: its kernel, its start, and what it takes without the kernels inside it."""

    key: _Key
    start_us: float
    whole_s: float
    own_s: float


def read(paths: Sequence[Path]) -> EngineProfile:
    """One profile; the first run is left out where there are others, as it warms up."""
    (path,) = paths
    content = read_json(path)
    events = [event for event in content if isinstance(event, dict)] if isinstance(content, list) else []
    kernels: list[_Kernel] = []
    runs: list[tuple[float, float]] = []
    readings = Readings(path)
    for number, event in enumerate(events):
        name = str(event.get("name", ""))
        if event.get("cat") == "Node" and name.endswith(_KERNEL):
            time_s = readings.seconds(event.get("dur", 0), f"[{number}].dur", 1e-6)
            kernels.append(_Kernel(_key(event, name), _start_us(event), time_s, time_s))
        elif event.get("cat") == "Session" and name == "model_run":
            runs.append((_start_us(event), readings.seconds(event.get("dur", 0), f"[{number}].dur", 1e-6)))
    readings.finish()
    if not kernels:
        raise refuse(
            path, "a profile of ONNX Runtime with kernel times", "no such event", "set enable_profiling"
        )
    kernels.sort(key=lambda kernel: (kernel.start_us, -kernel.whole_s))
    _take_out_inner(kernels)
    layers = tuple(ProfileLayer(key[0], time_s, key[1]) for key, time_s in _means(kernels, runs).items())
    times = [time_s for _, time_s in sorted(runs)]
    return EngineProfile("onnxruntime", (path.name,), latency_of(times[1:] or times), layers=layers)


def _key(event: Mapping[str, object], name: str) -> _Key:
    """Name, operator and place in its graph: unnamed kernels of one operator differ in their place."""
    arguments = event.get("args")
    known = arguments if isinstance(arguments, dict) else {}
    kernel = name.removesuffix(_KERNEL).removesuffix(_BLOCKED)
    return kernel, str(known.get("op_name") or ""), str(known.get("node_index") or "")


def _start_us(event: Mapping[str, object]) -> float:
    start = event.get("ts")
    return float(start) if isinstance(start, int | float) else 0.0


def _take_out_inner(kernels: Sequence[_Kernel]) -> None:
    """From each kernel that spans others, which are sorted by their start, the time of those inside."""
    around: list[_Kernel] = []
    for kernel in kernels:
        while around and kernel.start_us >= around[-1].start_us + around[-1].whole_s * 1e6:
            around.pop()
        if around:
            around[-1].own_s = max(0.0, around[-1].own_s - kernel.whole_s)
        if kernel.key[1] in _SPANNING:
            around.append(kernel)


def _means(kernels: Sequence[_Kernel], runs: Sequence[tuple[float, float]]) -> dict[_Key, float]:
    """Seconds of each kernel in one run: all its rounds, averaged over the runs but the first."""
    starts = sorted(start for start, _ in runs)
    if len(starts) < 2:
        return _over_events(kernels, len(starts))
    counted = [kernel for kernel in kernels if kernel.start_us >= starts[1]]
    sums: dict[_Key, float] = {}
    for kernel in counted:
        sums[kernel.key] = sums.get(kernel.key, 0.0) + kernel.own_s
    return {key: time_s / (len(starts) - 1) for key, time_s in sums.items()}


def _over_events(kernels: Sequence[_Kernel], runs: int) -> dict[_Key, float]:
    """Of a single run all events; without any run each kernel's events are taken for its runs."""
    times: dict[_Key, list[float]] = {}
    for kernel in kernels:
        times.setdefault(kernel.key, []).append(kernel.own_s)
    if runs:
        return {key: sum(found) for key, found in times.items()}
    return {key: sum(found[1:] or found) / len(found[1:] or found) for key, found in times.items()}
