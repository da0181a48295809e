"""Parts of the database: what `planner devices list` and `planner devices show` write."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.question import SourceRecord


class DeviceRowRecord(TypedDict):
    """One part in one power mode, with the dense peak of its best unit."""

    id: str
    name: str
    vendor: str
    year: int
    form: str
    kinds: list[str]
    mode: str
    precision: str
    peak_ops_per_s: float | None
    peak_unit: str | None
    int8_ops_per_s: float | None
    int8_unit: str | None
    fastest_mode: str
    fastest_int8_ops_per_s: float | None
    bandwidth_bytes_per_s: float
    memory_bytes: float
    power_limit_w: float
    price: str | None
    price_amount: float | None
    price_currency: str | None
    origin: NotRequired[Literal["shipped", "own", "override"]]


class DeviceListRecord(TypedDict):
    """Parts that match, and why others are not among them."""

    devices: list[DeviceRowRecord]
    remarks: list[str]
    own_parts: list[str]


class OriginRecord(TypedDict):
    """Where a number comes from."""

    source: str
    status: str
    confidence: NotRequired[str]
    formula: NotRequired[str]
    note: NotRequired[str]


class WeakestRecord(TypedDict):
    """Source and status of the weakest number of a group."""

    source: str
    status: str


class YearOrigins(TypedDict):
    """Origin of the year."""

    year: OriginRecord


class CountOrigins(TypedDict):
    """Origin of a count."""

    count: OriginRecord


class AmountOrigins(TypedDict):
    """Origin of an amount of money."""

    amount: OriginRecord


class PeakRecord(OriginRecord):
    """Operations per second of one instance of a unit."""

    precision: str
    ops_per_s: float
    mode: str
    sparse: bool


class ClockRecord(OriginRecord):
    """Clock of a unit in one mode."""

    mode: str
    hz: float


class ActiveRecord(OriginRecord):
    """Partitions of a unit that are powered in one mode."""

    mode: str
    count: int


class PerClockRecord(OriginRecord):
    """Dense operations of one partition in one clock."""

    precision: str
    operations: float


class UnitPartRecord(OriginRecord):
    """How many of something a unit is made of."""

    name: str
    count: float


class CacheRecord(OriginRecord):
    """One cache or local memory of a unit."""

    name: str
    bytes: float


class UnitRecord(WeakestRecord):
    """One kind of compute unit."""

    id: str
    kind: str
    name: str
    count: int
    provenance: CountOrigins
    engines: list[str]
    fallback: dict[str, str]
    peaks: list[PeakRecord]
    ceilings: list[PeakRecord]
    clocks: list[ClockRecord]
    active: list[ActiveRecord]
    ops_per_clock: list[PerClockRecord]
    parts: list[UnitPartRecord]
    caches: list[CacheRecord]
    remarks: str | None


class DevicePriceRecord(OriginRecord):
    """What one part costs."""

    amount: float
    currency: str
    date: str
    provenance: AmountOrigins


class LabelRecord(WeakestRecord):
    """The headline on the box and what it adds up."""

    headline_ops_per_s: float
    precision: str
    sparse: bool
    mode: str
    units: dict[str, int]
    sum_ops_per_s: float
    explained: str | None


class OtherValueRecord(TypedDict):
    """What another source says."""

    value: str
    source: str


class ContradictionRecord(TypedDict):
    """Two sources that disagree."""

    about: str
    used: str
    others: list[OtherValueRecord]
    why: str


class DocumentRecord(SourceRecord):
    """A document with its note."""

    note: str | None


class DatabaseProblemRecord(TypedDict):
    """One problem of one file; `line` is null where the file as a whole has it."""

    file: str
    line: int | None
    where: str
    expected: str
    got: str
    advice: str


class DatabaseCheckRecord(TypedDict):
    """What `planner devices check` found."""

    files: int
    numbers: int
    problems: list[DatabaseProblemRecord]
