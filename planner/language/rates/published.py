"""Published token rates: the rows of `hardware_db/language/rates.csv` as typed values."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass

from planner.data_files import database_dir


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """One row; what nobody stated is None, and `left_out` is the reason why no fit uses it."""

    id: str
    part: str
    mode: str
    unit: str
    engine: str
    published_model: str
    model: str
    weights: str
    prompt_tokens: int | None
    context_tokens: int | None
    output_tokens: int | None
    users: int
    threads: int | None
    prompt_tokens_per_s: float | None
    ttft_s: float | None
    tokens_per_s: float | None
    prompt_in_rate: bool
    """Whether the time of the prompts is in the rate of tokens."""
    power_w: float | None
    left_out: str
    source: str
    date: str
    note: str


@functools.cache
def published_rates() -> tuple[PublishedRate, ...]:
    """All rows, in the order of the file."""
    with (database_dir() / "language" / "rates.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_row(values) for values in csv.DictReader(file))


def _row(values: dict[str, str]) -> PublishedRate:
    def number(name: str) -> float | None:
        return float(values[name]) if values[name] else None

    def whole(name: str) -> int | None:
        return int(float(values[name])) if values[name] else None

    ttft_ms = number("ttft_ms")
    return PublishedRate(
        id=values["id"], part=values["part"], mode=values["mode"], unit=values["unit"],
        engine=values["engine"],
        published_model=values["model_as_published"], model=values["model"], weights=values["weights"],
        prompt_tokens=whole("prompt_tokens"), context_tokens=whole("context_tokens"),
        output_tokens=whole("output_tokens"), users=whole("users") or 1, threads=whole("threads"),
        prompt_tokens_per_s=number("prompt_tokens_per_s"), ttft_s=None if ttft_ms is None else ttft_ms / 1e3,
        tokens_per_s=number("tokens_per_s"), prompt_in_rate=values["prompt_in_rate"] == "yes",
        power_w=number("power_w"), left_out=values["left_out"], source=values["source"], date=values["date"],
        note=values["note"],
    )  # fmt: skip
