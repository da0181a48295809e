"""The random networks that a calibration runs, one a seed."""

from __future__ import annotations

from planner.calibration.probes import hierarchical, mixed, small, tensor_operators, transformer
from planner.calibration.probes.convolutional import BLOCKS, activate, activation
from planner.calibration.probes.random_choice import Chooser
from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

MOST_MACS = 1.5e9
"""Probes stay below this, so that each can be run often enough in a fraction of a second."""


def probe_network(seed: int) -> Graph:
    """The network of one seed, complete but for the values of its weights."""
    choose = Chooser(seed)
    net = NetworkBuilder(f"probe-{seed}")
    kind = choose.of(tuple(_KINDS), tuple(_KINDS.values()))
    return net.finish(kind(net, choose))


def classifier(net: NetworkBuilder, choose: Chooser) -> str:
    """A stem, stages of one or two kinds of block that halve the map, and a head."""
    side = choose.of(
        (64, 96, 112, 128, 160, 192, 224, 256, 320, 416, 512, 640), (1, 2, 2, 3, 4, 3, 5, 3, 2, 2, 1.5, 2)
    )
    batch = choose.batch() if side <= 256 else 1
    x = net.input("image", (batch, 3, side, side))
    width, act = choose.channels(8, 64), activation(choose)
    kernel = choose.of((3, 7, 5), (6, 2, 1))
    x = activate(net, net.conv(x, width, kernel, stride=choose.of((2, 1, 4), (8, 1, 1)), bias=True), act)
    if choose.chance(0.35):
        x = net.max_pool(x, choose.of((2, 3)), stride=2, padding=0)
    blocks, weights = zip(*BLOCKS, strict=True)
    kinds = [choose.of(blocks, weights) for _ in range(choose.whole(1, 2))]
    spent = 0.0
    for _ in range(choose.whole(3, 9)):
        down = net.extent(x, 2) >= 10 and choose.chance(0.45)
        width = min(choose.channels(1.2 * width, 2.4 * width), 1024) if down else width
        spent += 4.0 * batch * width * net.extent(x, 1) * net.extent(x, 2) * net.extent(x, 3)
        if spent > MOST_MACS:
            break
        x = choose.of(kinds)(net, choose, x, width, 2 if down else 1)
    if choose.chance(0.3):
        return x
    pooled = net.flatten(net.global_average_pool(x))
    return net.linear(pooled, choose.of((10, 100, 1000)), "head")


_KINDS = {
    classifier: 52.0,
    transformer.image_transformer: 10.0,
    transformer.text_transformer: 7.0,
    transformer.token_mixer: 2.0,
    mixed.encoder_decoder: 7.0,
    mixed.detection_head: 4.0,
    mixed.recurrent: 6.0,
    mixed.dense_layers: 6.0,
    tensor_operators.tensor_chain: 8.0,
    tensor_operators.movement_chain: 3.0,
    mixed.heavy_layers: 5.0,
    mixed.enlarging: 2.0,
    small.small_chain: 22.0,
    hierarchical.staged_transformer: 16.0,
    mixed.fed_by_a_map: 6.0,
}
