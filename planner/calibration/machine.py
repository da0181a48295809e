"""This machine as a part of the catalogue: what it says of itself, two ceilings, the rest assumed."""

from __future__ import annotations

import ctypes
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planner.data_files import config_dir
from planner.files import write_bytes
from planner.hardware.catalog import engine_ids, read_engine
from planner.hardware.processor import ISA, cpu_flags, cpu_name
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.file import write_calibration
from planner.latency.calibrated.store import file_of
from planner.schema.reading.yaml_file import write_document

_MOST_THREADS_W = 8.0
"""Watts a core, for want of any reading: servers and desktops draw 5 to 12 a core at full load."""
_LEAST_MEMORY = "4 GiB"
"""For want of any reading: so little that no plan counts on memory that is not there."""
_GEMM_SIDE = 1024
_COPY_BYTES = 256_000_000


@dataclass(frozen=True, slots=True)
class Machine:
    """What the system tells, and what was measured: dense float32 rate and copy rate with all cores."""

    cpu: str
    cores: int
    isa: tuple[str, ...]
    caches_bytes: dict[str, int]
    memory_bytes: int | None
    """Unknown where the system does not say."""
    peak_ops_per_s: float
    bandwidth_bytes_per_s: float


def this_machine() -> Machine:
    """Asks the system and measures for about two seconds."""
    flags = cpu_flags()
    return Machine(
        cpu_name(),
        os.cpu_count() or 1,
        tuple(name for name in ISA if name in flags),
        _caches(),
        _memory_bytes(),
        _peak_ops_per_s(),
        _bandwidth_bytes_per_s(),
    )


def register(machine: Machine, device_id: str, date: str) -> Path:
    """Write the machine into the folder of own parts; the path of its file."""
    folder = config_dir() / "hardware"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{device_id}.yaml"
    heading = (
        "# Written by `planner calibrate`. What is assumed here says so; correct it where you know better.\n"
    )
    write_bytes(path, (heading + write_document(_part(machine, device_id, date))).encode())
    return path


def register_calibration(calibration: Calibration) -> tuple[Path, ...]:
    """Keep the calibration where estimates find it, and this machine in the catalogue."""
    path = file_of(calibration.setting)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_calibration(calibration, path)
    return (path, register(this_machine(), calibration.setting.device, calibration.setting.date))


def _part(machine: Machine, device_id: str, date: str) -> dict[str, object]:
    assumed = {"source": "judgement", "status": "assumed"}
    measured = {"source": "own", "status": "measured"}
    watts = _MOST_THREADS_W * machine.cores
    per_core = f"{_MOST_THREADS_W:g} W a core, for want of a reading"
    engines = [name for name in engine_ids() if name in ("onnxruntime", "openvino", "ncnn", "tflite")]
    peak = f"{machine.peak_ops_per_s / 1e9:.4g} GOPS"
    return {
        "schema": 1,
        "id": device_id,
        "name": f"This machine: {machine.cpu}",
        "vendor": "unknown",
        "year": {
            "value": int(date[:4]),
            **assumed,
            "note": "The year of the calibration; its own is not known.",
        },
        "form": "server",
        "architecture": ", ".join(machine.isa) or "unknown",
        "sources": {
            "own": {"title": "Measured and asked by planner calibrate", "date": date},
            "judgement": {
                "title": "Judgement of the planner's authors; the note beside each number says why"
            },
        },
        "units": {
            "cpu": {
                "kind": "cpu",
                "name": machine.cpu,
                "count": {"value": 1, **measured},
                "engines": [name for name in engines if "cpu" in read_engine(name).units],
                "fallback": {"fp16": "fp32", "tf32": "fp32"},
                "peaks": {
                    name: {
                        "default": {
                            "value": peak,
                            **(measured if name == "fp32" else assumed),
                            "note": "Matrix product of 1024 x 1024 in float32, all cores"
                            + ("." if name == "fp32" else "; the rate of this precision is not measured."),
                        }
                    }
                    for name in ("fp32", "bf16", "int8")
                },
                "active": {"default": {"value": machine.cores, **measured}},
                **(
                    {
                        "caches": {
                            name: {"value": f"{size} B", **measured}
                            for name, size in machine.caches_bytes.items()
                        }
                    }
                    if machine.caches_bytes
                    else {}
                ),
            }
        },
        "memory": {
            "technology": "unknown",
            "shared": True,
            "capacity": (
                {"value": f"{machine.memory_bytes} B", **measured}
                if machine.memory_bytes is not None
                else {
                    "value": _LEAST_MEMORY,
                    **assumed,
                    "note": "The system does not say; a small machine's.",
                }
            ),
            "bandwidth": {
                "default": {
                    "value": f"{machine.bandwidth_bytes_per_s / 1e9:.4g} GB/s",
                    **measured,
                    "note": "Copy of 256 MB, bytes read and written.",
                }
            },
        },
        "modes": [
            {
                "id": "default",
                "default": True,
                "power_limit": {"value": f"{watts:g} W", **assumed, "note": per_core},
                "idle": {"value": f"{0.3 * watts:g} W", **assumed, "note": "30 % of the limit."},
            }
        ],
        "thermal": {
            **assumed,
            "resistance": {"value": f"{40 / watts:.3g} K/W", "note": "40 K above the air at the limit."},
            "heat_capacity": {"value": f"{10 * watts:g} J/K", "note": "A time constant of 400 s."},
            "throttle": {"value": "90 degC", "note": "Usual for processors."},
            "shutdown": {"value": "105 degC", "note": "Usual for processors."},
            "hysteresis": {"value": "2 K", "note": "No published value."},
            "throttled_clock": {"value": "50 %", "note": "Not measured."},
        },
        "label_note": "A processor without a label of TOPS.",
    }


def _caches() -> dict[str, int]:
    """Sizes of the first core's caches as Linux tells them; empty elsewhere."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            kind, level, size = (
                (folder / name).read_text(encoding="ascii").strip() for name in ("type", "level", "size")
            )
            if kind != "Instruction":
                found[f"l{level}"] = int(size.removesuffix("K")) * 1024
        except (OSError, ValueError):
            continue
    return found


def _memory_bytes() -> int | None:
    """All memory of the machine as POSIX or Windows states it; unknown where neither does."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        size = _windows_memory_bytes()
    return size if size > 0 else None


def _windows_memory_bytes() -> int:
    """`ullTotalPhys` of Windows' MEMORYSTATUSEX, whose first field is its own size; 0 elsewhere."""
    status = ctypes.create_string_buffer(struct.pack("<I", 64), 64)
    windows = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(status):
        return 0
    return int(struct.unpack_from("<Q", status, 8)[0])


def _peak_ops_per_s() -> float:
    side = np.random.default_rng(0).standard_normal((_GEMM_SIDE, _GEMM_SIDE)).astype(np.float32)
    out = np.empty_like(side)
    # The fastest of many is what the machine can do; slower ones were disturbed.
    best = min(_seconds(lambda: np.matmul(side, side, out=out)) for _ in range(20))
    return float(2 * _GEMM_SIDE**3 / best)


def _bandwidth_bytes_per_s() -> float:
    source = np.zeros(_COPY_BYTES // 4, dtype=np.float32)
    target = np.empty_like(source)
    best = min(_seconds(lambda: np.copyto(target, source)) for _ in range(6))
    # Each byte is read once and written once.
    return float(2 * _COPY_BYTES / best)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
