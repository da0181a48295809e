"""What transformers share: attention of several heads, and the hidden layer behind it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from planner.zoo.builder import NetworkBuilder

Activation = Callable[[NetworkBuilder, str], str]
"""A builder's activation method, such as `NetworkBuilder.gelu`."""


@dataclass(frozen=True, slots=True)
class Width:
    """Layers of an encoder, its channels, and its heads; the hidden layer has four times the channels."""

    layers: int
    channels: int
    heads: int


def quick_gelu(net: NetworkBuilder, x: str) -> str:
    """x sigmoid(1.702 x), as CLIP has it (Hendrycks and Gimpel 2016)."""
    with net.scope("act"):
        return net.mul(x, net.sigmoid(net.mul(x, net.constant(1.702), name="scale")))


def tanh_gelu(net: NetworkBuilder, x: str) -> str:
    """x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), the fast form (Hendrycks and Gimpel 2016)."""
    with net.scope("act"):
        cube = net.mul(net.mul(x, x, name="square"), x, name="cube")
        inner = net.add(x, net.mul(cube, net.constant(0.044715), name="share"), name="inner")
        share = net.mul(inner, net.constant(math.sqrt(2 / math.pi)), name="scale")
        bent = net.map("Tanh", share, name="tanh")
        product = net.mul(x, net.add(bent, net.constant(1.0), name="shift"))
        return net.mul(product, net.constant(0.5), name="half")


def packed_attention(
    net: NetworkBuilder, x: str, heads: int, *, bias: bool = True, added: str | None = None
) -> str:
    """Attention over (batch, tokens, channels), query, key and value from one product.

    `added` goes to the scores before the softmax, such as a bias by relative places.
    """
    width = net.extent(x, -1)
    with net.scope("attn"):
        packed = net.reshape(
            net.linear(x, 3 * width, name="qkv", bias=bias), (0, 0, 3, heads, width // heads)
        )
        parts = net.split(net.transpose(packed, (2, 0, 3, 1, 4)), (1, 1, 1), axis=0)
        query, key, value = (net.squeeze(part, 0) for part in parts)
        context = attend(net, query, key, value, added=added)
        return net.linear(join_heads(net, context), width, name="proj")


def split_heads(net: NetworkBuilder, x: str, heads: int) -> str:
    """(batch, tokens, channels) as (batch, heads, tokens, channels of a head)."""
    width = net.extent(x, -1)
    return net.transpose(net.reshape(x, (0, 0, heads, width // heads)), (0, 2, 1, 3))


def join_heads(net: NetworkBuilder, x: str) -> str:
    """The way back from `split_heads`."""
    width = net.extent(x, 1) * net.extent(x, 3)
    return net.reshape(net.transpose(x, (0, 2, 1, 3)), (0, 0, width))


def attend(net: NetworkBuilder, query: str, key: str, value: str, *, added: str | None = None) -> str:
    """softmax(q k / sqrt(head width) + added) v of all heads at once (Vaswani et al. 2017, eq. 1)."""
    scale = net.constant(1 / math.sqrt(net.extent(query, -1)))
    order = (*range(len(net.shape(key)) - 2), len(net.shape(key)) - 1, len(net.shape(key)) - 2)
    scores = net.matmul(net.mul(query, scale), net.transpose(key, order), name="scores")
    scores = scores if added is None else net.add(scores, added, name="scores.add")
    return net.matmul(net.softmax(scores), value, name="context")


def hidden_layer(
    net: NetworkBuilder, x: str, activation: Activation = NetworkBuilder.gelu, *, widening: float = 4.0
) -> str:
    """Widened, activated, and back."""
    width = net.extent(x, -1)
    with net.scope("mlp"):
        wide = activation(net, net.linear(x, int(widening * width), name="fc1"))
        return net.linear(wide, width, name="fc2")


def scaled(net: NetworkBuilder, x: str, name: str) -> str:
    """Each channel times a learned number (Touvron et al. 2021, arXiv:2103.17239)."""
    return net.mul(x, net.parameter(name, (net.extent(x, -1),)), name=f"{name}.mul")


def patches(net: NetworkBuilder, x: str, channels: int, side: int, *, bias: bool = True) -> str:
    """Squares of an image as (batch, tokens, channels); the image must be whole squares."""
    rows, columns = net.sides
    if rows % side or columns % side:
        raise ValueError(f"{rows} x {columns} pixels are not whole patches of {side} x {side}")
    x = net.conv(x, channels, side, stride=side, padding=0, bias=bias, name="patch_embed.proj")
    return net.transpose(net.reshape(x, (0, channels, -1)), (0, 2, 1))


def with_class_token(net: NetworkBuilder, tokens: str, image: str) -> str:
    """A learned token before the others."""
    first = net.repeat_for_batch(net.parameter("cls_token", (1, 1, net.extent(tokens, 2))), image)
    return net.concat((first, tokens), axis=1)


def first_token(net: NetworkBuilder, x: str) -> str:
    """(batch, channels) of the class token."""
    return net.squeeze(net.slice(x, 1, 0, 1), 1)
