"""A log of NVIDIA's tegrastats: one line an interval with memory, clocks, temperatures and power rails.

Format: Jetson Linux developer guide, "tegrastats utility". Power rails are `NAME 5139mW/5100mW` (now, mean),
before JetPack 5 without the unit; temperatures `gpu@47.6C`; the GPU `GR3D_FREQ 12%@[1300,1300]` in MHz, on
some parts without its load or without its clock. What the board as a whole draws is the rail of its input
where there is one, else the sum of the rails that its input feeds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from planner.engines.imports.profile import EngineProfile, SampleSeries, read_text, refuse

_RAIL = re.compile(r"\b([A-Z][A-Z0-9_]*) (\d{1,9})(?:mW)?/(\d{1,9})(?:mW)?(?![\dM])")
_TEMPERATURE = re.compile(r"\b([A-Za-z][A-Za-z0-9_]*)@(-?\d{1,4}(?:\.\d{1,6})?)C")
_GPU = re.compile(r"\bGR3D(?:_FREQ)? (?:(\d{1,3})%)?(?:@\[?(\d{1,6}))?")
_MEMORY = re.compile(r"\bRAM (\d{1,9})/(\d{1,9})MB")
_NOT_RAILS = {"RAM", "SWAP", "IRAM"}
_BOARD = (
    ("VIN",),  # Thor
    ("VDD_IN",),  # TX2, Xavier NX, Orin NX and Nano
    ("POM_5V_IN",),  # Nano, TX1
    ("VIN_SYS_5V0", "VDD_GPU_SOC", "VDD_CPU_CV"),  # AGX Orin
    ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"),  # AGX Xavier
)
"""Rails that add up to the board; the first group that a line has whole."""


def read(paths: Sequence[Path]) -> EngineProfile:
    """Means and extremes of every rail, temperature and clock in the log, and of the whole board's power."""
    (path,) = paths
    values: dict[str, list[float]] = defaultdict(list)
    lines = [line for line in read_text(path).splitlines() if _MEMORY.search(line)]
    if not lines:
        raise refuse(path, "lines of tegrastats, such as 'RAM 4722/7844MB ...'", "none", "log with --logfile")
    for line in lines:
        for name, value in samples_of(line):
            values[name].append(value)
    series = tuple(
        SampleSeries(name, fmean(found), min(found), max(found), len(found))
        for name, found in sorted(values.items())
    )
    notes = () if "board_w" in values else ("no rail of the whole board in the log",)
    return EngineProfile("tegrastats", (path.name,), series=series, notes=notes)


def samples_of(line: str) -> list[tuple[str, float]]:
    """Quantities of one line, their names with the unit."""
    rails = {name: int(now) / 1e3 for name, now, _ in _RAIL.findall(line) if name not in _NOT_RAILS}
    found = [(f"{name.lower()}_w", watts) for name, watts in rails.items()]
    board = next((group for group in _BOARD if all(name in rails for name in group)), None)
    if board is not None:
        found.append(("board_w", sum(rails[name] for name in board)))
    found += [
        (f"{name.lower()}_c", float(degrees))
        for name, degrees in _TEMPERATURE.findall(line)
        if float(degrees) > -200  # a sensor that is off says -256
    ]
    gpu = _GPU.search(line)
    if gpu and gpu[2] is not None:
        found.append(("gpu_clock_hz", float(gpu[2]) * 1e6))
    if gpu and gpu[1] is not None:
        found.append(("gpu_busy_share", float(gpu[1]) / 100))
    memory = _MEMORY.search(line)
    if memory:
        found.append(("memory_bytes", float(memory[1]) * 2**20))
    return found
