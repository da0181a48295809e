"""A log of NVIDIA's tegrastats: one line an interval with memory, clocks, temperatures and power rails.

Format: Jetson Linux developer guide, "tegrastats utility". Power rails are `NAME 5139mW/5100mW` (now, mean);
temperatures `gpu@47.6C`; clocks `GR3D_FREQ 12%@[1300,1300]` in MHz. What the board as a whole draws is the
rail VDD_IN or POM_5V_IN where there is one, else VIN_SYS_5V0 with VDD_GPU_SOC and VDD_CPU_CV (AGX Orin).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from planner.engines.imports.profile import EngineProfile, SampleSeries, read_text, refuse

_RAIL = re.compile(r"\b([A-Z][A-Z0-9_]+) (\d{1,9})(?:mW)?/(\d{1,9})(?:mW)?")
_TEMPERATURE = re.compile(r"\b([A-Za-z][A-Za-z0-9_]*)@(-?\d{1,4}(?:\.\d{1,6})?)C")
_GPU_CLOCK = re.compile(r"GR3D_FREQ (?:(\d{1,3})%)?@\[?(\d{1,6})")
_MEMORY = re.compile(r"\bRAM (\d{1,9})/(\d{1,9})MB")
_NOT_RAILS = {"RAM", "SWAP", "IRAM", "CPU"}
_BOARD = (("VDD_IN",), ("POM_5V_IN",), ("VIN_SYS_5V0", "VDD_GPU_SOC", "VDD_CPU_CV"))


def read(paths: Sequence[Path]) -> EngineProfile:
    """Means and extremes of every rail, temperature and clock in the log, and of the whole board's power."""
    (path,) = paths
    values: dict[str, list[float]] = defaultdict(list)
    lines = [line for line in read_text(path).splitlines() if _MEMORY.search(line)]
    if not lines:
        raise refuse(path, "lines of tegrastats, such as 'RAM 4722/7844MB ...'", "none", "log with --logfile")
    for line in lines:
        rails = {name: int(now) / 1e3 for name, now, _ in _RAIL.findall(line) if name not in _NOT_RAILS}
        for name, watts in rails.items():
            values[f"{name.lower()}_w"].append(watts)
        board = next((group for group in _BOARD if all(name in rails for name in group)), None)
        if board is not None:
            values["board_w"].append(sum(rails[name] for name in board))
        for name, degrees in _TEMPERATURE.findall(line):
            if float(degrees) > -200:
                values[f"{name.lower()}_c"].append(float(degrees))
        clock = _GPU_CLOCK.search(line)
        if clock:
            values["gpu_clock_hz"].append(float(clock[2]) * 1e6)
            if clock[1] is not None:
                values["gpu_busy_share"].append(float(clock[1]) / 100)
        memory = _MEMORY.search(line)
        if memory:
            values["memory_bytes"].append(float(memory[1]) * 2**20)
    series = tuple(
        SampleSeries(name, fmean(found), min(found), max(found), len(found))
        for name, found in sorted(values.items())
    )
    notes = () if "board_w" in values else ("no rail of the whole board in the log",)
    return EngineProfile("tegrastats", (path.name,), series=series, notes=notes)
