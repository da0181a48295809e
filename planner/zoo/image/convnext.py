"""ConvNeXt: convolutions arranged as transformers are (Liu et al. 2022, arXiv:2201.03545)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_TO_LAST, _TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
_EPSILON = 1e-6


def convnext(name: str, blocks: tuple[int, ...], channels: tuple[int, ...]) -> Graph:
    """A ConvNeXt at 224x224: blocks and channels of each stage (section 3 of the paper)."""
    net = NetworkBuilder(name)
    x = net.input("input", ("batch", 3, 224, 224))
    x = _norm(net, net.conv(x, channels[0], 4, stride=4, padding=0, bias=True, name="stem"), "stem.norm")
    for stage, (count, width) in enumerate(zip(blocks, channels, strict=True)):
        with net.scope(f"stages.{stage}"):
            if stage > 0:
                x = _norm(net, x, "downsample.norm")
                x = net.conv(x, width, 2, stride=2, padding=0, bias=True, name="downsample")
            for block in range(count):
                with net.scope(str(block)):
                    x = net.add(_block(net, x, width), x)
    x = _norm(net, net.global_average_pool(x), "norm")
    return net.finish(net.linear(net.flatten(x), 1000, name="head"))


def _block(net: NetworkBuilder, x: str, width: int) -> str:
    """7x7 depthwise, normalisation, widening fourfold with GELU, learned scale (figure 4)."""
    y = net.conv(x, width, 7, groups=width, bias=True, name="dwconv")
    y = net.layer_norm(net.transpose(y, _TO_LAST), epsilon=_EPSILON, name="norm")
    y = net.linear(net.gelu(net.linear(y, 4 * width, name="pwconv1")), width, name="pwconv2")
    y = net.mul(y, net.parameter("layer_scale", (width,)))
    return net.transpose(y, _TO_FIRST)


def _norm(net: NetworkBuilder, x: str, name: str) -> str:
    """Layer normalisation over the channels of each pixel."""
    y = net.layer_norm(net.transpose(x, _TO_LAST), epsilon=_EPSILON, name=name)
    return net.transpose(y, _TO_FIRST)
