"""What measurements on the same part move: a blend of the fitted model and of rates that were measured there.

The logarithm of measured over predicted is a sum of an effect of the engine on the part and of a rest of the
single row, of deviations `part` and `rest`. Rates measured there shift the prediction by the conditional mean
of the effect, and narrow it to what is left (Henderson 1975; the same blend as
`planner.latency.transfer.effects`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planner.language.rates.fitted import Ends, rates_model
from planner.schema.language.rates import RateEffects, RateKind

TAIL = 1.88
"""Deviations of a normal variable that leave 3 % on either side, as the fitted bands do."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A factor on the time, and the band around it."""

    factor: float
    ends: Ends


def effects_of(kind: RateKind) -> RateEffects:
    """Deviations of a kind of rate; many users err as steps do."""
    wanted = "decode" if kind == "users" else kind
    return next(item for item in rates_model().effects if item.kind == wanted)


def shifted(errors: Sequence[float], kind: RateKind, ends: Ends) -> Shift:
    """The shift by logarithms of measured over predicted time; none of them changes nothing."""
    if not errors:
        return Shift(1.0, ends)
    own = effects_of(kind)
    move, spread = blend(errors, own.part, own.rest)
    low, high = math.exp(-TAIL * spread), math.exp(TAIL * spread)
    # Measurements never make a band wider than the model's own.
    return Shift(math.exp(move), Ends(max(low, ends.low), min(high, ends.high), ends.level))


def blend(errors: Sequence[float], part: float, rest: float) -> tuple[float, float]:
    """Mean of a new row's error and its deviation, given those of its neighbours."""
    count = len(errors)
    weight = part**2 / (part**2 + rest**2 / count)
    left = part**2 * (1.0 - weight)
    return weight * sum(errors) / count, math.sqrt(left + rest**2)
