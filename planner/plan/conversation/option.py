"""One way to serve conversations: a part in a mode, an engine, how many; what they reach, draw, cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.conversation.description import Admission, Serving
from planner.conversation.results import ServingResult
from planner.language.answer.serving import PreparedModel
from planner.latency.band import BandEnd
from planner.plan.conversation.frames import FramesOnPart
from planner.plan.options.margin import Margin, worst_of
from planner.plan.options.option import Cost, Draw, RackHeat
from planner.provenance import Provenance
from planner.rack.counts.results import Verdict
from planner.schema.hardware.device import Device
from planner.wording.message import Message


@dataclass(frozen=True, slots=True)
class EndResults:
    """The same devices at the ends of the bands of their times, and in the middle."""

    low: ServingResult
    mid: ServingResult
    high: ServingResult

    def at(self, end: BandEnd) -> ServingResult:
        """One of them."""
        found: ServingResult = getattr(self, end)
        return found

    @property
    def verdict(self) -> Verdict:
        """PASS where all is kept at the slow end, FAIL where something is broken at the fast end."""
        if self.high.verdict is Verdict.PASS:
            return Verdict.PASS
        return Verdict.FAIL if self.low.verdict is Verdict.FAIL else Verdict.UNDECIDED


@dataclass(frozen=True, slots=True)
class ConversationOption:
    """A part in a mode that serves, whether or not it keeps the limits."""

    part: Device
    prepared: PreparedModel
    limits: Admission
    count: int
    spares: int
    racks: int
    servings: Mapping[BandEnd, Serving]
    """What was simulated, at each end of the bands."""
    ends: EndResults | None
    """None where not even one session fits, and nothing was simulated."""
    plan_for: str
    use: float
    """Of the time that a step runs, the share that the unit would be busy at its peak."""
    step_w: float
    """Of a device while a step runs."""
    heat: RackHeat | None
    always_c: float | None
    """The die, if work went on without a pause."""
    margins: tuple[Margin, ...]
    """Each limit of the site with what is left of it."""
    draw: Draw | None
    cost: Cost | None
    energy_per_token_j: float | None
    """Of all that the devices and what they sit in draw, over the tokens answered."""
    provenance: Provenance
    broken: tuple[Message, ...]
    """Admission of memory, site and budget that it breaks."""
    missed: tuple[Message, ...]
    """Promises that it breaks where the plan counts."""
    warnings: tuple[str, ...]
    frames: FramesOnPart | None = None
    """Networks of cameras on the same unit."""

    @property
    def device(self) -> str:
        """Id of the part."""
        return self.part.id

    @property
    def mode(self) -> str:
        """Id of the power mode."""
        return self.prepared.mode

    @property
    def engine(self) -> str:
        """Id of the engine."""
        return self.prepared.served.engine.id

    @property
    def unit(self) -> str:
        """The unit that serves."""
        return self.prepared.served.unit

    @property
    def reasons(self) -> tuple[Message, ...]:
        """All that keeps it from being chosen."""
        return (*self.broken, *self.missed)

    @property
    def feasible(self) -> bool:
        """Whether it keeps every limit of the scenario, its promises where the plan counts."""
        return not self.reasons

    @property
    def verdict(self) -> Verdict:
        """The worst of the promises, over the whole band, and of the limits of the site."""
        if self.broken or self.ends is None:
            return Verdict.FAIL
        margins = worst_of(self.margins)
        if self.ends.verdict is Verdict.FAIL or margins is Verdict.PASS:
            return self.ends.verdict
        return margins
