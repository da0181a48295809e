"""Rates measured on a part, published or a user's own, as errors of the fitted model there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from planner.errors import InputError, Problem
from planner.language.engines.catalogue import Served, language_engine, own_name, scheme_of
from planner.language.formats.weights import weight_bytes
from planner.language.rates.fitted import engine_rates
from planner.language.rates.passes import prompt_work, step_work
from planner.language.rates.published import PublishedRate, published_rates
from planner.language.rates.unit import ceilings_of
from planner.language.sources.catalogue import named_models
from planner.language.sources.source import read_language_model
from planner.schema.hardware.device import Device
from planner.schema.language.anchors import TokenAnchor, TokenAnchors
from planner.schema.language.rates import RateKind
from planner.schema.reading.yaml_file import read_model

PUBLISHED = "published"
_USUAL_CONTEXT = 256


def anchors_of(asked: Sequence[str]) -> tuple[PublishedRate, ...]:
    """Rates of the files asked for, and the published ones where they are ("published")."""
    found: list[PublishedRate] = []
    for text in asked:
        if text == PUBLISHED:
            found += [row for row in published_rates() if not row.left_out]
        else:
            path = Path(text)
            found += [_row(item, f"{path}: {place}") for place, item in enumerate(_read(path), start=1)]
    return tuple(found)


def _read(path: Path) -> list[TokenAnchor]:
    items = read_model(path, TokenAnchors).measurements
    problems = [
        Problem(f"measurements[{place}]", "a rate, a prompt_rate or a ttft above zero", "none")
        for place, item in enumerate(items)
        if not (item.rate_per_s or item.prompt_rate_per_s or item.ttft_s)
    ]
    if problems:
        raise InputError(str(path), problems)
    return items


def _row(item: TokenAnchor, source: str) -> PublishedRate:
    return PublishedRate(
        id=source, part=item.device, mode=item.mode or "", unit=item.unit,
        engine=language_engine(item.engine).id, published_model=item.model, model=item.model,
        weights=item.weights, prompt_tokens=item.prompt_tokens, context_tokens=item.context_tokens,
        output_tokens=None, users=item.users, threads=item.threads,
        prompt_tokens_per_s=item.prompt_rate_per_s, ttft_s=item.ttft_s, tokens_per_s=item.rate_per_s,
        prompt_in_rate=False, power_w=None, left_out="", source=source, date="", note="",
    )  # fmt: skip


def time_errors(rows: Iterable[PublishedRate], device: Device, served: Served) -> dict[RateKind, list[float]]:
    """Logarithms of measured over predicted time of the rates of this part, unit and engine."""
    found: dict[RateKind, list[float]] = {"decode": [], "prompt": []}
    for row in rows:
        if (row.part, row.unit, row.engine) == (device.id, served.unit, served.engine.id):
            _add(found, row, device, served)
    return found


def _add(found: dict[RateKind, list[float]], row: PublishedRate, device: Device, served: Served) -> None:
    engine = served.engine
    name = own_name(engine, row.weights)
    if name is None:
        problem = Problem("weights", f"a format that {engine.name} takes", repr(row.weights))
        raise InputError(row.source, [problem])
    spec = engine.weights[name]
    known = row.model in named_models()
    model = read_language_model(f"zoo:{row.model}" if known else row.model)
    weights = weight_bytes(model, name, scheme_of(spec))
    computes = [str(item) for item in spec.computes]
    unit = ceilings_of(device, served.unit, row.mode or None, computes, engine, row.threads)
    rates, cache = engine_rates(engine.id, unit), engine.caches[0]
    if row.tokens_per_s and not row.prompt_in_rate:
        context = _USUAL_CONTEXT if row.context_tokens is None else row.context_tokens
        step = rates.time(step_work(model.decoder, weights, cache, row.users, context), prompt=False)
        # Logarithm of measured over predicted seconds of a step, whose users make a token each.
        found["decode"].append(math.log(row.users / row.tokens_per_s / float(step.total_s[0])))
    if row.prompt_tokens and row.users == 1:
        seconds = row.prompt_tokens / row.prompt_tokens_per_s if row.prompt_tokens_per_s else row.ttft_s
        if seconds:
            work = prompt_work(model.decoder, weights, cache, row.prompt_tokens)
            time = rates.time(work, prompt=True)
            found["prompt"].append(math.log(seconds / float(time.total_s[0])))
