"""Vision transformers: an encoder over patches of an image (Dosovitskiy et al. 2021, arXiv:2010.11929)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_SIDE, _PATCH = 224, 16
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class VitEncoder:
    """Layers, width and attention heads; the hidden layer is four times as wide."""

    layers: int
    width: int
    heads: int


def vision_transformer(name: str, encoder: VitEncoder) -> Graph:
    """Patches of 16x16 of a 224x224 image and a class token, learned positions, normalisation before each
    sublayer. DeiT without distillation (Touvron et al. 2021, arXiv:2012.12877) has the same networks."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, _SIDE, _SIDE))
    patches = net.conv(x, encoder.width, _PATCH, stride=_PATCH, padding=0, bias=True, name="patch_embed")
    count = math.prod(side // _PATCH for side in net.sides)
    tokens = net.transpose(net.reshape(patches, (0, encoder.width, count)), (0, 2, 1))
    first = net.repeat_for_batch(net.parameter("cls_token", (1, 1, encoder.width)), x)
    x = net.concat((first, tokens), axis=1)
    x = net.add(x, net.parameter("pos_embed", (1, count + 1, encoder.width)), name="pos.add")
    for layer in range(encoder.layers):
        with net.scope(f"blocks.{layer}"):
            x = net.add(x, _attention(net, net.layer_norm(x, epsilon=_EPSILON, name="norm1"), encoder))
            y = net.layer_norm(x, epsilon=_EPSILON, name="norm2")
            y = net.linear(net.gelu(net.linear(y, 4 * encoder.width, name="fc1")), encoder.width, name="fc2")
            x = net.add(x, y)
    x = net.layer_norm(x, epsilon=_EPSILON, name="norm")
    return net.finish(net.linear(net.squeeze(net.slice(x, 1, 0, 1), 1), 1000, name="head"))


def _attention(net: NetworkBuilder, x: str, encoder: VitEncoder) -> str:
    """softmax(q k / sqrt(head width)) v of all heads at once, query, key and value from one product."""
    width, heads = encoder.width, encoder.heads
    with net.scope("attn"):
        packed = net.reshape(net.linear(x, 3 * width, name="qkv"), (0, 0, 3, heads, width // heads))
        parts = net.split(net.transpose(packed, (2, 0, 3, 1, 4)), (1, 1, 1), axis=0)
        query, key, value = (net.squeeze(part, 0) for part in parts)
        scale = net.constant(1 / math.sqrt(width // heads))
        scores = net.matmul(net.mul(query, scale), net.transpose(key, (0, 1, 3, 2)), name="scores")
        context = net.matmul(net.softmax(scores), value, name="context")
        joined = net.reshape(net.transpose(context, (0, 2, 1, 3)), (0, 0, width))
        return net.linear(joined, width, name="proj")
