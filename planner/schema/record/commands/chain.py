"""Chains of steps on a part: what `planner chain` writes, and what an option of a plan has of it."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.options import EndsRecord


class StepShareRecord(TypedDict):
    """What one step has of a unit's time."""

    step: str
    busy_share: float


class ChainUnitRecord(TypedDict):
    """One unit of each device: how busy it is, and the frames a second of all streams at which it is full."""

    unit: str
    role: str
    name: str
    servers: int
    busy_share: EndsRecord
    limit_per_s: EndsRecord
    steps: list[StepShareRecord]
    provenance: str


class ChainStepRecord(TypedDict):
    """One visit on the way to the answer: its step, its unit and its time alone."""

    step: str
    unit: str
    time_s: EndsRecord


class ChainStreamRecord(TypedDict):
    """Latency from a frame to its answer: alone, with many objects, and with the mean waits of the load."""

    stream: str
    latency_s: EndsRecord
    crowded_latency_s: EndsRecord
    loaded_latency_s: EndsRecord | None
    slo_s: float
    steps: list[ChainStepRecord]


class GapRecord(TypedDict):
    """A step that nothing around the part does."""

    where: str
    reason: str


class ChainUsesRecord(TypedDict):
    """Every unit, the busiest first; `gain` is what more of the binding one is worth until the next binds."""

    devices: int
    binding: str
    binding_role: str
    gain: float | None
    next_binding: str | None
    advice: str
    convert: str
    units: list[ChainUnitRecord]
    streams: list[ChainStreamRecord]
    gaps: list[GapRecord]
    notes: list[str]


class SimulatedStreamRecord(TypedDict):
    """The promised quantile over time at the three ends of times; null where a unit cannot keep up."""

    stream: str
    quantile: float
    latency_s: EndsRecord
    kept_share: float | None
    dropped: int | None


class SimulatedChainsRecord(TypedDict):
    """One device over time."""

    duration_s: float
    seed: int
    frames: int
    streams: list[SimulatedStreamRecord]


class ChainAnswerRecord(ChainUsesRecord):
    """One part in one setting."""

    device: str
    mode: str
    unit: str
    engine: str
    precision: str
    batch: int
    feasible: bool
    cameras: int
    cameras_carried: EndsRecord
    frames_per_s: float
    limit_per_s: EndsRecord
    provenance: str
    simulated: SimulatedChainsRecord | None


class RefusedPartRecord(TypedDict):
    """A part that does not run the networks."""

    device: str
    reason: str


class ChainRecord(TypedDict):
    """Every part asked about, the one that carries most first."""

    scenario: str
    answers: list[ChainAnswerRecord]
    refused: list[RefusedPartRecord]


class MeasuredStepRecord(TypedDict):
    """A step on one core: processor time alone and within the chain, and how often a frame takes it."""

    step: str
    alone_s: float
    within_s: float | None
    per_frame: float


class MeasuredChainRecord(TypedDict):
    """A chain on one core of this machine: processor time of a frame that the camera sends."""

    scenario: str
    stream: str
    cpu: str
    frames: int
    frame_s: float
    predicted_s: float
    error: float
    steps: list[MeasuredStepRecord]
    left_out: list[str]
