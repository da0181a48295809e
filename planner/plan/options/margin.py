"""A limit, what a plan needs of it, and whether what is assumed decides that it is met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.rack.counts.results import Verdict

State = Literal["kept", "thin", "over"]
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class WeakestInput:
    """The input that a margin rests on and is known worst: its range, unit, status and source.

    `name` is its place in the scenario or in the part's file; low and high are equal where it is certain.
    `of` is the cooler of a thermal resistance, `at_w` the power at which one would measure it.
    """

    name: str
    low: float
    mid: float
    high: float
    unit: str
    provenance: str
    source: str
    of: str = ""
    at_w: float | None = None


@dataclass(frozen=True, slots=True)
class Margin:
    """One limit of a plan. Names are JSON keys; `best` and `worst` are the margin at the input's two ends.

    PASS keeps the margin asked as planned and the limit itself at the worst end; FAIL is on the same side of
    both at either end. What lies between turns with the input and is UNDECIDED. The two are not added: the
    margin is for what the model leaves out, the range for what it assumes.
    """

    name: str
    unit: str
    value: float
    limit: float
    asked: float
    best: float
    worst: float
    weakest: WeakestInput | None = None
    probability: float | None = None
    """That the limit is broken, over the range of the weakest input; None where nothing gives one."""
    lower: bool = False
    """Whether the limit is the least that is allowed, and not the most."""

    @property
    def margin(self) -> float:
        """What is left to the limit; negative beyond it."""
        return self.value - self.limit if self.lower else self.limit - self.value

    def state(self, margin: float) -> State:
        """Whether a margin is as asked, thinner, or used up."""
        if margin >= self.asked - _ROUNDING * abs(self.limit):
            return "kept"
        return "thin" if margin > 0 else "over"

    @property
    def turns(self) -> bool:
        """Whether the verdict is another one within the range of the weakest input."""
        return self.verdict is Verdict.UNDECIDED

    @property
    def verdict(self) -> Verdict:
        """PASS, FAIL or UNDECIDED of this limit alone."""
        if self.state(self.margin) == "kept" and self.state(self.worst) != "over":
            return Verdict.PASS
        return Verdict.FAIL if self.state(self.best) == self.state(self.worst) else Verdict.UNDECIDED


_ORDER = (Verdict.PASS, Verdict.UNDECIDED, Verdict.FAIL)


def worst_of(margins: tuple[Margin, ...]) -> Verdict:
    """The worst verdict of all limits; PASS without any."""
    return max((item.verdict for item in margins), key=_ORDER.index, default=Verdict.PASS)


def binding(margins: tuple[Margin, ...]) -> tuple[Margin, ...]:
    """The limits that the verdict of all rests on, in the order of the tables; none where all pass."""
    worst = worst_of(margins)
    return () if worst is Verdict.PASS else tuple(item for item in margins if item.verdict is worst)
