"""How many of which part: what `planner size` writes."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.commands.chain import ChainUsesRecord
from planner.schema.record.compare import RefusalRecord
from planner.schema.record.options import OptionRecord, ServiceRecord
from planner.schema.record.question import DigestRecord
from planner.schema.record.rack import TemperatureRecord, Verdict


class SpanRecord(TypedDict):
    """A 99th percentile over the band of the service latency; null is without end."""

    low: float | None
    mid: float | None
    high: float | None


class SizedStreamRecord(TypedDict):
    """One stream of a sized option."""

    name: str
    p99_s: SpanRecord
    p99_worst_s: float | None
    installations_broken: float | None
    slo_s: float
    slo_quantile: float
    verdict: Verdict


class SizedRunRecord(TypedDict):
    """What the simulated rack adds."""

    replications: int
    utilisation: float
    power_w: float
    energy_per_request_j: float | None
    throttled_share: float
    temperature_c: TemperatureRecord


class YearRecord(TypedDict):
    """One year of the horizon: its load, and the devices that carry it."""

    year: int
    requests_per_s: float
    count: int
    added: int
    racks: int
    power_w: float
    reasons: list[str]
    verdict: Verdict | None


class SpareRecord(TypedDict):
    """Spares on top of the count: the share of time that every promise holds, and the capital of all.

    `availability` is that share; `enough_up` is the share of time that as many as the count are up.
    """

    spares: int
    availability: float | None
    enough_up: float
    capital: float | None
    meets_target: bool


class ToMeasureRecord(TypedDict):
    """A network to measure on one unit: what it may change, and the commands on the part and here."""

    network: str
    device: str
    mode: str
    batch: int
    devices_open: float
    money_open: float | None
    currency: str
    first: list[str]
    on_the_part: list[str]
    bring_back: str
    here: list[str]
    note: str | None
    chance: float
    """That the count, the part or an open verdict changes."""
    worth: float | None
    """Chance times money: what the plan would move by on the average; null where a price is not known."""
    decides_verdict: bool
    power_on_the_part: list[str]
    power_here: list[str]
    service: str | None
    """How its service varies in a server, where that is a prior: what to log, and what to state."""


class StateRecord(TypedDict):
    """What a plan says of one part."""

    mode: str
    precision: str
    engine: str
    batch: int
    count: int
    spares: int
    verdict: Verdict
    p99_s: SpanRecord | None
    power_w: float
    temperature_c: float
    capital: float | None
    services: list[ServiceRecord]


class MovedRecord(TypedDict):
    """One part before a measurement entered the plan, and after; null where it is in one of the two alone."""

    device: str
    before: StateRecord | None
    after: StateRecord | None


class SizedOptionRecord(OptionRecord):
    """One option and what its simulated rack adds."""

    count_at_saturation: int | None
    """Null where sources are pinned."""
    count_for_service: int | None
    p99_s: SpanRecord | None
    p99_stream: str | None
    verdict: Literal["PASS", "FAIL", "UNDECIDED"]
    verdict_reason: str
    would_decide: list[str]
    to_measure: list[ToMeasureRecord]
    streams: list[SizedStreamRecord]
    simulated: SizedRunRecord | None
    growth: list[YearRecord]
    redundancy: list[SpareRecord]
    chain: ChainUsesRecord | None


class SizingRecord(TypedDict):
    """Every option with its verdict, best first, what cannot run at all, and what the answer rests on."""

    scenario: str
    question: str
    feasible: bool
    options: list[SizedOptionRecord]
    to_measure: list[ToMeasureRecord]
    """Over all parts, what is worth most first."""
    contradiction: str | None
    settings_considered: int
    refused: list[RefusalRecord]
    seed: int
    moved: NotRequired[list[MovedRecord]]
    """With --measured alone."""
    warnings: list[str]
    digests: list[DigestRecord]
