"""Sizes that a decoder can have, whatever file they are from; refused before they are worked with."""

from __future__ import annotations

from collections.abc import Iterator

from planner.errors import InputError, Problem
from planner.language.sizes.decoder import Decoder
from planner.language.sizes.encoder import Encoder

_MOST_LAYERS = 10_000
"""Layers are gone through one by one. The deepest published models have some 200."""
_MOST_EXPERTS = 100_000


def require_sense(decoder: Decoder, source: str, encoder: Encoder | None = None) -> None:
    """Raise `InputError` with every size that no decoder has."""
    problems = list(_problems(decoder))
    if encoder is not None and encoder.layers > _MOST_LAYERS:
        problems.append(Problem("layers of the encoder", f"at most {_MOST_LAYERS:,}", f"{encoder.layers:,}"))
    if problems:
        raise InputError(source, problems)


def _problems(decoder: Decoder) -> Iterator[Problem]:
    if decoder.layers > _MOST_LAYERS:
        yield Problem("num_hidden_layers", f"at most {_MOST_LAYERS:,} layers", f"{decoder.layers:,}")
    if decoder.key_heads and decoder.heads % decoder.key_heads:
        got = f"{decoder.heads} heads and {decoder.key_heads} key heads"
        yield Problem("num_key_value_heads", "a divisor of num_attention_heads", got)
    experts = decoder.experts
    if experts is None:
        return
    if experts.count > _MOST_EXPERTS:
        yield Problem("num_experts", f"at most {_MOST_EXPERTS:,}", f"{experts.count:,}")
    if experts.active > experts.count:
        got = f"{experts.active} of {experts.count}"
        yield Problem("num_experts_per_tok", "at most the number of experts", got)
