"""Keys of `planner llm`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from planner.schema.record.options import BandRecord


class ServingMemoryRecord(TypedDict):
    """Bytes by what they are for."""

    weights: float
    kv: float
    workspace: float
    total: float
    capacity: float


class ServingRecord(TypedDict):
    """A language model for a number of users on one unit of one part."""

    model: str
    device: str
    unit: str
    mode: str
    engine: str
    weights: str
    kv: str
    users: int
    prompt_tokens: int
    context_tokens: int
    ttft_s: BandRecord
    time_per_token_s: BandRecord
    tokens_per_s_per_user: BandRecord
    tokens_per_s: BandRecord
    prompt_tokens_per_s: BandRecord
    memory_bytes: ServingMemoryRecord
    max_context_tokens: int
    max_users: int
    energy_per_token_j: BandRecord
    bound: Literal["compute", "memory", "overhead"]
    provenance: str
    warnings: list[str]


class ModelRecord(TypedDict):
    """Sizes of a language model; bytes are those of its file, null where only shapes are known.

    Caches are counted in 16 bits. `layers` and the widths below it are those of the decoder.
    """

    model: str
    source: str
    parameters: int
    layers: int
    hidden: int
    heads: int
    key_heads: int
    head_width: int
    feed_forward: int
    vocabulary: int
    context_tokens: int
    macs_per_token: int
    cache_bytes_per_token: float
    weights: str | None
    weight_bytes: int | None
    step_weight_bytes: int | None
    file_bytes: int | None
    encoder_parameters: int | None


class TokenRateRecord(TypedDict):
    """A published rate of a language model; null: the publisher does not say."""

    id: str
    part: str
    mode: str
    unit: str
    engine: str
    model: str
    weights: str
    users: int
    prompt_tokens: int | None
    context_tokens: int | None
    output_tokens: int | None
    prompt_tokens_per_s: float | None
    ttft_s: float | None
    tokens_per_s: float | None
    prompt_in_rate: bool
    left_out: str
    source: str
    date: str
    note: str


class ServingAnswers(TypedDict):
    """Several answers: one for each part and number of users."""

    answers: list[ServingRecord]


class TokenRatesRecord(TypedDict):
    """Published rates that match."""

    matched: int
    rates: list[TokenRateRecord]
