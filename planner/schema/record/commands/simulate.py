"""A scenario's rack, and what else the scenario asks of it: what `planner simulate` writes."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord, CoolerInUseRecord, MarginRecord, ServiceRecord
from planner.schema.record.rack import RackRecord, Verdict


class NewModelRecord(TypedDict):
    """A new model, measured on its first devices over all replications; shares from 0 to 1."""

    replications: int
    rolled_back_share: float
    answered: int
    late_share: float | None
    failed_share: float | None


class TheoryRowRecord(TypedDict):
    """One quantity by queueing theory and by simulation, with the interval of the simulation."""

    quantity: str
    unit: str | None
    theory: float
    simulated: float
    low: float | None
    high: float | None
    error: float
    agrees: bool | None


class TheoryRecord(TypedDict):
    """The closed form that fits the rack, in Kendall's notation, and its quantities."""

    model: str
    rows: list[TheoryRowRecord]


class SurvivorsRecord(TypedDict):
    """The rack with some devices failed: the share of time, and how the others fare."""

    failed: int
    probability: float
    utilisation: float
    hottest_c: float
    overloaded: bool
    throttles: bool
    serving: int
    holds: bool | None


class FailuresRecord(TypedDict):
    """How much of the time every promise of the rack holds: `availability`; `carried` is the same number.

    `needed` of `count` devices and `spares` keep the promises.
    """

    availability: float | None
    device_availability: float
    count: int
    spares: int
    needed: int | None
    target: float
    rows: list[SurvivorsRecord]
    carried: float | None
    enough_up: float
    spares_for_target: int | None


class OffloadedRecord(TypedDict):
    """Latency of requests that go to the cloud, the link's load, and the price."""

    mean_latency_s: float
    p99_latency_s: float
    sent_per_s: float
    link_utilisation: float
    price_per_s: float
    link_holds: bool


class OffloadRecord(TypedDict):
    """A share of the requests sent to the cloud, and what that leaves on the rack."""

    sent: OffloadedRecord
    largest_share: float
    rack_utilisation: float
    price_per_year: float


class ConcurrencyCheckRecord(TypedDict):
    """One reported row of concurrency by operational laws."""

    threads: int
    bound_per_s: float
    in_flight: float
    fill_s: float
    whole_batches: bool


class KneeRecord(TypedDict):
    """Two bounds of throughput and the number of threads where they meet."""

    per_thread_per_s: float
    bottleneck_per_s: float
    at_threads: float
    readings: list[ConcurrencyCheckRecord]


class RolloutRecord(TypedDict):
    """What one way of sending a model to a fleet takes."""

    sent_bytes: float
    waves: int
    transfer_s: float
    interruption_s: float
    total_s: float
    lost_device_s: float
    rollbacks: float


class DeltaRecord(TypedDict):
    """The measured difference of two model files."""

    method: str
    delta_bytes: int
    new_bytes: int


class InterruptionRecord(TypedDict):
    """Published interruptions as a rate and a fixed time, with an assumed time to rebuild the file."""

    apply_s: float
    rate_bytes_per_s: float
    fixed_s: float


class UpdateRecord(TypedDict):
    """A model update sent whole and as a difference."""

    full: RolloutRecord
    delta: RolloutRecord
    delta_ratio: float
    measured: DeltaRecord | None
    readings: list[InterruptionRecord]
    remarks: list[str]


class SavingCaseRecord(TypedDict):
    """Share of energy saved at one idle share and one exponent."""

    idle_share: float
    exponent: float
    low: float
    high: float


class ClockSavingRecord(TypedDict):
    """Share of energy that the clock governor saves under one load."""

    load: str
    low: float
    high: float
    cases: list[SavingCaseRecord]
    claim_reached_with: list[str]


class RackLifeRecord(TypedDict):
    """Answers to what a scenario asks of its rack beside serving; only what it asks is there."""

    failures: NotRequired[FailuresRecord]
    offload: NotRequired[OffloadRecord]
    knee: NotRequired[KneeRecord]
    update: NotRequired[UpdateRecord]
    clock_scaling: NotRequired[list[ClockSavingRecord]]


class ClaimFigureRecord(TypedDict):
    """One reported figure (`told`) beside the predicted band."""

    quantity: str
    told: float
    predicted: BandRecord
    inside: bool
    ratio: float


class ClaimRecord(TypedDict):
    """All figures reported of one network on one part."""

    name: str
    model: str
    device: str
    mode: str
    precision: str
    figures: list[ClaimFigureRecord]
    around_s: float | None
    explained: str | None
    settled: bool


class LadderRecord(TypedDict):
    """Figures of one network in several precisions as fixed + factor x predicted."""

    name: str
    device: str
    quantity: str
    fixed: float
    factor: float
    worst_error: float


class ClaimsRecord(TypedDict):
    """Reported figures beside predictions; no key without claims in the scenario."""

    claims: NotRequired[list[ClaimRecord]]
    ladders: NotRequired[list[LadderRecord]]


class SettingRecord(TypedDict):
    """What each device of a simulated rack runs on; the engine is that of the networks."""

    unit: str
    units: int
    mode: str
    engine: str
    precision: str
    batch: int
    latency_provenance: str
    cooler: CoolerInUseRecord
    services: list[ServiceRecord]


class ServiceShiftRecord(TypedDict):
    """A stream's p99 where service takes a share longer or shorter; null where a queue has no end."""

    stream: str
    service_share: float
    p99_s: float
    shorter_s: float
    longer_s: float | None


class RunBesideRecord(TypedDict):
    """What the devices run on, where they are of a part; a new model; a closed form that fits the rack."""

    setting: NotRequired[SettingRecord]
    throttle_probability: NotRequired[float | None]
    new_model: NotRequired[NewModelRecord]
    theory: NotRequired[TheoryRecord]
    sensitivity: NotRequired[list[ServiceShiftRecord]]


class SimulateRecord(RackRecord, RunBesideRecord, RackLifeRecord, ClaimsRecord):
    """The simulated rack with its verdict, and what the scenario asks beside."""

    verdict: Verdict
    engine: Literal["compiled", "simpy"]
    variation: str
    """Which service times were simulated, and what they rest on."""
    reasons: list[str]
    margins: NotRequired[list[MarginRecord]]


class RuledOutRecord(TypedDict):
    """A combination that was ruled out; what is of a unit, batch and count are empty text where it
    cannot run at all."""

    device: str
    mode: str
    unit: str
    engine: str
    latency_provenance: str
    precision: str
    batch: int | str
    count: int | str
    reason: str


class NoRackRecord(TypedDict):
    """What is written where no rack is feasible."""

    verdict: Verdict | Literal["INFEASIBLE"]
    streams: list[str]
    reasons: list[RuledOutRecord]
