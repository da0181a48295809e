"""What is asked of a language model on a part, checked before anything is counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.errors import InputError, Problem
from planner.language.rates.published import PublishedRate
from planner.language.sizes.model import LanguageModel

USUAL_PROMPT, USUAL_OUTPUT, USUAL_CONTEXT = 512, 128, 4096
SPOKEN_PROMPT = 4
"""Tokens that start a transcript (language, task, ...)."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The question; None takes what is usual."""

    weights: str | None = None
    cache: str | None = None
    engine: str | None = None
    unit: str | None = None
    mode: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    context_tokens: int | None = None
    most_ttft_s: float | None = None
    least_rate_per_s: float | None = None
    """Tokens a second that each user shall get."""
    threads: int | None = None
    anchors: tuple[PublishedRate, ...] = ()
    """Rates measured on the part, which move the fitted model."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of a prompt (of an image among them), of an answer, and of the longest session."""

    prompt: int
    output: int
    context: int


def lengths(model: LanguageModel, wishes: Wishes) -> Lengths:
    """The lengths asked for; `InputError` where they contradict each other or the model."""
    most = model.decoder.context
    spoken = model.encoder is not None and model.encoder.kind == "audio"
    seen = model.encoder.emitted if model.encoder is not None else 0
    prompt = wishes.prompt_tokens
    if prompt is None:
        prompt = SPOKEN_PROMPT if spoken else min(USUAL_PROMPT, max(1, most // 2))
    output = wishes.output_tokens
    if output is None:
        output = min(USUAL_OUTPUT, max(1, most - prompt - seen))
    found = Lengths(prompt + seen, output, wishes.context_tokens or 0)
    needed = found.prompt + found.output
    problems = []
    if wishes.context_tokens is None:
        found = replace(found, context=min(most, max(USUAL_CONTEXT, needed)))
    elif wishes.context_tokens > most:
        problems.append(Problem("--context", f"at most {most} tokens, what the model was made for",
                                str(wishes.context_tokens)))  # fmt: skip
    elif wishes.context_tokens < needed:
        expected = f"at least {needed} tokens, prompt and answer together"
        problems.append(Problem("--context", expected, str(wishes.context_tokens)))
    if wishes.context_tokens is None and needed > most:
        problems.append(Problem("--prompt", f"prompt and answer of at most {most} tokens", str(needed)))
    if problems:
        raise InputError(model.name, problems)
    return found
