"""One way to run one network on one part, the limits that it has to keep, and all of them compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from planner.latency.band import Band
from planner.latency.result import Estimate
from planner.plan.options.hosting import Hosting
from planner.schema.reading.quantity import Money
from planner.shown import Shown

if TYPE_CHECKING:
    import pandas as pd


PlanFor = Literal["typical", "cautious"]
"""Whether a plan counts on the middle of the planning latency or on its high end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a candidate has to keep; None is no limit.

    `rates` has the price of one unit of another currency in that of the budget, or in the one to compare in.
    """

    max_latency_s: float | None = None
    max_power_w: float | None = None
    budget: Money | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    plan_for: PlanFor = "cautious"

    def counted_s(self, planning: Band) -> float:
        """The planning latency that is compared with the limit: the one that a plan will count on."""
        return planning.high if self.plan_for == "cautious" else planning.mid


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run the network, whether it keeps the limits, and if not why.

    `broken` names the limits that the reasons are about. `tie` marks a feasible one whose latency cannot be
    distinguished from the first's within the bands of both. `loses` says in one line what it is worse in than
    the first, or than one that beats it in everything; empty for the first, and the reasons for one that
    breaks a limit.
    """

    estimate: Estimate
    planning_latency_s: Band
    price: Money | None
    reasons: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()
    pareto: bool = False
    tie: bool = False
    loses: str = ""
    instances: int = 1
    """How many of the unit the part has; one network runs on one of them."""
    hosting: Hosting | None = None
    """The usual computer for a part that is none; its price and power are not in the candidate's."""

    @property
    def feasible(self) -> bool:
        """Whether no limit is broken."""
        return not self.reasons

    @property
    def latency_s(self) -> float:
        """Typical planning latency of one inference."""
        return self.planning_latency_s.mid / self.estimate.batch

    @property
    def risk(self) -> float:
        """How many times longer than typical the latency may turn out to be: the band's high end over its
        middle."""
        return self.planning_latency_s.high / self.planning_latency_s.mid

    @property
    def name(self) -> str:
        """The candidate in words, as in `t4 gpu default fp16 b1`."""
        e = self.estimate
        return f"{e.device} {e.unit} {e.mode} {e.precision} b{e.batch}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A combination that no unit of the part can run, and why."""

    device: str
    mode: str
    precision: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Shown):
    """All candidates, best first, and the combinations that cannot run.

    `contradiction` stands where nothing is feasible: the limits that together leave nothing, and what
    keeping each of them takes.
    """

    candidates: tuple[Candidate, ...]
    refusals: tuple[Refusal, ...]
    contradiction: str | None = None
    notes: tuple[str, ...] = ()
    plan_for: PlanFor = "cautious"

    @property
    def feasible(self) -> tuple[Candidate, ...]:
        """The candidates that keep every limit."""
        return tuple(candidate for candidate in self.candidates if candidate.feasible)

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        best = f"; best {self.feasible[0].name}" if self.feasible else ""
        return f"of {len(self.candidates)} candidates, {len(self.feasible)} feasible{best}"

    def to_frame(self) -> pd.DataFrame:
        """One row per candidate; units are in the column names."""
        import pandas as pd

        return pd.DataFrame(
            {
                "device": c.estimate.device,
                "mode": c.estimate.mode,
                "unit": c.estimate.unit,
                "units": c.instances,
                "engine": c.estimate.engine,
                "precision": str(c.estimate.precision),
                "batch": c.estimate.batch,
                "latency_low_s": c.estimate.latency_s.low,
                "latency_mid_s": c.estimate.latency_s.mid,
                "latency_high_s": c.estimate.latency_s.high,
                "planning_latency_s": c.planning_latency_s.mid,
                "planning_latency_high_s": c.planning_latency_s.high,
                "provenance": c.estimate.provenance.value,
                "throughput_per_s": c.estimate.throughput_per_s,
                "power_w": c.estimate.power_w.mid,
                "power_boundary": c.estimate.power_boundary,
                "energy_j": c.estimate.energy_j,
                "risk": c.risk,
                "feasible": c.feasible,
                "pareto": c.pareto,
                "tie": c.tie,
                "loses": c.loses,
                "reasons": "; ".join(c.reasons),
            }
            for c in self.candidates
        )
