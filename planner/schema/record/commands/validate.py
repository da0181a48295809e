"""Predictions beside measurements of this machine: what `planner validate` writes."""

from __future__ import annotations

from typing_extensions import TypedDict


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
