"""Conversations with a language model: keys of `planner size`, `simulate`, `compare`, `cost` and `report`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from planner.schema.record.commands.language import ServingMemoryRecord
from planner.schema.record.money import PurchaseLineRecord, SpendingRecord
from planner.schema.record.options import BandRecord, ConstraintRecord, MarginRecord
from planner.schema.record.question import (
    AssumptionRecord,
    DigestRecord,
    ScenarioRecord,
    SourceRecord,
    ToolRecord,
    ValueRecord,
)
from planner.schema.record.sizing import ToMeasureRecord

ConversationVerdict = Literal["PASS", "FAIL", "UNDECIDED"]


class PromiseRecord(TypedDict):
    """A promise where the plan counts: what the quantile reaches, its interval over runs, and its band.

    Infinite times, of questions that were refused, are null; so is what nobody saw.
    """

    promise: Literal["ttft", "time_per_token", "answer", "frame"]
    quantile: float
    within_s: float
    reached_s: float | None
    interval_low_s: float | None
    interval_high_s: float | None
    band_low_s: float | None
    band_mid_s: float | None
    band_high_s: float | None
    verdict: ConversationVerdict


class TimesRecord(TypedDict):
    """Quantiles of a time, where the plan counts."""

    p50: float | None
    p95: float | None
    p99: float | None


class TalkRecord(TypedDict):
    """A stream of conversations over all runs, where the plan counts."""

    stream: str
    users: int
    arrivals: Literal["users", "periodic", "poisson", "trace"]
    prompt_tokens: float
    """Mean of a question; so are the three below of answers, turns of a conversation and pauses."""
    output_tokens: float
    turns_mean: float
    think_s: float
    context_tokens: int
    prefix_kept: bool
    turns: int
    refused: int
    preempted: int
    tokens: int
    ttft_s: TimesRecord
    time_per_token_s: TimesRecord
    answer_s: TimesRecord
    promises: list[PromiseRecord]


class FramesRecord(TypedDict):
    """A stream of frames on the same unit, over all runs, where the plan counts."""

    stream: str
    model: str
    precision: str
    engine: str
    sources: int
    rate_per_s: float
    frames: int
    dropped: int
    service_s: BandRecord
    """Of a frame alone, as planned."""
    latency_s: TimesRecord
    promise: PromiseRecord


class HeatSeenRecord(TypedDict):
    """What epochs of one second saw after the warm-up, at the hottest moment."""

    runs: int
    temperature_c: float
    inlet_c: float
    exhaust_c: float
    throttled_share: float
    least_clock_ratio: float
    power_per_device_w: float
    shut_down: bool


class ConversationOptionRecord(TypedDict):
    """A part in a mode that serves; null where nothing was simulated for want of memory."""

    device: str
    name: str
    unit: str
    mode: str
    engine: str
    weights: str
    kv: str
    count: int
    spares: int
    racks: int
    verdict: ConversationVerdict
    feasible: bool
    reasons: list[str]
    warnings: list[str]
    sessions: int
    cache_capacity_bytes: float
    cache_block_tokens: int
    chunk_tokens: int | None
    streams: list[TalkRecord]
    tokens_per_s: BandRecord | None
    prompt_tokens_per_s: float | None
    busy: float | None
    most_sessions: int | None
    most_cache_bytes: float | None
    frames: list[FramesRecord]
    frames_busy: float | None
    """Share of time that a frame is served, beside `busy` of steps."""
    frames_memory_bytes: float | None
    """Of the networks of frames, which the memory above lacks."""
    unit_share: Literal["turns", "frames_first", "steps_first"]
    heat: HeatSeenRecord | None
    margins: list[MarginRecord]
    power_w: float | None
    worst_power_w: float | None
    temperature_c: float | None
    always_busy_c: float | None
    energy_per_token_j: float | None
    capital: float | None
    running_cost_per_year: float | None
    total_cost: float | None
    cost_per_million_tokens: float | None
    currency: str
    latency_provenance: str
    provenance: str
    """The weakest of times, power and heat."""


class UsersPointRecord(TypedDict):
    """One device with so many users who ask without a pause."""

    users: int
    tokens_per_s: BandRecord
    tokens_per_s_per_user: BandRecord
    ttft_s: BandRecord
    energy_per_token_j: BandRecord


class ContextPointRecord(TypedDict):
    """Memory of so many sessions of one length."""

    context_tokens: int
    sessions: int
    memory_bytes: ServingMemoryRecord
    sessions_that_fit: int


class ConversationRefusalRecord(TypedDict):
    """A part that cannot serve the model, and why."""

    device: str
    mode: str
    reason: str


class ConversationBasisRecord(TypedDict):
    """What an answer rests on; the same records as those of a study of frames."""

    tool: ToolRecord
    scenario: ScenarioRecord
    risks: list[str]
    constraints: list[ConstraintRecord]
    purchase: list[PurchaseLineRecord]
    spending: SpendingRecord
    carbon_kg: float | None
    """Of the energy over the horizon; null where the scenario states no intensity."""
    to_measure: list[ToMeasureRecord]
    assumptions: list[AssumptionRecord]
    figures: list[ValueRecord]
    sources: list[SourceRecord]
    digests: list[DigestRecord]


class ConversationRecord(TypedDict):
    """A scenario of conversations answered; the best part first."""

    scenario: str
    title: str
    question: str
    date: str
    model: str
    plan_for: Literal["typical", "cautious"]
    verdict: Literal["PASS", "FAIL", "UNDECIDED", "INFEASIBLE"]
    feasible: bool
    simulator: str
    replications: int
    duration_s: float
    horizon_years: float
    chosen: str | None
    options: list[ConversationOptionRecord]
    settings: int
    refusals: list[ConversationRefusalRecord]
    users: list[UsersPointRecord]
    contexts: list[ContextPointRecord]
    notes: list[str]
    basis: ConversationBasisRecord | None
    """None where a command does not show it."""
