"""One timed pass, as the process that runs llama.cpp writes it and the others read it."""

from __future__ import annotations

from dataclasses import dataclass

from planner.engines.timing import TOO_NOISY_SPREAD

LEAST_CPU_SHARE, MOST_STEAL, MOST_SPREAD = 0.9, 0.02, TOO_NOISY_SPREAD
"""Of a pass that counts: what its threads had of their processors, what the host took of them, and the middle
80 % of its runs over their median."""


@dataclass(frozen=True, slots=True)
class TimedPass:
    """Seconds of one kind of pass on so many threads: the median of its runs, and how sure it is."""

    threads: int
    kind: str
    """`step`, with so many tokens in the cache, or `prompt`, of so many tokens."""
    tokens: int
    seconds: float
    low_s: float
    high_s: float
    """Of the runs the 10 and 90 % quantiles."""
    runs: int
    cpu_share: float
    """What the process had of its threads' processors meanwhile."""
    steal_share: float
    """What the host took of them."""

    @property
    def undisturbed(self) -> bool:
        """Whether its threads had their processors all the time."""
        spread = (self.high_s - self.low_s) / self.seconds
        steady = spread <= MOST_SPREAD and self.steal_share <= MOST_STEAL
        return steady and self.cpu_share >= LEAST_CPU_SHARE

    @property
    def tokens_per_s(self) -> float:
        """Rate of a step, or of a prompt."""
        return (1 if self.kind == "step" else self.tokens) / self.seconds
