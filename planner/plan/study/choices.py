"""Three choices in place of one: the least cost, the most headroom, and the cheapest with some more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.rack.counts.results import Verdict

Level = Literal["good", "better", "best"]
MORE = 1.1
"""A better choice carries a tenth more than the good one; less is nothing that one would pay for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option under its level; `verdict` is None for one that was not simulated."""

    level: Level
    option: Option
    verdict: Verdict | None

    @property
    def load_factor(self) -> float:
        """How often the devices could carry the load that is asked, batches full."""
        return load_factor(self.option)


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices, and how much was compared for them."""

    parts: int
    settings: int
    simulated: int
    lines: tuple[Choice, ...]


def load_factor(option: Option) -> float:
    """How often the devices could carry the load that is asked; without end where nothing is asked."""
    return 1.0 / option.offered_utilisation if option.offered_utilisation > 0 else math.inf


def choices(
    chosen: Option, verdict: Verdict, options: Sequence[Option], trials: Sequence[Simulated]
) -> Choices:
    """Good, better and best of the options that keep every limit.

    Good is the chosen one, the cheapest; better the cheapest that could carry a tenth more; best could carry
    the most (of equals the cheapest). Those that do not exist are left out. Headroom is of the closed form
    for all alike; only racks that were simulated have a verdict.
    """
    found = [Choice("good", chosen, verdict)]
    enough = MORE * load_factor(chosen)
    rivals = [option for option in options if option.feasible and load_factor(option) >= enough]
    if rivals:
        best = min(rivals, key=lambda option: (-round(load_factor(option), 2), _cost(option)))
        better = min(rivals, key=lambda option: (_cost(option), -load_factor(option)))
        found.append(Choice("better", better, _verdict_of(better, trials)))
        if better is not best:
            found.append(Choice("best", best, _verdict_of(best, trials)))
    return Choices(
        parts=len({option.device for option in options}),
        settings=len(options),
        simulated=len({trial.option.device for trial in trials}),
        lines=tuple(found),
    )


def _cost(option: Option) -> float:
    return math.inf if option.cost.total is None else option.cost.total


def _verdict_of(option: Option, trials: Sequence[Simulated]) -> Verdict | None:
    """The verdict of its simulated rack: the same part, setting and count."""
    for trial in trials:
        if _setting(trial.option) == _setting(option):
            return trial.verdict
    return None


def _setting(option: Option) -> tuple[object, ...]:
    return (option.device, option.unit, option.mode, option.precision, option.batch, option.count)
