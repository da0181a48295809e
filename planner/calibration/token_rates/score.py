"""Blind errors: of each pair of a part and an architecture, with all rows of both left out of the fit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from planner.calibration.token_rates.fit import Fit, predict
from planner.calibration.token_rates.observations import RateObservation
from planner.schema.hardware.device import UnitKind
from planner.schema.language.rates import BlindErrors, RateKind

ENOUGH_ROWS, ENOUGH_PARTS = 10, 3
"""With fewer the band is made of all errors of that kind of rate and of that kind of unit."""
ENDS = (0.03, 0.97)
"""Quantiles of a band of 90 %: further out than 5 and 95 %, as few parts say little of the next one."""


@dataclass(frozen=True, slots=True)
class BlindError:
    """One rate and the logarithm of measured over predicted time."""

    row: RateObservation
    error: float


def blind_errors(rows: Sequence[RateObservation]) -> list[BlindError]:
    """Every rate predicted by a fit that saw neither its part nor its architecture."""
    found: list[BlindError] = []
    for part, model in sorted({row.pair for row in rows}):
        kept = [row for row in rows if row.row.part != part and row.row.model != model]
        own = [row for row in rows if row.pair == (part, model)]
        predicted = predict(Fit(kept).run(), own)
        found += [
            BlindError(row, math.log(row.seconds / seconds))
            for row, seconds in zip(own, predicted, strict=True)
        ]
    return found


def quantile(errors: Iterable[BlindError], share: float) -> float:
    """A quantile in which a part weighs by the square root of its rows."""
    listed = sorted(errors, key=lambda item: item.error)
    rows = Counter(item.row.row.part for item in listed)
    weights = np.array([rows[item.row.row.part] ** -0.5 for item in listed])
    places = (np.cumsum(weights) - weights / 2) / weights.sum()
    return float(np.interp(share, places, [item.error for item in listed]))


def summaries(errors: Sequence[BlindError]) -> list[BlindErrors]:
    """Figures and bands by kind of rate and of unit."""
    found = []
    for kind in get_args(RateKind):
        for unit in get_args(UnitKind):
            own = [item for item in errors if item.row.kind == kind and item.row.unit_kind == unit]
            if own:
                wider = [item for item in errors if item.row.kind == kind or item.row.unit_kind == unit]
                found.append(_summary(kind, unit, own, wider))
    return found


def _summary(
    kind: RateKind, unit: UnitKind, own: Sequence[BlindError], wider: Sequence[BlindError]
) -> BlindErrors:
    parts = {item.row.row.part for item in own}
    basis = own if len(own) >= ENOUGH_ROWS and len(parts) >= ENOUGH_PARTS else wider
    factors = np.exp(np.abs([item.error for item in own]))
    low, high = (quantile(basis, share) for share in ENDS)
    inside = 0
    for item in own:
        # The band that this row would have met: made of the errors of other parts alone.
        others = [other for other in basis if other.row.row.part != item.row.row.part]
        inside += quantile(others, ENDS[0]) <= item.error <= quantile(others, ENDS[1])
    return BlindErrors.model_validate(
        {
            "kind": kind,
            "unit_kind": unit,
            "rows": len(own),
            "parts": len(parts),
            "median": round(float(np.median(factors)), 3),
            "p90": round(float(np.quantile(factors, 0.9)), 3),
            "low": round(math.exp(low), 4),
            "high": round(math.exp(high), 4),
            "coverage": round(inside / len(own), 3),
        }
    )
