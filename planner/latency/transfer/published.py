"""Published rows as a model sees them: `hardware_db/transfers/rows/<id>.csv`, written with the fit."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass, fields

from planner.data_files import database_dir
from planner.errors import MissingDataError
from planner.latency.transfer.effects import KnownRatio, effect_keys
from planner.latency.transfer.store import network_family
from planner.units import format_quantity


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One setting that was published, and what the fitted model says of it."""

    row: str
    """Id of the first row of the setting in the measurement database."""
    model: str
    device: str
    unit: str
    """As `planner.latency.transfer.scope.same_unit` has it."""
    state: str
    precision: str
    caller: str
    macs: float
    """Of the batch."""
    batch: int
    threads: float
    latency_s: float
    log_ratio: float
    """Logarithm of measured over predicted."""

    def known(self) -> KnownRatio:
        """The row as an anchor."""
        at = effect_keys(
            unit=self.unit,
            state=self.state,
            precision=self.precision,
            caller=self.caller,
            model=self.model,
            family=network_family(self.model).family,
            macs=self.macs,
            batch=self.batch,
            threads=self.threads,
        )
        name = (
            f"{self.model}, batch {self.batch}, on {self.device}: {format_quantity(self.latency_s, 's', 3)}"
        )
        return KnownRatio(at, self.log_ratio, f"{name} (published, {self.row})")


COLUMNS = tuple(field.name for field in fields(PublishedRow))
_NUMBERS = {"macs": float, "batch": int, "threads": float, "latency_s": float, "log_ratio": float}


@functools.cache
def published(transfer_id: str) -> tuple[PublishedRow, ...]:
    """All settings behind a model."""
    path = database_dir() / "transfers" / "rows" / f"{transfer_id}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise MissingDataError(
            f"expected the rows of a model in {path}; "
            "write them with `python benchmarks/transfer_error.py --fit`"
        ) from None
    return tuple(
        PublishedRow(**{name: _NUMBERS.get(name, str)(row[name]) for name in COLUMNS}) for row in rows
    )
