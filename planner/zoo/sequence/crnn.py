"""CRNN: reads a line of text by convolutions and two LSTMs (Shi et al. 2017, arXiv:1507.05717)."""

from __future__ import annotations

from planner.workload.graph import Graph
from planner.zoo.builder import NetworkBuilder

_HIDDEN = 256
_SYMBOLS = 37
"""Letters, digits and the blank between two symbols."""


def crnn(name: str) -> Graph:
    """Grey images of 32x100; answers (26 places, batch, 37 scores) in the layout of meijieru/crnn.pytorch."""
    net = NetworkBuilder(name)
    x = net.input("image", ("batch", 1, 32, 100))
    for layer, (channels, kernel) in enumerate(
        ((64, 3), (128, 3), (256, 3), (256, 3), (512, 3), (512, 3), (512, 2))
    ):
        x = net.conv(x, channels, kernel, padding=kernel // 2 if kernel == 3 else 0, bias=True,
                     name=f"conv{layer}")  # fmt: skip
        x = net.batch_norm(x, name=f"batchnorm{layer}") if layer in (2, 4, 6) else x
        x = net.relu(x)
        if layer in (0, 1):
            x = net.max_pool(x, 2, stride=2)
        elif layer in (3, 5):
            x = net.max_pool_rows(x)
    steps = net.transpose(net.squeeze(x, 2), (2, 0, 1))
    steps = net.linear(net.lstm(steps, _HIDDEN, "rnn.0"), _HIDDEN, "rnn.0.embedding")
    return net.finish(net.linear(net.lstm(steps, _HIDDEN, "rnn.1"), _SYMBOLS, "rnn.1.embedding"))
