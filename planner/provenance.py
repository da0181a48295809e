"""Where a number comes from, and the weakest of what a result rests on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """How one number in the database came to be known."""

    VENDOR = "vendor"
    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"


class Provenance(StrEnum):
    """What a result rests on, best first; a result carries the weakest of its parts."""

    MEASURED = "measured"
    CALIBRATED = "calibrated"
    TRANSFERRED = "transferred"
    DATASHEET = "datasheet"
    ASSUMED = "assumed"


_ORDER = tuple(Provenance)
_OF_STATUS = {
    Status.VENDOR: Provenance.DATASHEET,
    Status.DERIVED: Provenance.DATASHEET,
    Status.MEASURED: Provenance.MEASURED,
    Status.ASSUMED: Provenance.ASSUMED,
}


def of_status(status: Status) -> Provenance:
    """The provenance that a database number of this status gives to a result."""
    return _OF_STATUS[status]


def weakest(parts: Iterable[Provenance]) -> Provenance:
    """The weakest provenance among the parts; `measured` when there are none."""
    return max(parts, key=_ORDER.index, default=Provenance.MEASURED)
