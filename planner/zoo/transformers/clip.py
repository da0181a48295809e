"""CLIP: encoders of images and of texts into one space (Radford et al. 2021, arXiv:2103.00020)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.attention import (
    Width,
    attend,
    first_token,
    hidden_layer,
    join_heads,
    patches,
    quick_gelu,
    split_heads,
    with_class_token,
)
from planner.zoo.builder import NetworkBuilder

IMAGE_BASE, IMAGE_LARGE = Width(12, 768, 12), Width(24, 1024, 16)
TEXT_BASE, TEXT_LARGE = Width(12, 512, 8), Width(12, 768, 12)
_WORDS, _TOKENS = 49408, 77
_EPSILON = 1e-5
_MASKED = -10000.0


def clip_image(name: str, width: Width, patch: int, embedding: int, side: int) -> Graph:
    """Answers the embedding of a square image, (batch, embedding)."""
    net = NetworkBuilder(name)
    image = net.input("pixel_values", ("batch", 3, side, side))
    x = with_class_token(net, patches(net, image, width.channels, patch, bias=False), image)
    places = net.parameter("position_embedding", (1, net.extent(x, 1), width.channels))
    x = net.layer_norm(net.add(x, places, name="position.add"), epsilon=_EPSILON, name="pre_layrnorm")
    x = _encoder(net, x, width, None)
    pooled = net.layer_norm(first_token(net, x), epsilon=_EPSILON, name="post_layernorm")
    return net.finish(net.linear(pooled, embedding, name="visual_projection", bias=False))


def clip_text(name: str, width: Width, embedding: int) -> Graph:
    """Answers the embedding of a text of 77 tokens, taken at its last (the one of the highest number)."""
    net = NetworkBuilder(name)
    words = net.input("input_ids", ("batch", _TOKENS), "int64")
    x = net.embedding(words, _WORDS, width.channels, name="token_embedding")
    places = net.parameter("position_embedding", (1, _TOKENS, width.channels))
    x = net.add(x, places, name="position.add")
    later = net.above_diagonal(net.expand(net.constant(_MASKED), (_TOKENS, _TOKENS)))
    x = _encoder(net, x, width, later)
    x = net.layer_norm(x, epsilon=_EPSILON, name="final_layer_norm")
    return net.finish(net.linear(net.at_largest(x, words), embedding, name="text_projection", bias=False))


def _encoder(net: NetworkBuilder, x: str, width: Width, mask: str | None) -> str:
    for layer in range(width.layers):
        with net.scope(f"encoder.layers.{layer}"):
            y = _attention(net, net.layer_norm(x, epsilon=_EPSILON, name="layer_norm1"), width.heads, mask)
            x = net.add(x, y)
            y = hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="layer_norm2"), quick_gelu)
            x = net.add(x, y)
    return x


def _attention(net: NetworkBuilder, x: str, heads: int, mask: str | None) -> str:
    width = net.extent(x, -1)
    with net.scope("self_attn"):
        query, key, value = (
            split_heads(net, net.linear(x, width, name=part), heads)
            for part in ("q_proj", "k_proj", "v_proj")
        )
        context = attend(net, query, key, value, added=mask)
        return net.linear(join_heads(net, context), width, name="out_proj")
