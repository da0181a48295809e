"""The answer in words, the options behind it and the limits of the site."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class BandRecord(TypedDict):
    """Low, middle and high of one quantity; `level` is the coverage of the band where that is known."""

    low: float
    mid: float
    high: float
    level: NotRequired[float | None]


class EndsRecord(TypedDict):
    """Low, middle and high of a quantity, without a stated probability; null is without end."""

    low: float | None
    mid: float | None
    high: float | None


class OptionalBandRecord(TypedDict):
    """A band, or null in each of its places where a network does not fit."""

    low: float | None
    mid: float | None
    high: float | None
    level: float | None


class OtherUnitRecord(TypedDict):
    """A unit of the part that was compared and not taken; null for one that cannot run the network."""

    unit: str
    kind: str
    count: int
    engine: str
    precision: str | None
    provenance: str | None
    latency_s: OptionalBandRecord
    planning_latency_s: OptionalBandRecord
    reason: str


class AnswerRecord(TypedDict):
    """The result in words."""

    verdict: Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
    headline: str
    paragraph: str
    risks: list[str]


class WeakestInputRecord(TypedDict):
    """The input of a limit that is known worst, by its place in the scenario or in the part's file."""

    name: str
    low: float
    mid: float
    high: float
    unit: str
    provenance: str
    source: str


class MarginRecord(TypedDict):
    """One limit: what is needed of it, what is left, what was asked, and whether the verdict turns."""

    name: str
    unit: str
    value: float
    limit: float
    margin: float
    margin_asked: float
    margin_at_best: float
    margin_at_worst: float
    probability: NotRequired[float | None]
    """That the limit is broken, over the range of the weakest input."""
    verdict: Literal["PASS", "FAIL", "UNDECIDED"]
    turns: bool
    weakest: WeakestInputRecord | None


class HostRecord(TypedDict):
    """The computer of the database that a part sits in: how many, what each is, and the link between."""

    id: str
    name: str
    chosen: Literal["named", "default"]
    count: int
    parts_each: int
    price: float
    currency: str
    price_date: str
    power_w: float
    rack_units: float
    link: str
    link_bytes_per_s: float
    status: str
    source: str


class CoolerInUseRecord(TypedDict):
    """The cooler that a plan counts on: its resistance with the range of 90 %, and where that comes from."""

    id: str
    kind: str
    name: str | None
    resistance_k_per_w: float
    low_k_per_w: float
    high_k_per_w: float
    boundary: str | None
    fan: bool
    status: str
    source: str


class ServiceRecord(TypedDict):
    """How long a device takes for batches of one network: as planned with, and the band it comes from."""

    network: str
    provenance: str
    latency_s: BandRecord
    batch_s: list[float]


class OptionRecord(TypedDict):
    """One way to serve the streams: a part in one mode, with the number of them that it takes."""

    device: str
    name: str
    unit: str
    units: NotRequired[int]
    """How many of the unit serve side by side in one device."""
    other_units: NotRequired[list[OtherUnitRecord]]
    services: NotRequired[list[ServiceRecord]]
    """One entry a network of the scenario."""
    mode: str | None
    engine: str | None
    precision: str
    batch: int
    count: int | None
    spares: int | None
    feasible: bool
    reasons: list[str]
    pareto: bool
    latency_s: BandRecord | None
    planning_latency_s: BandRecord | None
    throughput_per_s: float | None
    utilisation: float | None
    power_per_device_w: float | None
    power_w: float | None
    temperature_c: float | None
    capital: float | None
    running_cost_per_year: float | None
    total_cost: float | None
    currency: str
    offered_utilisation: float
    latency_provenance: str
    provenance: str
    racks: int
    slowest_model: str
    planned_for: str
    worst_power_w: float | None
    inlet_c: float | None
    exhaust_c: NotRequired[float]
    margins: NotRequired[list[MarginRecord]]
    cooler: NotRequired[CoolerInUseRecord]
    throttle_probability: NotRequired[float | None]
    host: NotRequired[HostRecord | None]


class ChoiceRecord(TypedDict):
    """One of up to three choices; `load_factor` is how often its devices could carry the load that is asked.

    `verdict` is that of its simulated rack, null where it was sized in closed form alone.
    """

    level: Literal["good", "better", "best"]
    device: str
    name: str
    unit: str
    mode: str
    engine: str
    precision: str
    batch: int
    count: int
    spares: int
    load_factor: float
    power_w: float
    capital: float | None
    total_cost: float | None
    currency: str
    verdict: Literal["PASS", "FAIL", "UNDECIDED"] | None


class ChoicesRecord(TypedDict):
    """The choices, and how much was compared for them: parts, settings, and parts that were simulated."""

    parts: int
    settings: int
    simulated: int
    lines: list[ChoiceRecord]


class TrialRecord(TypedDict):
    """One rack that was simulated on the way to the chosen one."""

    device: str
    mode: str
    count: int
    verdict: Literal["PASS", "FAIL", "UNDECIDED"]


class ConstraintRecord(TypedDict):
    """A limit of the site and what the chosen option needs of it; `met` is `None` when nothing was chosen."""

    name: str
    limit: str
    value: str | None
    met: bool | None
    left: NotRequired[str]
    rests_on: NotRequired[str]
    nearest: NotRequired[bool]
    """Whether it is among the limits that are not met or open, and those that come nearest."""
