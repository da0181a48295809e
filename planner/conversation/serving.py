"""The step of a prepared language model as the simulation takes it, and what its engine admits."""

from __future__ import annotations

from typing import Literal

import numpy as np

from planner.arrays import Floats
from planner.conversation.description import Admission, StepCost, WhenFull
from planner.language.answer.memory import CHUNK_TOKENS
from planner.language.answer.serving import PreparedModel
from planner.language.formats.weights import CACHE_BITS, WeightBytes
from planner.latency.band import BandEnd
from planner.latency.power.draw import part_line_w
from planner.schema.language.rates import RateKind

_LONGEST_TABLE = 4096
"""Tokens after which a step reads every expert."""


def step_cost(own: PreparedModel, end: BandEnd = "mid", power_end: BandEnd = "mid") -> StepCost:
    """What decides the time and the power of a step of this model on this unit, at one end of their bands.

    Equal to what `planner llm` answers of a step and of a prompt. With a window a layer sees its last tokens
    alone; the others see all. Of rates that were measured on the part its shift is taken.
    """
    decoder, unit, reached = own.model.decoder, own.rates.unit, own.rates.reached()
    full = decoder.layers - decoder.windowed_layers
    each_macs = decoder.pair_macs / decoder.layers
    cached = decoder.layers if decoder.cached_layers is None else decoder.cached_layers
    windowed = min(decoder.windowed_layers, cached)
    row_bytes = decoder.cache_row * CACHE_BITS[own.cache] / 8
    inner = decoder.step_macs - decoder.embedding_parameters
    none_w, full_w = part_line_w(own.point, power_end)
    return StepCost(
        weight_bytes=_weights_read(own.weights),
        step_macs=float(decoder.step_macs),
        inner_macs=float(inner),
        last_macs=float(decoder.embedding_parameters),
        pair_macs=(full * each_macs, decoder.windowed_layers * each_macs),
        cache_bytes=((cached - windowed) * row_bytes, windowed * row_bytes),
        window=decoder.window or decoder.context,
        bandwidth_bytes_per_s=reached.bandwidth_bytes_per_s,
        matrix_ops_per_s=reached.matrix_ops_per_s,
        half_tokens=reached.half_tokens,
        vector_ops_per_s=reached.vector_ops_per_s,
        decode_overhead_s=decoder.layers * reached.layer_s + reached.pass_s,
        prompt_overhead_s=decoder.layers * reached.prompt_layer_s + reached.pass_s,
        top_bandwidth_bytes_per_s=unit.bandwidth_bytes_per_s,
        top_ops_per_s=unit.peak_ops_per_s,
        alone=_factor(own, "decode", end),
        together=_factor(own, "users", end),
        prompt=_factor(own, "prompt", end),
        overhead_clock_power=own.rates.clock_power,
        none_w=none_w - own.point.idle_w,
        full_w=full_w - own.point.idle_w,
        most_w=own.point.power_limit_w - own.point.idle_w,
    )


def _factor(own: PreparedModel, kind: RateKind, end: BandEnd) -> float:
    shift = own.shift(kind)
    return shift.ends.around(shift.factor).at(end)


def _weights_read(weights: WeightBytes) -> Floats:
    """Bytes that a step of n tokens reads, for n from zero on."""
    longest = _LONGEST_TABLE if weights.experts else 1
    return np.array([weights.read_by(max(1, tokens)) for tokens in range(longest)], dtype=np.float64)


def limits_of(
    own: PreparedModel,
    context: int,
    *,
    sessions: int | None = None,
    cache_bytes: float | None = None,
    chunk_tokens: int | None = None,
    prompts: Literal["whole", "chunks"] | None = None,
    when_full: WhenFull = "recompute",
) -> Admission:
    """What a device admits: what is asked for, within the engine's ways and the part's memory.

    The cache has what weights and work space leave of the memory. Where the engine reserves a session's
    whole context, no more sessions are admitted than fit.
    """
    ways = own.served.engine.batching
    chunk = chunk_tokens or (ways.chunk_tokens if ways is not None else None)
    if prompts == "chunks" or chunk_tokens is not None:
        chunk = chunk or CHUNK_TOKENS
    if prompts == "whole":
        chunk = None
    block = ways.block_tokens if ways is not None else None
    most = min(sessions or own.served.engine.users, own.served.engine.users)
    need = own.memory.needs(most, context)
    room = need.capacity - need.weights - need.workspace
    return Admission(
        sessions=most,
        cache_bytes=max(0.0, room if cache_bytes is None else min(room, cache_bytes)),
        block_tokens=block or context,
        chunk_tokens=chunk,
        when_full=when_full,
    )
