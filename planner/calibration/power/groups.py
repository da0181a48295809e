"""Scores of published watts by kind of unit, and of publishers that no fit uses by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.calibration.power.score import Factors, ScoredPower, factors_of


@dataclass(frozen=True, slots=True)
class Group:
    """The errors of some rows under a name."""

    name: str
    factors: Factors


def group_scores(found: Sequence[ScoredPower], apart: frozenset[str]) -> tuple[Group, ...]:
    """Watts and joules of all rows and of those of the publishers `apart`, and watts by kind of unit."""
    blind = [item for item in found if item.row.publisher in apart]
    groups = [
        *_watts("watts, all", found),
        *_watts("watts, publishers that no fit uses", blind),
        *_joules("joules, all", found),
        *_joules("joules, publishers that no fit uses", blind),
    ]
    return tuple(groups)


def _watts(name: str, found: Sequence[ScoredPower]) -> Iterator[Group]:
    if not found:
        return
    yield Group(name, factors_of([(item.row.power_w, item.power_w) for item in found]))
    for kind in sorted({item.group for item in found}):
        own = [(item.row.power_w, item.power_w) for item in found if item.group == kind]
        yield Group(f"{name}: {kind}", factors_of(own))


def _joules(name: str, found: Sequence[ScoredPower]) -> Iterator[Group]:
    pairs = [(energy_j, item.energy_j) for item in found if (energy_j := item.row.energy_j) is not None]
    if pairs:
        yield Group(name, factors_of(pairs))
