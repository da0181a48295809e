"""BERT: a transformer encoder for text (Devlin et al. 2019, arXiv:1810.04805)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_VOCABULARY = 30522
_POSITIONS = 512
_TOKEN_TYPES = 2
_MASKED = -10000.0
"""Added to the attention scores of padding: its weight is zero after the softmax."""


@dataclass(frozen=True, slots=True)
class BertSize:
    """Encoder dimensions; the hidden width is divided among the heads."""

    layers: int
    hidden: int
    heads: int
    feed_forward: int


BASE = BertSize(layers=12, hidden=768, heads=12, feed_forward=3072)
LARGE = BertSize(layers=24, hidden=1024, heads=16, feed_forward=4096)


def bert_squad(name: str, size: BertSize, sequence: int) -> Graph:
    """Answers two (batch, sequence) tensors: the scores of each token as start and as end of the answer.

    `sequence` tokens (other shapes of the inputs, up to 512 tokens, work too) with a mask and token types,
    learned positions, no pooler (question answering has
    none): the layout of the uncased English models.
    """
    net = NetworkBuilder(name)
    tokens, mask, types = (
        net.input(tensor, ("batch", sequence), "int64")
        for tensor in ("input_ids", "attention_mask", "token_type_ids")
    )
    with net.scope("bert"):
        x = _embeddings(net, tokens, types, size)
        penalty = _mask_penalty(net, mask)
        for layer in range(size.layers):
            with net.scope(f"encoder.layer.{layer}"):
                x = _encoder_layer(net, x, penalty, size)
    scores = net.linear(x, 2, name="qa_outputs")
    start, end = net.split(scores, (1, 1), axis=2)
    return net.finish(net.squeeze(start, 2, name="start_logits"), net.squeeze(end, 2, name="end_logits"))


def _embeddings(net: NetworkBuilder, tokens: str, types: str, size: BertSize) -> str:
    with net.scope("embeddings"):
        all_positions = net.constant(np.arange(_POSITIONS, dtype=np.int64)[None], name="position_ids")
        positions = net.cut_to(all_positions, tokens, axis=1)
        words = net.embedding(tokens, _VOCABULARY, size.hidden, name="word_embeddings")
        kinds = net.embedding(types, _TOKEN_TYPES, size.hidden, name="token_type_embeddings")
        places = net.embedding(positions, _POSITIONS, size.hidden, name="position_embeddings")
        return net.layer_norm(net.add(net.add(words, kinds), places))


def _mask_penalty(net: NetworkBuilder, mask: str) -> str:
    """Zero for a real token, a large negative number for padding; shape (batch, 1, 1, sequence)."""
    with net.scope("mask"):
        wide = net.to_float(net.unsqueeze(mask, (1, 2)))
        return net.mul(net.combine("Sub", net.constant(1.0), wide, name="sub"), net.constant(_MASKED))


def _encoder_layer(net: NetworkBuilder, x: str, penalty: str, size: BertSize) -> str:
    with net.scope("attention"):
        attended = net.linear(_self_attention(net, x, penalty, size), size.hidden, name="output.dense")
        x = net.layer_norm(net.add(attended, x), name="output.LayerNorm")
    wide = net.gelu(net.linear(x, size.feed_forward, name="intermediate.dense"))
    narrow = net.linear(wide, size.hidden, name="output.dense")
    return net.layer_norm(net.add(narrow, x), name="output.LayerNorm")


def _self_attention(net: NetworkBuilder, x: str, penalty: str, size: BertSize) -> str:
    """softmax(q k / sqrt(head width) + penalty) v of all heads at once (Vaswani et al. 2017, eq. 1)."""
    head_width = size.hidden // size.heads
    with net.scope("self"):
        query, key, value = (
            net.transpose(
                net.reshape(net.linear(x, size.hidden, name=part), (0, 0, size.heads, head_width)), order
            )
            for part, order in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3)))
        )
        scores = net.combine("Div", net.matmul(query, key), net.constant(math.sqrt(head_width)), name="div")
        context = net.matmul(net.softmax(net.add(scores, penalty)), value)
        return net.reshape(net.transpose(context, (0, 2, 1, 3)), (0, 0, size.hidden))
