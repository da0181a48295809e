"""What a unit does while it serves, as shares of its peaks and of the time: all that its power depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """Shares between zero and one, over the time of a batch."""

    arithmetic: float
    """Multiply-accumulates over what the unit could do in the time."""
    traffic: float
    """Bytes over what the memory could move in the time."""
    gaps: float = 0.0
    """Of the time in which nothing runs on the unit: between launches, and while it waits for its host."""

    @property
    def use(self) -> float:
        """The busiest of arithmetic and traffic."""
        return max(self.arithmetic, self.traffic)


def of_steps(use: float) -> Activity:
    """Steps of a language model: weights come through the memory, and arithmetic hides behind."""
    return Activity(0.0, use)
