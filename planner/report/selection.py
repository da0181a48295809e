"""What is shown of much: options worth comparing, kernels worth a point, a long series as an envelope.

Whatever is left out is counted, so that the page can say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.schema.record import KernelRecord, OptionRecord
from planner.wording.message import Wording

COMPARED_FEASIBLE = 12
PER_DEVICE = 2
DRAWN_KERNELS = 300
DRAWN_INSTANTS = 600


@dataclass(frozen=True, slots=True)
class ComparisonRows:
    """The rows of the comparison: feasible options, best first, then the best of each device that loses."""

    feasible: tuple[OptionRecord, ...]
    losing: tuple[OptionRecord, ...]
    feasible_left_out: int

    @property
    def rows(self) -> tuple[OptionRecord, ...]:
        """All rows in the order of their numbers, which start at 1."""
        return self.feasible + self.losing


def compared(options: Sequence[OptionRecord]) -> ComparisonRows:
    """The options to compare on one page, from a list in order of merit."""
    feasible = [option for option in options if option["feasible"]]
    served = {option["device"] for option in feasible}
    losing: dict[str, OptionRecord] = {}
    for option in options:
        if option["device"] not in served:
            losing.setdefault(option["device"], option)
    shown = _few_of_each_device(feasible)
    return ComparisonRows(shown, tuple(losing.values()), len(feasible) - len(shown))


def _few_of_each_device(options: Sequence[OptionRecord]) -> tuple[OptionRecord, ...]:
    """The first of each device always, a second of each where there is space; their order stays."""
    met: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, int]] = []
    for index, option in enumerate(options):
        ranked.append((met[option["device"]], index))
        met[option["device"]] += 1
    room = max(COMPARED_FEASIBLE, len(met))
    taken = sorted(entry for entry in ranked if entry[0] < PER_DEVICE)[:room]
    return tuple(options[index] for _, index in sorted(taken, key=lambda entry: entry[1]))


@dataclass(frozen=True, slots=True)
class DrawnKernels:
    """Kernels drawn one by one, and the rest merged to one per class."""

    single: tuple[KernelRecord, ...]
    merged: tuple[KernelRecord, ...]
    merged_count: int
    merged_share: float


def drawn_kernels(kernels: Sequence[KernelRecord], say: Wording, limit: int = DRAWN_KERNELS) -> DrawnKernels:
    """The `limit` kernels that take the most time, and the sum of the others by class."""
    ranked = sorted(kernels, key=lambda kernel: -kernel["latency_s"])
    rest = ranked[limit:]
    by_class: dict[str, list[KernelRecord]] = defaultdict(list)
    for kernel in rest:
        by_class[kernel["op_class"]].append(kernel)
    merged = tuple(
        _sum_of(f"{len(group)} × {say.term('op_class', name)}", group)
        for name, group in sorted(by_class.items())
    )
    return DrawnKernels(tuple(ranked[:limit]), merged, len(rest), sum(kernel["share"] for kernel in rest))


def _sum_of(name: str, group: Sequence[KernelRecord]) -> KernelRecord:
    return {
        "name": name,
        "op_types": sorted({op_type for kernel in group for op_type in kernel["op_types"]}),
        "op_class": group[0]["op_class"],
        "macs": sum(kernel["macs"] for kernel in group),
        "flops": sum(kernel["flops"] for kernel in group),
        "bytes": sum(kernel["bytes"] for kernel in group),
        "latency_s": sum(kernel["latency_s"] for kernel in group),
        "share": sum(kernel["share"] for kernel in group),
        "bound": max(group, key=lambda kernel: kernel["latency_s"])["bound"],
    }


def shares_by(kernels: Iterable[KernelRecord], label: Callable[[KernelRecord], str]) -> dict[str, float]:
    """Share of the time by label, largest first."""
    shares: dict[str, float] = defaultdict(float)
    for kernel in kernels:
        shares[label(kernel)] += kernel["share"]
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Envelope:
    """A series in buckets of equal length: the mean of each, and its least and greatest value."""

    time_s: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    per_bucket: int


def envelope(
    time_s: Sequence[float], values: Sequence[float | None], limit: int = DRAWN_INSTANTS
) -> Envelope | None:
    """At most `limit` buckets of a series without its unknown instants; `None` where no value is known."""
    known = [(t, v) for t, v in zip(time_s, values, strict=True) if v is not None]
    if not known:
        return None
    array = np.array(known, dtype=np.float64)
    per_bucket = -(-len(array) // limit)
    starts = np.arange(0, len(array), per_bucket)
    sizes = np.diff(np.append(starts, len(array)))
    return Envelope(
        time_s=np.add.reduceat(array[:, 0], starts) / sizes,
        mean=np.add.reduceat(array[:, 1], starts) / sizes,
        low=np.minimum.reduceat(array[:, 1], starts),
        high=np.maximum.reduceat(array[:, 1], starts),
        per_bucket=per_bucket,
    )
