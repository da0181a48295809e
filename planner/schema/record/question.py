"""What was asked, of which networks, and what the answer rests on."""

from __future__ import annotations

from typing_extensions import TypedDict


class ToolRecord(TypedDict):
    """What computed the record."""

    name: str
    version: str
    packages: dict[str, str]


class ScenarioRecord(TypedDict):
    """The question that was asked, and where it is written down."""

    id: str
    title: str
    question: str
    date: str
    file: str
    sha256: str | None
    notes: list[str]


class StreamRecord(TypedDict):
    """`count` sources of requests that are alike."""

    name: str
    count: int
    model: str
    arrivals: str
    rate_per_s: float
    jitter_s: float | None
    slo_s: float | None
    slo_quantile: float | None


class UnresolvedRecord(TypedDict):
    """An operator that could not be costed."""

    name: str
    op_type: str
    reason: str


class NetworkRecord(TypedDict):
    """Counts of one network."""

    model: str
    macs: float
    flops: float
    parameters: float
    weight_bytes: float
    activation_bytes: float | None
    peak_activation_bytes: float | None
    operators: int
    kernels: int | None
    unresolved: list[UnresolvedRecord]
    assumptions: list[str]
    sha256: str | None


class AssumptionRecord(TypedDict):
    """Something taken for granted."""

    topic: str
    text: str
    status: str


class ValueRecord(TypedDict):
    """One number of the database that the study rests on."""

    path: str
    value: str
    status: str
    source: str | None
    note: str | None


class SourceRecord(TypedDict):
    """A document that numbers come from."""

    id: str
    title: str
    url: str | None
    revision: str | None
    date: str | None


class DigestRecord(TypedDict):
    """The fingerprint of one input."""

    what: str
    sha256: str


class FormulaRecord(TypedDict):
    """One formula that the study rests on: equation as text, who says so, and where it stops holding."""

    key: str
    title: str
    equation: str
    source: str
    limits: str
