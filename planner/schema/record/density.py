"""The rack as it fills: what `planner density` writes."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from planner.schema.record.options import CoolerInUseRecord, ServiceRecord


class DensityRowRecord(TypedDict):
    """The settled rack with so many devices, each with the load that it has in the plan."""

    devices: int
    inlet_c: float
    device_c: float
    power_per_device_w: float
    throttled_share: float
    throughput_per_s: float
    temperature_rise_k: float
    off_share: float
    airflow_m3_per_s: float
    pue_chilled_water: float | None


class DensityLimitRecord(TypedDict):
    """The most devices with which nothing is wrong, and what is wrong with one more."""

    devices: int
    reason: str


class LimitWeightRecord(TypedDict):
    """One limit of the site: devices under it alone, the share used, devices with a tenth more of it."""

    name: str
    devices: int
    met: bool
    used: float
    devices_with_a_tenth_more: int


class BestDensityRecord(TypedDict):
    """The most devices that keep every limit, what they do, and which limit binds."""

    devices: int
    throughput_per_s: float
    power_w: float
    binds: str
    fullest: int
    fullest_throughput_per_s: float


class LiquidRecord(TypedDict):
    """The same rack with cold plates."""

    limit: DensityLimitRecord
    return_c: float
    device_c: float


class PublishedResidualRecord(TypedDict):
    """A published row against the curve."""

    devices: int
    rise_error_k: float
    power_error_w: float


class ReadingRecord(TypedDict):
    """What published rises may mean, with the numbers fitted to them."""

    name: str
    meaning: str
    numbers: dict[str, float]
    fitted: int
    residuals_k: list[float]


class LeakageRecord(TypedDict):
    """What published powers say of leakage at one assumed exponent."""

    per_k: float
    base_w: float
    reference_w: float
    worst_w: float
    low_w: float | None
    high_w: float | None


class JointReadingRecord(TypedDict):
    """An airflow and a power law fitted together."""

    fitted: int
    airflow: str
    power: str
    assumed: list[str]
    worst_k: float
    worst_w: float
    holds: bool


class DensityRecord(TypedDict):
    """The rack as it fills."""

    rows: list[DensityRowRecord]
    limit: DensityLimitRecord
    limits: list[LimitWeightRecord]
    best: BestDensityRecord | None
    liquid: LiquidRecord | None
    airflow: str
    published: list[PublishedResidualRecord]
    readings: list[ReadingRecord]
    leakages: list[LeakageRecord]
    joint: list[JointReadingRecord]
    remarks: list[str]
    cooler: NotRequired[CoolerInUseRecord | None]
    """Null of a device given by numbers."""
    services: NotRequired[list[ServiceRecord]]
    """What each device of the rack serves with; none of a device given by numbers."""
