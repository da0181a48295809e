"""Predictions beside measurements of this machine: what `planner validate` writes."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.options import EndsRecord, ServiceRecord
from planner.schema.record.rack import Verdict


class AccuracyRecord(TypedDict):
    """Mean and 90th percentile of |predicted / measured - 1|, and the share within 10 %; null without any."""

    mape: float | None
    p90_error: float | None
    within_10_percent: float | None


class ValidationRowRecord(TypedDict):
    """One network: predicted with its band, measured, and by the roofline and its own kernels."""

    model: str
    predicted_s: float
    low_s: float
    high_s: float
    measured_s: float
    error: float
    roofline_s: float | None
    drift: float
    floor_error: float | None
    noise: str
    covered: bool


class KernelClassRecord(TypedDict):
    """One class of kernels over all networks, weighted by time."""

    op_class: str
    kernels: int
    share_of_time: float
    bias: float | None
    error: float | None


class WorstKernelRecord(TypedDict):
    """A kernel with one of the largest differences, and what it comes from."""

    model: str
    name: str
    op_class: str
    kind: str
    predicted_s: float
    measured_s: float
    cause: str


class NotRunRecord(TypedDict):
    """A network that could not be run, and why."""

    model: str
    reason: str


class ValidateRecord(AccuracyRecord):
    """All networks; `without_drift` divides the reference's movement out, `floor` takes measured kernels."""

    rows: list[ValidationRowRecord]
    coverage: float | None
    half_width: float | None
    spearman: float | None
    without_drift: AccuracyRecord
    roofline: AccuracyRecord
    floor: AccuracyRecord
    classes: list[KernelClassRecord]
    worst_kernels: list[WorstKernelRecord]
    refused: list[NotRunRecord]


class QuantileRecord(TypedDict):
    """A latency in seconds with its interval; null where there is none."""

    share: float
    value_s: float | None
    low_s: float | None
    high_s: float | None


class ServedStreamRecord(TypedDict):
    """One stream as it was served, or simulated: requests and drops of one run (the mean of several)."""

    name: str
    requests: int
    dropped: float
    latency: list[QuantileRecord]
    verdict: str
    right: bool | None
    """Whether the verdict agrees with what was measured; null for what was measured."""


class ServedSideRecord(TypedDict):
    """The server as it was, or as it was simulated."""

    side: str
    streams: list[ServedStreamRecord]
    utilisation: float
    throughput_per_s: float
    mean_batch: float


class ServiceFoundRecord(TypedDict):
    """One network at one batch size: its mean time in a benchmark loop and in service."""

    network: str
    batch: int
    loop_s: float
    served_s: float | None
    served: int


class NoiseRecord(TypedDict):
    """What an empty loop saw of the machine: shares of its time, and its longest turn."""

    lost: float
    spread: float
    longest_s: float
    noisy: bool


class ServiceProcessRecord(TypedDict):
    """How service times scattered: outliers not counted in `cv` and in the correlations."""

    cv: float
    next: float
    over_ten: float
    over_hundred: float
    outliers: float
    outlier_factor: float
    outlier_next: float
    outlier_cv: float
    """How outliers' sizes vary about their factor."""
    shared: float
    """The share of the variance of log service that all units of a device have in common."""


class ServeRecord(TypedDict):
    """`planner validate --serve`: a scenario served on this machine, and simulated."""

    scenario: str
    engine: str
    engine_version: str
    precision: str
    duration_s: float
    warmup_s: float
    seed: int
    noise: NoiseRecord
    services: list[ServiceFoundRecord]
    serving_factor: float
    neighbours: float | None
    together: float | None
    """Correlation of log service of batches that are in two units at once; null with one unit."""
    variation: ServiceProcessRecord | None
    sides: list[ServedSideRecord]
    warnings: list[str]


class FieldRowRecord(TypedDict):
    """One quantity of a plan in the field; of temperatures (unit c) the error is in kelvins, else a share."""

    quantity: str
    of: str
    unit: str
    planned: EndsRecord
    measured: EndsRecord
    error: float | None
    agrees: bool
    samples: int
    source: str


class FieldPromiseRecord(TypedDict):
    """The promise of one stream as planned and as kept."""

    stream: str
    planned: Verdict
    field: Verdict
    late_share: float


class FieldRecord(TypedDict):
    """A plan in the field: what `planner validate PLAN --log FILE` writes."""

    scenario: str
    device: str
    count: int
    services: list[ServiceRecord]
    rows: list[FieldRowRecord]
    promises: list[FieldPromiseRecord]
    agreeing: int
    warnings: list[str]
