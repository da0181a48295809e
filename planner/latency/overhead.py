"""One cost around inference that a latency leaves out, and sums of such."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from planner.data_files import database_dir
from planner.latency.band import Band
from planner.schema.hardware.overheads import OverheadCatalog
from planner.schema.reading.yaml_file import read_model

OverheadTime = Literal["build", "start", "inference"]
NONE = Band(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Overhead:
    """One cost around inference."""

    id: str
    when: OverheadTime
    """Paid once before delivery or at a start, at a start, or with every inference of a batch."""
    time_s: Band | None
    """None: not known. All ends zero: known to be none."""
    in_latency: bool
    """Whether the estimate's latency holds it already, because it was fitted on runs that paid it."""
    reason: str
    size_bytes: int | None = None
    source: str | None = None


def outside(costs: Sequence[Overhead]) -> Band:
    """What an inference takes beyond the latency, as far as it is known."""
    known = [c.time_s for c in costs if c.when == "inference" and not c.in_latency and c.time_s is not None]
    return Band(
        sum(band.low for band in known), sum(band.mid for band in known), sum(band.high for band in known)
    )


def unknown(costs: Sequence[Overhead]) -> tuple[str, ...]:
    """Ids of the costs that nobody knows."""
    return tuple(cost.id for cost in costs if cost.time_s is None)


def titled(source: str | None) -> str | None:
    """Title of a source of the data of hidden costs."""
    found = overhead_data().sources.get(source or "")
    return found.title if found else None


@functools.cache
def overhead_data() -> OverheadCatalog:
    """The file as shipped."""
    return read_model(database_dir() / "hidden" / "costs.yaml", OverheadCatalog)
