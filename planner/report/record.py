"""The one record that both the PDF and the data file are made from: its shape, its check, its bytes.

Keys follow the command contract: SI floats with the unit in the key. An absent value is `None` (null), never
zero. More keys than these are allowed and kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict, cast

from planner.errors import InputError
from planner.report.shape import problems_of

SCHEMA = 1


class Band(TypedDict):
    """Low, middle and high of one quantity; `level` is the coverage of the band where that is known."""

    low: float
    mid: float
    high: float
    level: NotRequired[float | None]


class Tool(TypedDict):
    """What computed the record."""

    name: str
    version: str
    packages: dict[str, str]


class Scenario(TypedDict):
    """The question that was asked, and where it is written down."""

    id: str
    title: str
    question: str
    date: str
    file: str
    sha256: str | None
    notes: list[str]


class Answer(TypedDict):
    """The result in words."""

    verdict: Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
    headline: str
    paragraph: str
    risks: list[str]


class Stream(TypedDict):
    """`count` sources of requests that are alike."""

    name: str
    count: int
    model: str
    arrivals: str
    rate_per_s: float
    jitter_s: float | None
    slo_s: float | None
    slo_quantile: float | None


class Unresolved(TypedDict):
    """An operator that could not be costed."""

    name: str
    op_type: str
    reason: str


class Network(TypedDict):
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
    unresolved: list[Unresolved]
    assumptions: list[str]
    sha256: str | None


class Option(TypedDict):
    """One way to serve the streams: a part in one mode, with the number of them that it takes."""

    device: str
    name: str
    unit: str
    mode: str | None
    engine: str | None
    precision: str
    batch: int
    count: int | None
    spares: int | None
    feasible: bool
    reasons: list[str]
    pareto: bool
    latency_s: Band | None
    planning_latency_s: Band | None
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


class Constraint(TypedDict):
    """A limit of the site and what the chosen option needs of it; `met` is `None` when nothing was chosen."""

    name: str
    limit: str
    value: str | None
    met: bool | None


class Ceiling(TypedDict):
    """A roof below the datasheet's: either operations or bytes per second."""

    name: str
    ops_per_s: float | None
    bytes_per_s: float | None
    source: str | None


class Kernel(TypedDict):
    """One kernel on one compute unit."""

    name: str
    op_types: list[str]
    op_class: str
    macs: float
    flops: float
    bytes: float
    latency_s: float
    share: float
    bound: Literal["compute", "memory", "overhead"]


class Roofline(TypedDict):
    """All kernels of one network on the chosen part, and the roofs above them."""

    model: str
    device: str
    unit: str
    mode: str | None
    precision: str
    peak_ops_per_s: float
    bandwidth_bytes_per_s: float
    ceilings: list[Ceiling]
    kernels: list[Kernel]


class Rung(TypedDict):
    """The chosen part at one precision and batch."""

    model: str
    device: str
    mode: str | None
    precision: str
    batch: int
    latency_s: Band | None
    throughput_per_s: float | None
    fits: bool


class Rival(TypedDict):
    """The best latency of one part."""

    device: str
    name: str
    mode: str | None
    precision: str
    batch: int
    latency_s: Band
    planning_latency_s: Band | None
    slo_s: float | None


class StreamLatency(TypedDict):
    """Simulated latency of one stream, with the interval of its 99th percentile over replications."""

    mean: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    p99_low: float | None
    p99_high: float | None


class StreamResult(TypedDict):
    """What became of one stream's requests."""

    name: str
    requests: int
    served: int
    dropped: int
    latency_s: StreamLatency
    slo_s: float | None
    verdict: str


class Temperature(TypedDict):
    """Mean and maximum over devices and time."""

    mean: float | None
    max: float | None


class RackDevices(TypedDict):
    """Averages over the devices of the rack."""

    utilisation: float | None
    throttled_share: float | None
    temperature_c: Temperature


class Series(TypedDict):
    """The rack over time, one value per instant."""

    time_s: list[float]
    queue: list[float | None]
    power_w: list[float | None]
    temperature_mean_c: list[float | None]
    temperature_max_c: list[float | None]
    inlet_c: list[float | None]


class Histogram(TypedDict):
    """Latencies of one stream: one more edge than counts."""

    stream: str
    edges_s: list[float]
    counts: list[float]


class Rack(TypedDict):
    """The simulated rack."""

    count: int
    dispatch: str
    replications: int
    duration_s: float
    warmup_s: float
    seed: int
    streams: list[StreamResult]
    devices: RackDevices
    throttle_c: float | None
    power_w: float | None
    energy_j: float | None
    energy_per_request_j: float | None
    inlet_c: float | None
    invariants: dict[str, float | None]
    series: Series
    latency_histogram: list[Histogram]


class Assumption(TypedDict):
    """Something taken for granted."""

    topic: str
    text: str
    status: str


class Value(TypedDict):
    """One number of the database that the study rests on."""

    path: str
    value: str
    status: str
    source: str | None
    note: str | None


class Source(TypedDict):
    """A document that numbers come from."""

    id: str
    title: str
    url: str | None
    revision: str | None
    date: str | None


class Digest(TypedDict):
    """The fingerprint of one input."""

    what: str
    sha256: str


class Study(TypedDict):
    """The whole record."""

    schema: int
    tool: Tool
    scenario: Scenario
    answer: Answer
    streams: list[Stream]
    networks: list[Network]
    options: list[Option]
    chosen: Option | None
    constraints: list[Constraint]
    roofline: list[Roofline]
    ladder: list[Rung]
    rivals: list[Rival]
    rack: Rack | None
    assumptions: list[Assumption]
    figures: list[Value]
    sources: list[Source]
    warnings: list[str]
    digests: list[Digest]


def read_study(record: Mapping[str, object]) -> Study:
    """The record as a `Study`, once every key and type is as the shape says.

    Raises `InputError` with all that is missing or of another type.
    """
    found = tuple(problems_of(record, Study, "record"))
    if found:
        raise InputError("study record", found)
    return cast("Study", record)


def canonical_json(record: Mapping[str, object]) -> bytes:
    """UTF-8 JSON of the record in its own key order, floats as their shortest exact text, newline at the end.

    Raises `InputError` where a number is not finite, because JSON has no such number.
    """
    found = tuple(problems_of(record, dict[str, object], "record"))
    if found:
        raise InputError("study record", found)
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
