"""BEiT: an encoder of image patches with biases by relative places (Bao et al. 2021, arXiv:2106.08254)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.attention import (
    Width,
    attend,
    hidden_layer,
    join_heads,
    patches,
    scaled,
    split_heads,
    with_class_token,
)
from planner.zoo.builder import NetworkBuilder

BASE, LARGE = Width(12, 768, 12), Width(24, 1024, 16)
_SIDE, _PATCH = 224, 16
_EPSILON = 1e-6


def beit(name: str, width: Width) -> Graph:
    """Classes a 224x224 image by the mean of its patches, without learned absolute places."""
    net = NetworkBuilder(name)
    image = net.input("input", ("batch", 3, _SIDE, _SIDE))
    x = with_class_token(net, patches(net, image, width.channels, _PATCH), image)
    for layer in range(width.layers):
        with net.scope(f"blocks.{layer}"):
            y = _attention(net, net.layer_norm(x, epsilon=_EPSILON, name="norm1"), width.heads)
            x = net.add(x, scaled(net, y, "gamma_1"))
            y = hidden_layer(net, net.layer_norm(x, epsilon=_EPSILON, name="norm2"))
            x = net.add(x, scaled(net, y, "gamma_2"))
    cells = net.slice(x, 1, 1, net.extent(x, 1))
    mean = net.squeeze(net.reduce("ReduceMean", cells, (1,)), 1)
    return net.finish(net.linear(net.layer_norm(mean, epsilon=_EPSILON, name="fc_norm"), 1000, name="head"))


def _attention(net: NetworkBuilder, x: str, heads: int) -> str:
    """Query and value with a bias, key without; scores with one by relative place."""
    width = net.extent(x, -1)
    with net.scope("attn"):
        packed = net.linear(x, 3 * width, name="qkv", bias=False)
        parts = [
            net.squeeze(part, 2)
            for part in net.split(net.reshape(packed, (0, 0, 3, width)), (1,) * 3, axis=2)
        ]
        query = net.add(parts[0], net.parameter("q_bias", (width,)), name="q_bias.add")
        value = net.add(parts[2], net.parameter("v_bias", (width,)), name="v_bias.add")
        query, key, value = (split_heads(net, part, heads) for part in (query, parts[1], value))
        context = attend(net, query, key, value, added=_place_bias(net, heads))
        return net.linear(join_heads(net, context), width, name="proj")


def _place_bias(net: NetworkBuilder, heads: int) -> str:
    """A number for each head and pair of places, (1, heads, tokens, tokens); three for the class token."""
    rows, columns = (side // _PATCH for side in net.sides)
    places, cells = (2 * rows - 1) * (2 * columns - 1), rows * columns
    table = net.parameter("relative_position_bias_table", (places + 3, heads))
    between = net.rows(net.relative_rows(rows, columns), table, "bias")
    to_cell, from_cell, itself = (
        net.unsqueeze(net.slice(table, 0, places + place, places + place + 1), (0,)) for place in range(3)
    )
    top = net.concat((itself, net.repeat(to_cell, 1, cells)), axis=1)
    below = net.concat((net.repeat(from_cell, 0, cells), between), axis=1)
    return net.unsqueeze(net.transpose(net.concat((top, below), axis=0), (2, 0, 1)), (0,))
