"""Work of a prompt and of a step, from sizes and bytes."""

from __future__ import annotations

import numpy as np

from planner.language.formats.weights import WeightBytes, cache_bytes
from planner.language.rates.model import PassWork
from planner.language.sizes.decoder import Decoder


def step_work(decoder: Decoder, weights: WeightBytes, cache: str, users: int, context: int) -> PassWork:
    """One token for every user, each with so many tokens cached."""
    cached = min(context, decoder.window) if decoder.window else context
    full = decoder.layers - decoder.windowed_layers
    pairs = decoder.pair_macs / decoder.layers * (full * context + decoder.windowed_layers * cached)
    crossed = decoder.crossed_numbers * decoder.heads // max(1, decoder.key_heads)
    return _work(
        weights.read_by(users) + users * cache_bytes(decoder, context, cache),
        users * (decoder.step_macs + pairs + crossed),
        users,
        decoder.layers,
    )


def prompt_work(decoder: Decoder, weights: WeightBytes, cache: str, tokens: int, users: int = 1) -> PassWork:
    """A prompt read at once, one for each user; the last layer works on the last token alone."""
    inner = decoder.step_macs - decoder.embedding_parameters
    # Under a causal mask token i attends to i of them: n (n + 1) / 2 pairs, here n^2 / 2. Capping the mean at
    # a window counts too many pairs: a third more for a prompt of two windows, less for all others.
    attended = tokens / 2
    windowed = min(attended, decoder.window) if decoder.window else attended
    full = decoder.layers - decoder.windowed_layers
    pairs = decoder.pair_macs / decoder.layers * (full * attended + decoder.windowed_layers * windowed)
    macs = users * (tokens * (inner + pairs) + decoder.embedding_parameters)
    written = users * cache_bytes(decoder, tokens, cache)
    return _work(weights.read_by(users * tokens) + written, macs, users * tokens, decoder.layers)


def _work(read_bytes: float, macs: float, tokens: float, layers: float) -> PassWork:
    return PassWork(*(np.array([float(value)]) for value in (read_bytes, macs, tokens, layers)))
