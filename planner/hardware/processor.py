"""The processor of this machine: its name, and what else decides how fast a program runs on it."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")

ISA = (
    "amx_tile", "amx_bf16", "amx_int8", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "avx2",
    "asimd", "asimddp", "i8mm", "bf16", "sve", "sme",
)  # fmt: skip
"""Extensions that decide which kernels an engine takes, by the names that Linux gives them."""


def cpu_name() -> str:
    """The processor's own name, as the system tells it."""
    text = _text(Path("/proc/cpuinfo"))
    for line in (text or "").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@dataclass(frozen=True, slots=True)
class Processor:
    """What a calibration rests on beside the name; None where the system does not say.

    `kinds` counts the cores of each kind, the fastest first: "4 + 4" for big and little ones.
    """

    cores: int | None
    """Logical ones that this process may run on."""
    threads_per_core: int | None
    kinds: str | None
    quota: float | None
    """Processors that a container may use in the mean (CFS bandwidth of its control group)."""
    extensions: str | None

    def differences(self, now: Processor) -> Iterator[tuple[str, object, object]]:
        """Name, value then and value now, of what both know and is not the same."""
        for field in fields(self):
            then, current = getattr(self, field.name), getattr(now, field.name)
            if field.name == "quota":
                # No limit then and one now is a change; nothing else is unknown about a limit.
                then, current = then or "none", current or "none"
            if then is not None and current is not None and then != current:
                yield field.name, then, current


def this_processor(root: Path = Path("/")) -> Processor:
    """Asks the system; `root` is another place of `/proc` and `/sys`."""
    return Processor(_cores(), _threads_per_core(root), _kinds(root), _quota(root), _extensions(root))


def cpu_flags(root: Path = Path("/")) -> frozenset[str]:
    """Extensions as Linux lists them; empty elsewhere."""
    return frozenset(
        word
        for line in (_text(root / "proc/cpuinfo") or "").splitlines()
        if line.startswith(("flags", "Features"))
        for word in line.split(":", 1)[1].split()
    )


def _cores() -> int | None:
    # Not on all systems: macOS and Windows have no affinity to ask for.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count()


def _threads_per_core(root: Path) -> int | None:
    siblings = _text(root / "sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    return None if siblings is None else _understood(siblings, _listed)


def _listed(text: str) -> int:
    """How many a list of Linux names: "0,4" two, "0-3" four."""
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        count += int(last or first) - int(first) + 1
    return count


def _kinds(root: Path) -> str | None:
    """By capacity where the kernel states it (Arm), else by the highest clock."""
    folders = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*"))
    for name in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):
        found = [_text(folder / name) for folder in folders]
        speeds = [_understood(text, int) for text in found if text is not None]
        if speeds and len(speeds) == len(folders) and None not in speeds:
            counts = Counter(speeds)
            return " + ".join(str(counts[speed]) for speed in sorted(counts, key=lambda s: -(s or 0)))
    return None


def _quota(root: Path) -> float | None:
    second = _text(root / "sys/fs/cgroup/cpu.max")
    if second is not None:
        quota, period = (*second.split(), "100000")[:2]
    else:
        folder = root / "sys/fs/cgroup/cpu"
        quota, period = (_text(folder / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period"))
    allowed, every = _understood(quota, float), _understood(period, float)
    return round(allowed / every, 3) if allowed and every and allowed > 0 and every > 0 else None


def _extensions(root: Path) -> str | None:
    flags = cpu_flags(root)
    return " ".join(name for name in ISA if name in flags) if flags else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _understood(text: str, read: Callable[[str], _T]) -> _T | None:
    try:
        return read(text)
    except ValueError:
        return None
