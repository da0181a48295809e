"""Keys of `planner measure`, `calibrate` and `validate` with `--engine llama.cpp`."""

from __future__ import annotations

from typing_extensions import TypedDict

from planner.schema.record.commands.validate import NotRunRecord


class TimedPassRecord(TypedDict):
    """A step with so many tokens in the cache, or a prompt of so many tokens."""

    kind: str
    threads: int
    tokens: int
    median_s: float
    p10_s: float
    p90_s: float
    runs: int
    tokens_per_s: float
    verdict: str


class LlamaRunRecord(TypedDict):
    """One model; without passes `reason` says why."""

    model: str
    engine: str
    engine_version: str
    cpu: str
    weights: str
    weight_bytes: int
    load_s: float | None
    passes: list[TimedPassRecord]
    reason: str | None


class LlamaMeasureRecord(TypedDict):
    """All models that were asked for."""

    measurements: list[LlamaRunRecord]


class LeftOutRecord(TypedDict):
    """Errors of probes whose architecture and format were left out of the fit."""

    threads: int
    kind: str
    known_types: bool
    rows: int
    mape: float
    low: float
    high: float


class LlamaCalibrateRecord(TypedDict):
    """What `planner calibrate` has found and written."""

    engine: str
    engine_version: str
    cpu: str
    threads: list[int]
    probes: int
    rejected: int
    reference_spread: float
    errors: list[LeftOutRecord]
    written: list[str]


class LlamaRowRecord(TypedDict):
    """One pass: predicted with its band, and measured."""

    model: str
    weights: str
    kind: str
    threads: int
    tokens: int
    predicted_s: float
    low_s: float
    high_s: float
    measured_s: float
    error: float
    covered: bool
    known_types: bool
    drift: float


class LlamaAccuracyRecord(TypedDict):
    """Errors of steps or prompts; `known_types` null: of all of them."""

    kind: str
    known_types: bool | None
    rows: int
    mape: float
    p90_error: float
    bias: float
    coverage: float
    half_width: float


class LlamaValidateRecord(TypedDict):
    """Predictions beside measurements; passes that others disturbed are counted and not judged."""

    engine: str
    rows: list[LlamaRowRecord]
    scores: list[LlamaAccuracyRecord]
    disturbed: int
    refused: list[NotRunRecord]
