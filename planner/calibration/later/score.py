"""Rows that came later, each predicted by the product as it is, and what the errors of a group are.

A row that names its mode is asked in it. One that names none is asked twice: in the mode in which the part is
delivered, as a user gets it, and in the fastest, which publishers run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from planner.calibration.later.rows import LaterRow, as_run, network_of, version_of
from planner.errors import PlannerError
from planner.hardware.catalog import device_ids, read_device
from planner.hardware.operating_point import choose_mode, fastest_mode
from planner.latency.band import Band
from planner.latency.estimate import estimate
from planner.latency.result import Estimate
from planner.provenance import Provenance
from planner.schema.hardware.device import Device, Precision
from planner.workload.workload import Workload
from planner.zoo.registry import names
from planner.zoo.source import read_model

Asked = Literal["likely", "default"]
"""Which mode is taken for a row that names none."""
UNSTATED = ("generic", "")
"""Engines of rows that name none: the unit's usual one is asked."""
MOST_PRODUCTS = 4
"""A network is counted as one of attention from more products of two activations on: YOLO11 has two to four
in one of its blocks, transformers two in each layer."""
CARDS = ("card", "server")


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One row with what the product says of it."""

    row: LaterRow
    engine: str
    unit_kind: str
    form: str
    mode: str
    precision: Precision
    attention: bool
    band: Band
    provenance: Provenance

    @property
    def ratio(self) -> float:
        """Measured over predicted."""
        return self.row.seconds / self.band.mid

    @property
    def held(self) -> bool:
        """Whether the measurement lies in the band."""
        return self.band.low <= self.row.seconds <= self.band.high


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be predicted, and why."""

    row: LaterRow
    reason: str


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of a group as factors: 1.2 is 20 % off, up or down."""

    rows: int
    median: float
    p90: float
    within_two: float
    held: float
    """Share of the rows inside their bands."""
    bias: float
    """Median of measured over predicted."""
    half_width: float
    """Median of the square root of high over low."""


def score_of(rows: Sequence[ScoredRow]) -> Score | None:
    """The errors of some rows; None of none."""
    if not rows:
        return None
    logs = np.log([item.ratio for item in rows])
    widths = np.sqrt([item.band.high / item.band.low for item in rows])
    return Score(
        rows=len(rows),
        median=float(np.exp(np.median(np.abs(logs)))),
        p90=float(np.exp(np.quantile(np.abs(logs), 0.9))),
        within_two=float(np.mean(np.abs(logs) < np.log(2.0))),
        held=float(np.mean([item.held for item in rows])),
        bias=float(np.exp(np.median(logs))),
        half_width=float(np.median(widths)),
    )


def scored(
    rows: Iterable[LaterRow], asked: Asked, *, networks: Path | None = None, published: bool = False
) -> tuple[tuple[ScoredRow, ...], tuple[Refused, ...]]:
    """Every row predicted; `published` lets published measurements of the same kind move the estimates."""
    found: list[ScoredRow] = []
    refused: list[Refused] = []
    reader = _LaterReader(networks)
    for row in rows:
        try:
            found.append(_scored(as_run(row), asked, reader, published=published))
        except PlannerError as error:
            refused.append(Refused(row, str(error)))
    return tuple(found), tuple(refused)


class _LaterReader:
    """Networks of rows, the last of which is kept: rows of one network follow each other."""

    def __init__(self, networks: Path | None) -> None:
        self._networks = networks
        self._known = frozenset(names())
        self._last: tuple[tuple[str, int | None], Workload] | None = None

    def read(self, row: LaterRow) -> Workload:
        source = network_of(row, self._networks, self._known)
        if source is None:
            raise PlannerError(f"{row.model}: no network of the zoo")
        key = (source, row.side)
        if self._last is None or self._last[0] != key:
            self._last = key, self._at_size(source, row.side)
        return self._last[1]

    def _at_size(self, source: str, side: int | None) -> Workload:
        plain = read_model(source)
        shapes = {
            name: (*tensor.shape[:2], side, side)
            for name, tensor in plain.inputs.items()
            if side is not None and len(tensor.shape) == 4 and tensor.shape[1] in (1, 3)
        }
        if all(plain.inputs[name].shape == shape for name, shape in shapes.items()):
            return plain
        return read_model(source, shapes=shapes)


def _scored(row: LaterRow, asked: Asked, reader: _LaterReader, *, published: bool) -> ScoredRow:
    if row.device not in device_ids():
        raise PlannerError(f"{row.device}: no part of the catalogue")
    device = read_device(row.device)
    workload = reader.read(row)
    found = _estimate(row, asked, device, workload, published=published)
    if not found.fits:
        raise PlannerError(f"{row.model} does not fit {row.device}")
    products = sum(bool(layer.macs) and layer.op_class in ("matmul", "attention") for layer in found.layers)
    return ScoredRow(
        row=row,
        engine=found.engine,
        unit_kind=device.units[found.unit].kind,
        form=device.form,
        mode=found.mode,
        precision=found.precision,
        attention=products > MOST_PRODUCTS,
        band=found.through_s if row.metric == "latency_ms" else found.latency_s,
        provenance=found.provenance,
    )


def _estimate(
    row: LaterRow, asked: Asked, device: Device, workload: Workload, *, published: bool
) -> Estimate:
    engine = None if row.engine in UNSTATED else row.engine
    unit = row.unit
    mode = row.mode
    if mode is None:
        kinds = [unit_id for unit_id, own in device.units.items() if own.kind == unit]
        fastest = fastest_mode(device, kinds[0] if kinds else next(iter(device.units)))
        mode = fastest.id if asked == "likely" else choose_mode(device, None).id
    return estimate(
        workload, device, unit=unit, mode=mode, precision=row.precision, batch=row.batch, engine=engine,
        threads=row.threads, published=published, engine_version=version_of(row),
    )  # fmt: skip
