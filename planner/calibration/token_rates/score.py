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
from planner.language.rates.anchored import TAIL, blend
from planner.schema.hardware.device import UnitKind
from planner.schema.language.rates import BlindErrors, RateEffects, RateKind

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


def effects(errors: Sequence[BlindError]) -> list[RateEffects]:
    """How much of the errors is common to an engine on a part, by kind of rate; many users count as steps."""
    found = []
    for kind, own in (("decode", ("decode", "users")), ("prompt", ("prompt",))):
        groups: dict[tuple[str, str], list[BlindError]] = {}
        for item in errors:
            if item.row.kind in own:
                groups.setdefault((item.row.row.part, item.row.engine), []).append(item)
        found.append(_effects(kind, list(groups.values())))
    return found


def _effects(kind: str, groups: Sequence[Sequence[BlindError]]) -> RateEffects:
    several = [np.array([item.error for item in group]) for group in groups if len(group) > 1]
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in several)
    rest = math.sqrt(within / sum(len(group) - 1 for group in several))
    means = np.array([group.mean() for group in several])
    size = sum(map(len, several)) / len(several)
    # Means scatter by the effect and by what is left of the rest in a group; never by less than a tenth.
    part = max(0.1, math.sqrt(max(0.0, float((means**2).mean()) - rest**2 / size)))
    left: list[float] = []
    inside = 0
    for group in groups:
        for item in group:
            # Other architectures on the same part represent what a user has measured there.
            known = [other.error for other in group if other.row.row.model != item.row.row.model]
            if known:
                move, spread = blend(known, part, rest)
                left.append(abs(item.error - move))
                inside += left[-1] <= TAIL * spread
    return RateEffects.model_validate(
        {
            "kind": kind,
            "part": round(part, 4),
            "rest": round(rest, 4),
            "rows": len(left),
            "median": round(float(np.exp(np.median(left))), 3),
            "p90": round(float(np.exp(np.quantile(left, 0.9))), 3),
            "coverage": round(inside / len(left), 3),
        }
    )


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
