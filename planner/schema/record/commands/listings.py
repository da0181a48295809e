"""Networks, published measurements and scenarios: what `zoo`, `measurements`, `scenarios list` write."""

from __future__ import annotations

from typing_extensions import TypedDict


class ZooNetworkRecord(TypedDict):
    """One network with the counts that others published."""

    name: str
    title: str
    task: str
    input: str
    parameters: int
    macs: float
    source: str


class ZooRecord(TypedDict):
    """All networks."""

    networks: list[ZooNetworkRecord]


class ShippedScenarioRecord(TypedDict):
    """One scenario that is shipped."""

    name: str
    title: str
    question: str
    file: str


class ShippedScenariosRecord(TypedDict):
    """All scenarios that are shipped."""

    scenarios: list[ShippedScenarioRecord]


class MeasurementRecord(TypedDict):
    """One published number; null where the publisher does not say."""

    id: str
    part: str
    published_part: str
    power_mode: str | None
    unit: str
    engine: str
    engine_version: str | None
    model: str
    published_model: str
    input_shape: str | None
    precision: str | None
    precision_inferred: bool
    batch: int | None
    streams_threads: int | None
    cluster: str | None
    metric: str
    statistic: str
    value: float
    source: str
    note: str | None
    trust: str
    corrections: list[str]
    value_si: float
    in_catalogue: bool
    in_zoo: bool


class CorrectionRecord(TypedDict):
    """What is done with rows that are known to mislead, on how many, and why; `set` is null where none is."""

    id: str
    action: str
    rows: int
    set: dict[str, str | int | float] | None
    why: str


class CorrectionsRecord(TypedDict):
    """All corrections."""

    corrections: list[CorrectionRecord]


class MeasurementsRecord(TypedDict):
    """Measurements that match; `matched` counts those beyond a limit too."""

    matched: int
    corrected: bool
    measurements: list[MeasurementRecord]
