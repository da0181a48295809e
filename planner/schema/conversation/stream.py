"""Streams of `kind: conversation`: who asks a language model, how much, how often, and what is promised."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from planner.schema.reading.quantity import Bytes, PerSecond, Ratio, Seconds, refuse
from planner.schema.reading.strict import StrictModel

Tokens = Annotated[int, Field(ge=1, le=10_000_000)]
Quantile = Annotated[Ratio, Field(gt=0, lt=1)]


class TokensAround(StrictModel):
    """Lognormal numbers of this mean and coefficient of variation."""

    mean: float = Field(ge=1, le=10_000_000)
    cv: float = Field(ge=0.001, le=10)


class TokensBetween(StrictModel):
    """All whole numbers between two ends alike."""

    low: Tokens
    high: Tokens

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise refuse("`low` of at most `high`", f"{self.low} and {self.high}")
        return self


class SecondsAround(StrictModel):
    """Times of a gamma distribution; exponential at a coefficient of variation of one."""

    mean_s: Annotated[Seconds, Field(gt=0)]
    cv: float = Field(ge=0.001, le=10)


def _form(value: object) -> str:
    """In brackets, as names of types are: messages leave these out of the path."""
    if isinstance(value, list):
        return "[list]"
    if isinstance(value, dict):
        return "[around]" if "mean" in value or "cv" in value else "[between]"
    return "[number]"


Count = Annotated[
    Annotated[Tokens, Tag("[number]")]
    | Annotated[TokensAround, Tag("[around]")]
    | Annotated[TokensBetween, Tag("[between]")]
    | Annotated[Annotated[list[Tokens], Field(min_length=1)], Tag("[list]")],
    Discriminator(_form),
]
"""A number, `{mean, cv}`, `{low, high}` or a list of values that are drawn alike."""
Think = Annotated[
    Annotated[Seconds, Tag("[number]")] | Annotated[SecondsAround, Tag("[around]")],
    Discriminator(lambda value: "[around]" if isinstance(value, dict) else "[number]"),
]


class ServiceLevel(StrictModel):
    """This share of answers keeps this time."""

    within_s: Annotated[Seconds, Field(gt=0)]
    quantile_ratio: Quantile = 0.95


class ConversationSlo(StrictModel):
    """What is promised of answers; one of the three or more."""

    ttft: ServiceLevel | None = None
    """From the question to the first token."""
    time_per_token: ServiceLevel | None = None
    """Of an answer: from its first token to its last, over the tokens between."""
    answer: ServiceLevel | None = None
    """From the question to the last token."""

    @model_validator(mode="after")
    def _promises_something(self) -> Self:
        if self.ttft is None and self.time_per_token is None and self.answer is None:
            raise refuse("`ttft`, `time_per_token` or `answer`", "none")
        return self


class Conversation(StrictModel):
    """A group of like sources that converse with one language model."""

    name: str = Field(min_length=1)
    kind: Literal["conversation"]
    count: int = Field(ge=1, le=100_000)
    model: str = Field(min_length=1)
    arrivals: Literal["users", "periodic", "poisson", "trace"] = "users"
    """`users` think, ask, read and think again; others begin conversations, answered or not."""
    rate_per_s: Annotated[PerSecond, Field(gt=0, le=1e4)] | None = None
    """Conversations that each source begins."""
    trace: str | None = None
    """A CSV file with time_s, prompt_tokens, output_tokens and, where turns belong together, conversation."""
    prompt: Count | None = None
    """Tokens of a question, without the conversation before it."""
    output: Count | None = None
    """Tokens of an answer."""
    turns: Count = 1
    """Questions of one conversation."""
    think: Think = 0.0
    """From an answer to the next question."""
    context: Tokens = 4096
    """Most tokens of a session; a question that would exceed it begins a new one."""
    prefix: Literal["kept", "read_again"] = "kept"
    """Whether what was said before stays in the cache while memory lasts."""
    slo: ConversationSlo

    @model_validator(mode="after")
    def _arrivals_are_whole(self) -> Self:
        wants_rate = self.arrivals in ("periodic", "poisson")
        if wants_rate != (self.rate_per_s is not None):
            expected = f"{'a' if wants_rate else 'no'} `rate` with {self.arrivals} arrivals"
            raise refuse(expected, "none" if self.rate_per_s is None else f"{self.rate_per_s:g} /s")
        traced = self.arrivals == "trace"
        if traced != (self.trace is not None):
            expected = f"{'a' if traced else 'no'} `trace` with {self.arrivals} arrivals"
            raise refuse(expected, self.trace or "none")
        given = [key for key in ("prompt", "output") if getattr(self, key) is not None]
        if traced and (given or self.turns != 1 or self.count != 1):
            expected = "`count: 1` and no `prompt`, `output` or `turns` beside a trace, which has them"
            raise refuse(expected, ", ".join(given) or f"count {self.count}, turns {self.turns}")
        if not traced and len(given) < 2:
            raise refuse("`prompt` and `output`, in tokens", ", ".join(given) or "neither")
        return self

    @model_validator(mode="after")
    def _fits_its_context(self) -> Self:
        least = sum(_least(item) for item in (self.prompt, self.output) if item is not None)
        if least > self.context:
            raise refuse(f"a `context` of {least:g} tokens or more, for question and answer", self.context)
        longest = max((_longest(item) for item in (self.prompt, self.output) if item is not None), default=0)
        if longest >= self.context:
            raise refuse(f"a `context` of more than {longest} tokens, the longest asked for", self.context)
        return self


def _least(given: object) -> float:
    """Tokens that a question or an answer has: the fewest, or the mean of what is drawn around one."""
    if isinstance(given, TokensAround):
        return given.mean
    if isinstance(given, TokensBetween):
        return given.low
    return min(given) if isinstance(given, list) else int(str(given))


def _longest(given: object) -> int:
    """The longest that is stated; what is drawn around a mean is cut at the context."""
    if isinstance(given, TokensAround):
        return 0
    if isinstance(given, TokensBetween):
        return given.high
    return max(given) if isinstance(given, list) else int(str(given))


class ServingSpec(StrictModel):
    """How each device serves the model; what is left out is what the engine does."""

    weights: str | None = None
    """The format of the weights, as the engine calls it."""
    engines: dict[str, str] = Field(default_factory=dict)
    """Engines by parts or patterns such as `jetson-*`; of others `candidates.engine`, or the usual one."""
    kv: str | None = None
    """The format of keys and values."""
    sessions: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Most sessions at a time."""
    cache_memory_bytes: Annotated[Bytes, Field(gt=0)] | None = None
    """Memory for keys and values; what weights and work space leave, unless given."""
    prompts: Literal["whole", "chunks"] | None = None
    """Whether a step reads a whole prompt and nobody decodes in it, or a chunk beside those who do."""
    chunk: Tokens | None = None
    """Prompt tokens of a step."""
    when_full: Literal["recompute", "refuse"] = "recompute"
    """What becomes of the session admitted last where the cache is full."""
    share: Literal["turns", "frames_first", "steps_first"] = "turns"
    """Who goes first where frames of other streams and steps wait for the same unit."""

    @model_validator(mode="after")
    def _chunk_of_chunks(self) -> Self:
        if self.prompts == "whole" and self.chunk is not None:
            raise refuse("no `chunk` with `prompts: whole`", self.chunk)
        return self


def require_one_model(streams: list[Conversation]) -> None:
    """Refuse streams of several models: a device has the weights of one in its memory."""
    models = sorted({stream.model for stream in streams})
    if len(models) > 1:
        expected = "one language model for all streams; devices that serve another are another scenario's"
        raise refuse(expected, ", ".join(models))
