"""Imported rates as a file that `planner llm --anchor FILE` reads: each with its part, engine and model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.engines.imports.tokens.rates import TokenImport, TokenRate
from planner.errors import InputError, Problem
from planner.schema.reading.yaml_file import write_document


@dataclass(frozen=True, slots=True)
class MeasuredSetting:
    """What a tool does not say, or says in words of its own; None takes what it says."""

    device: str
    unit: str
    mode: str | None = None
    engine: str | None = None
    model: str | None = None
    weights: str | None = None


def anchor_text(found: TokenImport, measured: MeasuredSetting) -> str:
    """The file; `InputError` with all that is missing, and where no rate is of use for a step or a prompt."""
    problems = [
        Problem(f"--{name}", f"the {what} that was measured", "nothing, and the file does not say")
        for name, what, said in (
            ("engine", "engine", [rate.engine for rate in found.rates]),
            ("model", "model (a file, or zoo:NAME)", [rate.model for rate in found.rates]),
            ("weights", "format of the weights", [rate.weights for rate in found.rates]),
        )
        if getattr(measured, name) is None and not all(said)
    ]
    entries = [entry for rate in found.rates for entry in _entries(rate, measured)]
    if not problems and not entries:
        problems = [Problem("file", "a rate of steps or of prompts without context", "none")]
    if problems:
        raise InputError(found.file, problems)
    heading = f"# Imported from {found.file} ({found.tool}) by `planner import`.\n"
    return heading + write_document({"measurements": entries})


def _entries(rate: TokenRate, measured: MeasuredSetting) -> Iterator[dict[str, object]]:
    """A step and a prompt of their own: an anchor with both would tie a step to the prompt's length."""
    given = {
        "device": measured.device,
        "unit": measured.unit,
        "mode": measured.mode,
        "engine": measured.engine or rate.engine,
        "model": measured.model or rate.model,
        "weights": measured.weights or rate.weights,
        "threads": rate.threads,
        "users": rate.users,
    }
    common = {name: value for name, value in given.items() if value is not None}
    if rate.tokens_per_s is not None and not rate.prompt_in_rate:
        context = {} if rate.context_tokens is None else {"context_tokens": rate.context_tokens}
        yield {**common, **context, "rate": f"{rate.tokens_per_s:.6g} /s"}
    # A prompt after a context attends to it too, which no anchor states.
    fresh = not rate.context_tokens or rate.ttft_s is not None
    if rate.users == 1 and rate.prompt_tokens and fresh:
        if rate.prompt_tokens_per_s is not None:
            yield {**common, "prompt_tokens": rate.prompt_tokens,
                   "prompt_rate": f"{rate.prompt_tokens_per_s:.6g} /s"}  # fmt: skip
        elif rate.ttft_s is not None:
            yield {**common, "prompt_tokens": rate.prompt_tokens, "ttft": f"{1e3 * rate.ttft_s:.6g} ms"}
