"""Schema of a file of token rates that a user measured: what `planner llm --anchor FILE` reads."""

from __future__ import annotations

from pydantic import Field

from planner.schema.reading.quantity import PerSecond, Seconds
from planner.schema.reading.strict import StrictModel


class TokenAnchor(StrictModel):
    """One measured rate: tokens of all users together, prompt tokens, or the time to the first token."""

    device: str
    unit: str
    engine: str
    model: str
    """A file, or `zoo:NAME`."""
    weights: str
    mode: str | None = None
    threads: int | None = Field(default=None, ge=1)
    users: int = Field(default=1, ge=1)
    prompt_tokens: int | None = Field(default=None, ge=1)
    context_tokens: int | None = Field(default=None, ge=0)
    rate_per_s: PerSecond | None = None
    prompt_rate_per_s: PerSecond | None = None
    ttft_s: Seconds | None = None


class TokenAnchors(StrictModel):
    """All rates of a file."""

    measurements: list[TokenAnchor] = Field(min_length=1)
