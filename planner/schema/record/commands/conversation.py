"""Conversations with a language model: keys of `planner size`, `simulate`, `compare`, `cost` and `report`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from planner.schema.record.commands.language import ServingMemoryRecord
from planner.schema.record.options import BandRecord

ConversationVerdict = Literal["PASS", "FAIL", "UNDECIDED"]


class PromiseRecord(TypedDict):
    """A promise where the plan counts: what the quantile reaches, its interval over runs, and its band.

    Infinite times, of questions that were refused, are null; so is what nobody saw.
    """

    promise: Literal["ttft", "time_per_token", "answer"]
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
    turns: int
    refused: int
    preempted: int
    tokens: int
    ttft_s: TimesRecord
    time_per_token_s: TimesRecord
    answer_s: TimesRecord
    promises: list[PromiseRecord]


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
