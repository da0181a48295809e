"""Groups of numbers of a part, and the whole part: what `planner devices show` writes."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from planner.schema.record.hardware.device_video import DeviceVideoRecord
from planner.schema.record.hardware.devices import (
    ContradictionRecord,
    DevicePriceRecord,
    DocumentRecord,
    LabelRecord,
    OriginRecord,
    UnitRecord,
    WeakestRecord,
    YearOrigins,
)


class MemoryOrigins(TypedDict):
    """Origins of the memory's numbers; those by mode have one a mode."""

    capacity_bytes: OriginRecord
    reserved_bytes: NotRequired[OriginRecord]
    bandwidth_bytes_per_s: dict[str, OriginRecord]
    ceilings_bytes_per_s: dict[str, OriginRecord]
    width_bits: NotRequired[OriginRecord]
    clocks_hz: dict[str, OriginRecord]
    transfers_per_clock: NotRequired[OriginRecord]


class DeviceMemoryRecord(WeakestRecord):
    """The memory that the units compute from."""

    capacity_bytes: float
    shared: bool
    reserved_bytes: float | None
    bandwidth_bytes_per_s: dict[str, float]
    ceilings_bytes_per_s: dict[str, float]
    on_chip: bool
    technology: str | None
    width_bits: int | None
    clocks_hz: dict[str, float]
    transfers_per_clock: int | None
    provenance: MemoryOrigins


class ModeOrigins(TypedDict):
    """Origins of a mode's numbers."""

    power_limit_w: OriginRecord
    idle_w: OriginRecord


class ModeRecord(WeakestRecord):
    """A power mode."""

    id: str
    default: bool
    vendor_name: str | None
    power_limit_w: float
    idle_w: float
    provenance: ModeOrigins


class LeakageOrigins(TypedDict):
    """Origins of the leakage's numbers."""

    reference_w: OriginRecord
    at_c: OriginRecord
    doubles_over_k: OriginRecord


class JunctionLeakageRecord(WeakestRecord):
    """Power on top of idle that grows with the junction's temperature."""

    reference_w: float
    at_c: float
    doubles_over_k: float
    provenance: LeakageOrigins


class StoreOrigins(TypedDict):
    """Origins of a store's numbers."""

    heat_capacity_j_per_k: OriginRecord
    resistance_k_per_w: OriginRecord


class HeatStoreRecord(WeakestRecord):
    """One store of heat, and the resistance to the next outwards."""

    heat_capacity_j_per_k: float
    resistance_k_per_w: float
    provenance: StoreOrigins


class FanOrigins(TypedDict):
    """Origins of the fan's numbers; lists have one an entry."""

    trips_c: NotRequired[list[OriginRecord]]
    speeds_ratio: list[OriginRecord]
    hysteresis_k: OriginRecord
    rated_w: OriginRecord
    fixed_ratio: NotRequired[OriginRecord]


class OwnFanRecord(WeakestRecord):
    """The part's own fan."""

    trips_c: list[float]
    speeds_ratio: list[float]
    hysteresis_k: float
    rated_w: float
    fixed_ratio: float | None
    provenance: FanOrigins


class RangeOrigins(TypedDict):
    """Origins of a resistance's range."""

    low_k_per_w: OriginRecord
    high_k_per_w: OriginRecord


class ResistanceRangeRecord(WeakestRecord):
    """What a resistance was at least and at most."""

    low_k_per_w: float
    high_k_per_w: float
    provenance: RangeOrigins


class CoolerOrigins(TypedDict):
    """Origins of a cooler's numbers."""

    resistance_k_per_w: OriginRecord
    heat_capacity_j_per_k: OriginRecord
    price_money: NotRequired[OriginRecord]


class CoolerRecord(WeakestRecord):
    """One cooler that the part is used with; `status` and `source` are those of the resistance."""

    id: str
    kind: str
    name: str | None
    resistance_k_per_w: float
    heat_capacity_j_per_k: float
    range: ResistanceRangeRecord | None
    boundary: str | None
    stores: list[HeatStoreRecord]
    fan: OwnFanRecord | None
    price_money: MoneyAmountRecord | None
    provenance: CoolerOrigins


class MoneyAmountRecord(OriginRecord):
    """An amount in its currency, and where it comes from."""

    amount: float
    currency: str


class CapOrigins(TypedDict):
    """Origins of a cap's numbers."""

    at_c: OriginRecord
    clock_ratio: OriginRecord


class ClockCapRecord(WeakestRecord):
    """A temperature from which on the clock is at most so much."""

    at_c: float
    clock_ratio: float
    provenance: CapOrigins


class ThermalOrigins(TypedDict):
    """Origins of the heat path's numbers."""

    resistance_k_per_w: OriginRecord
    heat_capacity_j_per_k: OriginRecord
    throttle_c: OriginRecord
    shutdown_c: OriginRecord
    hysteresis_k: OriginRecord
    throttled_clock_ratio: OriginRecord
    clock_steps_ratio: NotRequired[list[OriginRecord]]
    power_cap_w: NotRequired[OriginRecord]


class ThermalRecord(WeakestRecord):
    """The way of heat from the junction to the inlet air, and the trips."""

    resistance_k_per_w: float
    heat_capacity_j_per_k: float
    throttle_c: float
    shutdown_c: float
    hysteresis_k: float
    throttled_clock_ratio: float
    clock_steps_ratio: list[float]
    caps: list[ClockCapRecord]
    leakage: JunctionLeakageRecord | None
    stores: list[HeatStoreRecord]
    fan: OwnFanRecord | None
    power_cap_w: float | None
    cooler: str
    """The default one, whose numbers these are."""
    coolers: list[CoolerRecord]
    provenance: ThermalOrigins


class HostLinkOrigins(TypedDict):
    """Origin of the host link's rate."""

    bandwidth_bytes_per_s: OriginRecord


class HostLinkRecord(WeakestRecord):
    """How a card is attached to its host."""

    technology: str
    bandwidth_bytes_per_s: float
    provenance: HostLinkOrigins


class SizeOrigins(TypedDict):
    """Origins of the dimensions."""

    length_m: OriginRecord
    width_m: OriginRecord
    height_m: NotRequired[OriginRecord]


class SizeRecord(WeakestRecord):
    """Outer dimensions."""

    length_m: float
    width_m: float
    height_m: float | None
    includes: str
    provenance: SizeOrigins


class DeviceRecord(WeakestRecord):
    """One part, each group of numbers with the weakest origin and the origin of each number."""

    id: str
    name: str
    vendor: str
    year: int
    form: str
    architecture: str
    provenance: YearOrigins
    units: list[UnitRecord]
    memory: DeviceMemoryRecord
    modes: list[ModeRecord]
    thermal: ThermalRecord
    host_link: HostLinkRecord | None
    links: list[str]
    """Ids of the links that it can have to a host, the delivered one first."""
    video: DeviceVideoRecord | None
    size: SizeRecord | None
    price: DevicePriceRecord | None
    label: LabelRecord | None
    label_note: str | None
    contradictions: list[ContradictionRecord]
    sources: list[DocumentRecord]


class ShownDeviceRecord(DeviceRecord):
    """A part, the folder that it comes from, and notes on parts of one's own."""

    origin: Literal["shipped", "own", "override"]
    notes: list[str]
