"""Which points a sweep looks at: every combination of choices, or a Latin hypercube over choices and ranges.

A Latin hypercube (McKay, Beckman and Conover, Technometrics 21, 1979) cuts each key's range into as many
strata as there are points and uses each stratum once, so that a few points cover every key evenly; it says
nothing about corners, for which a grid is the design.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from planner.errors import InputError, Problem
from planner.plan.sweep.settings import Range, Setting, SweptKey

MOST_POINTS = 100_000

Point = tuple[object, ...]
"""One value for each setting, in the order of the settings."""


def grid(settings: Sequence[Setting]) -> tuple[Point, ...]:
    """Every combination, the last key changing fastest; refuses more than `MOST_POINTS`."""
    choices = [setting.values for setting in settings if isinstance(setting, SweptKey)]
    _require_few(math.prod(len(values) for values in choices))
    return tuple(itertools.product(*choices))


def latin_hypercube(settings: Sequence[Setting], points: int, seed: int) -> tuple[Point, ...]:
    """So many points drawn over choices and ranges, the same for the same seed."""
    from scipy.stats import qmc

    _require_few(points)
    return tuple(_drawn(settings, qmc.LatinHypercube(d=len(settings), rng=seed).random(points).tolist()))


def _drawn(settings: Sequence[SweptKey | Range], shares: Sequence[Sequence[float]]) -> Iterator[Point]:
    for row in shares:
        yield tuple(setting.drawn(float(share)) for setting, share in zip(settings, row, strict=True))


def _require_few(points: int) -> None:
    if points > MOST_POINTS:
        advice = "leave values out, or draw some of them with --random N"
        problem = Problem("points", f"at most {MOST_POINTS:,} points", f"{points:,}", advice)
        raise InputError("--set", [problem])
