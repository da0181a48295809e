"""The time of one step, as `planner.language.rates.model` has it, in numbers alone: both engines call it.

    time = (memory^4 + compute^4)^(1/4) + overhead

with the bytes of weights and caches that the step reads and writes, and the operations of its tokens. A
mixed step, of sessions that decode and tokens of prompts, is one pass over all of them. At a lower clock
arithmetic takes longer, and the overheads of a GPU; memory has a clock of its own, which heat does not lower.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from planner.arrays import Floats
from planner.conversation.description import StepCost


class StepNumbers(NamedTuple):
    """The numbers of a `StepCost` as compiled code takes them."""

    weight_bytes: Floats
    step_macs: float
    inner_macs: float
    last_macs: float
    full_pair_macs: float
    window_pair_macs: float
    full_bytes: float
    window_bytes: float
    window: int
    bandwidth: float
    matrix_ops: float
    half_tokens: float
    vector_ops: float
    decode_overhead_s: float
    prompt_overhead_s: float
    top_bandwidth: float
    top_ops: float
    alone: float
    together: float
    prompt: float
    none_w: float
    full_w: float
    most_w: float


class Step(NamedTuple):
    """What a step works on; sums over its sessions."""

    decoding: int
    """Sessions that get one token each."""
    seen: int
    """Tokens that they attend to, their own among them; `seen_window` in layers with a window."""
    seen_window: int
    reading: int
    """Tokens of prompts."""
    read: int
    """Tokens in the caches of the sessions that read, these among them."""
    read_window: int
    pairs_twice: int
    """Twice the pairs of a prompt token and one that it attends to."""
    pairs_twice_window: int
    ending: int
    """Prompts that end in this step, each of which gives a first token."""


def cost_row(cost: StepCost) -> StepNumbers:
    """The row of a cost."""
    return StepNumbers(
        cost.weight_bytes, cost.step_macs, cost.inner_macs, cost.last_macs, *cost.pair_macs,
        *cost.cache_bytes, cost.window, cost.bandwidth_bytes_per_s, cost.matrix_ops_per_s, cost.half_tokens,
        cost.vector_ops_per_s, cost.decode_overhead_s, cost.prompt_overhead_s,
        cost.top_bandwidth_bytes_per_s, cost.top_ops_per_s, cost.alone, cost.together, cost.prompt,
        cost.none_w, cost.full_w, cost.most_w,
    )  # fmt: skip


def step_power(cost: StepNumbers, use: float) -> float:
    """Watts above idle at full clock, by the share of its peaks that the unit uses; within its power mode."""
    return min(cost.most_w, max(0.0, cost.none_w + (cost.full_w - cost.none_w) * use))


def step_time(cost: StepNumbers, step: Step, clock: float, slower: float) -> tuple[float, float]:
    """Seconds of a step, and for how many of them the unit would be busy at its peak.

    `clock` is the ratio to the full one, `slower` how many times as long overheads take at it.
    """
    tokens = step.decoding + step.reading
    moved = (
        cost.weight_bytes[min(tokens, len(cost.weight_bytes) - 1)]
        + cost.full_bytes * (step.seen + step.read)
        + cost.window_bytes * (step.seen_window + step.read_window)
    )
    macs = (
        cost.step_macs * step.decoding
        + cost.inner_macs * step.reading
        + cost.last_macs * step.ending
        + cost.full_pair_macs * (step.seen + 0.5 * step.pairs_twice)
        + cost.window_pair_macs * (step.seen_window + 0.5 * step.pairs_twice_window)
    )
    memory_s = moved / cost.bandwidth
    compute_s = 2.0 * macs / (cost.matrix_ops * (tokens / (tokens + cost.half_tokens)) + cost.vector_ops)
    compute_s /= clock
    longer_s = max(memory_s, compute_s)
    share = min(memory_s, compute_s) / longer_s
    square = share * share
    # Products and square roots are rounded alike everywhere; a power of 4 or 1/4 is not.
    both_s = longer_s * math.sqrt(math.sqrt(1.0 + square * square))
    decode = cost.alone if step.decoding <= 1 else cost.together
    # The bands of prompts and of decoding differ; a mixed step takes them by its tokens.
    factor = (decode * step.decoding + cost.prompt * step.reading) / tokens
    overhead_s = cost.prompt_overhead_s if step.reading > 0 else cost.decode_overhead_s
    time_s = (both_s + overhead_s * slower) * factor
    used_s = max(moved / cost.top_bandwidth, 2.0 * macs / cost.top_ops)
    return time_s, min(time_s, used_s)
