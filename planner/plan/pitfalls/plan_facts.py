"""What the checks look at: the plan, its rack as simulated, and the other ways that were sized."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart, Option
from planner.plan.options.rack_run import RackRun
from planner.schema.hardware.pitfall import PitfallRule
from planner.schema.scenario.network_facts import Compression, NetworkFacts, Toolchain
from planner.schema.scenario.scenario import Scenario
from planner.units import format_quantity


@dataclass(frozen=True, slots=True)
class Finding:
    """Where in the scenario the mistake is, and the numbers of this plan that show it."""

    where: str
    evidence: str


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """One plan. `option` is the rack given or chosen, else the one that comes nearest; None for a device
    given by numbers.

    `given` is whether the scenario states the rack; `others` are feasible options of other parts or settings.
    """

    scenario: Scenario
    option: Option | None
    run: RackRun | None
    others: tuple[Option, ...]
    given: bool
    estimator: Estimator | None

    @property
    def networks(self) -> tuple[NetworkOnPart, ...]:
        """Each network on the plan's part; none for a device given by numbers."""
        return self.option.networks if self.option else ()

    def compressions(self) -> Iterator[tuple[str, Compression]]:
        """Where, and what is said of how each network was compressed."""
        for model, facts in self.scenario.networks.items():
            if facts.compression is not None:
                yield f"networks.{model}.compression", facts.compression

    def toolchains(self) -> Iterator[tuple[str, NetworkOnPart, Toolchain]]:
        """Where, the network on the plan's part, and what is said of its tool chain."""
        for item in self.networks:
            facts: NetworkFacts | None = self.scenario.networks.get(item.model)
            if facts is not None and facts.toolchain is not None:
                yield f"networks.{item.model}.toolchain", item, facts.toolchain

    @property
    def requests_per_s(self) -> float:
        """Requests of all streams, as stated."""
        return sum(stream.count * stream.rate_per_s for stream in self.scenario.streams)


Check = Callable[[PlanFacts, PitfallRule], Iterator[Finding]]
"""What finds one sub-case of a mistake; nothing found, nothing raised."""


def rack_text(option: Option) -> str:
    """A rack in words, as in `4 x jetson-orin-nano-8 (25W, int8)`."""
    return f"{option.count} x {option.device_name} ({option.mode}, {option.precision})"


def time_text(value_s: float) -> str:
    """A time in its own unit, three digits."""
    return format_quantity(value_s, "s", 3)
