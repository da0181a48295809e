"""A cooler fitted to a log: what `planner import ... --thermal` writes."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict


class FittedRecord(TypedDict):
    """A number and its interval of 90 %."""

    value: float
    low: float
    high: float


class FittedStoreRecord(TypedDict):
    """One store of heat and the resistance to the next outwards."""

    heat_capacity_j_per_k: float
    resistance_k_per_w: float


class FittedTimesRecord(TypedDict):
    """Time constants of the die against its sink, and of the sink against the air."""

    die: FittedRecord
    sink: FittedRecord


class FittedFanRecord(TypedDict):
    """Speeds that the log shows and the temperatures from which on each was taken."""

    trips_c: list[float]
    speeds_ratio: list[float]


class FittedCoolerRecord(TypedDict):
    """The cooler that a scenario can state."""

    resistance_k_per_w: FittedRecord
    stores: list[FittedStoreRecord]
    time_constants_s: FittedTimesRecord
    fan: FittedFanRecord | None
    status: Literal["measured", "assumed"]


class HeatFitRecord(TypedDict):
    """A log, the cooler that follows it best, and how far it is off it."""

    tool: str
    file: str
    ambient_c: float
    samples: int
    step_s: float
    rmse_k: float
    worst_k: float
    cooler: FittedCoolerRecord
    leakage_w_per_k: FittedRecord | None
    scenario_text: str
    notes: list[str]
