"""Published rows as passes with their bytes and operations, on units with a bandwidth and a peak."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from planner.data_files import database_dir
from planner.hardware.catalog import device_ids, read_device
from planner.language.engines.catalogue import language_engine, own_name, scheme_of
from planner.language.formats.weights import weight_bytes
from planner.language.rates.model import PassWork
from planner.language.rates.passes import prompt_work, step_work
from planner.language.rates.published import PublishedRate
from planner.language.rates.unit import UnitCeilings, ceilings_of, first_peak
from planner.language.sizes.model import LanguageModel
from planner.language.sources.catalogue import named_model
from planner.schema.language.rates import PartsBeside, RateKind
from planner.schema.reading.yaml_file import read_model

_USUAL_CONTEXT = 256
"""Tokens cached where a row does not say: short answers to short prompts."""


@dataclass(frozen=True, slots=True)
class RateObservation:
    """One rate of one row: `prompts` and `steps` passes of each kind took `seconds` together."""

    row: PublishedRate
    kind: RateKind
    unit_kind: str
    engine: str
    unit: UnitCeilings
    prompt: PassWork | None
    step: PassWork | None
    steps: float
    seconds: float

    @property
    def pair(self) -> tuple[str, str]:
        """Part and architecture."""
        return self.row.part, self.row.model


@functools.cache
def _beside() -> PartsBeside:
    return read_model(database_dir() / "language" / "parts.yaml", PartsBeside)


def observations(rows: Iterable[PublishedRate]) -> list[RateObservation]:
    """All rates of the rows that no reason leaves out."""
    found: list[RateObservation] = []
    for row in rows:
        if not row.left_out:
            found += _of_row(row)
    return found


def _of_row(row: PublishedRate) -> list[RateObservation]:
    engine = language_engine(row.engine)
    name = own_name(engine, row.weights)
    if name is None:
        raise KeyError(f"{row.id}: {row.engine} takes no {row.weights}")
    spec = engine.weights[name]
    model: LanguageModel = named_model(row.model)
    weights = weight_bytes(model, name, scheme_of(spec))
    ceilings = _unit(row, [str(item) for item in spec.computes])
    cache, decoder = engine.caches[0], model.decoder
    base = RateObservation(row, "decode", ceilings.kind, engine.id, ceilings, None, None, 1.0, 1.0)
    context = _USUAL_CONTEXT if row.context_tokens is None else row.context_tokens
    found: list[RateObservation] = []
    if row.tokens_per_s is not None and row.prompt_in_rate:
        tokens, out = row.prompt_tokens or 0, row.output_tokens or 1
        found.append(
            replace(
                base,
                kind="users",
                prompt=prompt_work(decoder, weights, cache, tokens, row.users),
                # The context grows by a token a step: over the answer it is half of it longer than the
                # prompt.
                step=step_work(decoder, weights, cache, row.users, tokens + out // 2),
                steps=float(out),
                seconds=row.users * out / row.tokens_per_s,
            )
        )
    elif row.tokens_per_s is not None:
        step = step_work(decoder, weights, cache, row.users, context)
        kind: RateKind = "decode" if row.users == 1 else "users"
        found.append(replace(base, kind=kind, step=step, seconds=row.users / row.tokens_per_s))
    seconds = row.ttft_s
    if row.prompt_tokens_per_s and row.prompt_tokens:
        seconds = row.prompt_tokens / row.prompt_tokens_per_s
    if seconds is not None and row.prompt_tokens and row.users == 1:
        prompt = prompt_work(decoder, weights, cache, row.prompt_tokens)
        found.append(replace(base, kind="prompt", prompt=prompt, seconds=seconds))
    return found


def _unit(row: PublishedRate, computes: list[str]) -> UnitCeilings:
    """The ceilings of a part of the database, or of one beside it."""
    if row.part in device_ids() and row.unit in read_device(row.part).units:
        engine = language_engine(row.engine)
        device = read_device(row.part)
        return ceilings_of(device, row.unit, row.mode or None, computes, engine, row.threads)
    own = _beside().units[f"{row.part}/{row.unit}"]
    peaks = {str(name): value for name, value in own.peaks_ops_per_s.items()}
    return UnitCeilings(
        kind=own.kind,
        bandwidth_bytes_per_s=own.bandwidth_bytes_per_s,
        peak_ops_per_s=first_peak(peaks, computes),
        clock_ghz=(own.clock_hz or 0.0) / 1e9,
        vector_ops_per_s=peaks.get("fp32", 0.0) if own.kind == "gpu" else 0.0,
    )


def columns(works: Iterable[PassWork]) -> PassWork:
    """Works one under the other."""
    listed = list(works)
    names = ("read_bytes", "macs", "tokens", "layers")
    return PassWork(*(np.concatenate([getattr(work, name) for work in listed]) for name in names))
