"""A rack as it was simulated, with what its site has against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.plan.options.margin import Margin, worst_of
from planner.rack.counts.results import RackResult, Verdict
from planner.rack.description.rack import Rack
from planner.rack.sequential import rack_verdict

if TYPE_CHECKING:
    from planner.plan.options.option import Option
    from planner.rack.simulation import SimulationEngine
    from planner.rack.studies.sensitivity import Moved


@dataclass(frozen=True, slots=True)
class RackRun:
    """A rack as it was simulated."""

    rack: Rack
    result: RackResult

    @property
    def reasons(self) -> tuple[str, ...]:
        """The limits of its site that the rack breaks; none are known of a device given by numbers."""
        return ()

    @property
    def margins(self) -> tuple[Margin, ...]:
        """What is left of each limit of its site; none are known of a device given by numbers."""
        return ()

    def sensitivity(self, engine: SimulationEngine) -> tuple[Moved, ...]:
        """How far each p99 moves with a few per cent of service time; empty at a use below 0.8."""
        from planner.rack.studies.sensitivity import sensitivity

        return sensitivity(self.rack, self.result, engine)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict over the streams; FAIL as well for a rack that breaks a limit of its site."""
        return Verdict.FAIL if self.reasons else rack_verdict(self.result)


@dataclass(frozen=True, slots=True)
class Simulated(RackRun):
    """One option's rack as it was simulated: `option` as it was seen, `proposed` as the closed form has it.

    Options are compared by what the closed form proposes, which all of them have; a run's own cost beside the
    closed form's of another option would compare two approximations and not two plans.
    """

    option: Option
    proposed: Option

    def sensitivity(self, engine: SimulationEngine) -> tuple[Moved, ...]:
        """Of single networks alone: chains are not run by the rack itself."""
        return () if self.option.chain is not None else RackRun.sensitivity(self, engine)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The limits of its site that the option breaks."""
        return self.option.reasons

    @property
    def margins(self) -> tuple[Margin, ...]:
        """What is left of each limit of its site."""
        return self.option.margins

    @property
    def verdict(self) -> Verdict:
        """The worst of the service verdict and of the margins to the limits of the site."""
        if self.service_verdict is Verdict.FAIL:
            return Verdict.FAIL
        margins = worst_of(self.margins)
        return margins if margins is not Verdict.PASS else self.service_verdict

    @property
    def service_verdict(self) -> Verdict:
        """The verdict over the streams alone; FAIL as well for a rack that breaks a limit of its site."""
        return Verdict.FAIL if self.reasons else rack_verdict(self.result)
