"""Published watts, each predicted by the product as it is at the boundary of its meter, and the errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.calibration.power.published import Boundary, PublishedPower
from planner.errors import PlannerError
from planner.hardware.catalog import device_ids, read_device
from planner.latency.band import Band
from planner.latency.estimate import estimate
from planner.latency.power.draw import energy_band
from planner.latency.result import Estimate
from planner.zoo.source import read_model


@dataclass(frozen=True, slots=True)
class ScoredPower:
    """One row with what the product says of it."""

    row: PublishedPower
    group: str
    power_w: Band
    energy_j: Band
    """Of one inference."""

    @property
    def ratio(self) -> float:
        """Measured over predicted watts."""
        return self.row.power_w / self.power_w.mid


@dataclass(frozen=True, slots=True)
class Factors:
    """Errors of a group as factors: 1.2 is 20 % off, up or down."""

    rows: int
    median: float
    p90: float
    held: float
    """Share of the rows inside their bands."""
    bias: float
    """Median of measured over predicted."""
    half_width: float
    """Median of the square root of high over low."""


def factors_of(pairs: Sequence[tuple[float, Band]]) -> Factors:
    """The errors of some measured values beside their bands."""
    logs = np.log([value / band.mid for value, band in pairs])
    return Factors(
        rows=len(pairs),
        median=float(np.exp(np.median(np.abs(logs)))),
        p90=float(np.exp(np.quantile(np.abs(logs), 0.9))),
        held=float(np.mean([band.low <= value <= band.high for value, band in pairs])),
        bias=float(np.exp(np.median(logs))),
        half_width=float(np.median([np.sqrt(band.high / band.low) for _, band in pairs])),
    )


def scored_power(
    rows: Iterable[PublishedPower],
) -> tuple[tuple[ScoredPower, ...], tuple[tuple[PublishedPower, str], ...]]:
    """Every row predicted, and those that could not be, with why."""
    found: list[ScoredPower] = []
    refused: list[tuple[PublishedPower, str]] = []
    for row in rows:
        try:
            found.append(_scored(row))
        except PlannerError as error:
            refused.append((row, str(error)))
    return tuple(found), tuple(refused)


def _scored(row: PublishedPower) -> ScoredPower:
    result = estimate_of(row)
    power_w = at_boundary(result, row.boundary)
    device = read_device(row.device)
    kind = device.units[result.unit].kind
    return ScoredPower(
        row, f"{kind} of a {device.form}", power_w, energy_band(power_w, result.latency_s, row.batch)
    )


def estimate_of(row: PublishedPower) -> Estimate:
    """What the product says of the setting of a row."""
    if row.device not in device_ids():
        raise PlannerError(f"{row.device}: no part of the catalogue")
    device = read_device(row.device)
    plain = read_model(f"zoo:{row.model}")
    shapes = {
        name: (*tensor.shape[:2], row.side, row.side)
        for name, tensor in plain.inputs.items()
        if row.side is not None and len(tensor.shape) == 4 and tensor.shape[1] in (1, 3)
    }
    same = all(plain.inputs[name].shape == shape for name, shape in shapes.items())
    workload = plain if same else read_model(f"zoo:{row.model}", shapes=shapes)
    return estimate(
        workload, device, unit=row.unit, mode=row.mode, precision=row.precision, batch=row.batch,
        engine=row.engine, threads=row.threads,
    )  # fmt: skip


def at_boundary(result: Estimate, boundary: Boundary) -> Band:
    """The predicted watts where the meter of a row was."""
    places = result.power_at
    known = {"module": places.module_w, "board_input": places.board_input_w, "wall": places.wall_w}[boundary]
    # A board has no module of its own to meter: its processor's rail holds most of what the board takes.
    return known or result.part_power_w
