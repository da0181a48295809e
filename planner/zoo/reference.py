"""What the zoo knows of a network: its names, and the counts that others published for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.workload.graph import Graph

Builder = Callable[[str], Graph]
"""Makes the graph of a network, given the name that the graph shall carry."""

IMAGENET = "image classification, 1000 classes of ImageNet"
COCO = "object detection, 80 classes of COCO"


@dataclass(frozen=True, slots=True)
class ReferenceNetwork:
    """One network of the zoo and the counts that others published for it.

    `parameters` are learned weights: batch norm's scale and shift count, its running statistics do not.
    `macs` are multiply-accumulates at batch one. Both have the digits that `source` prints. `remark` says
    where the network that others timed under this name differs from the published one.
    """

    name: str
    title: str
    task: str
    input_shape: str
    parameters: int
    macs: float
    source: str
    remark: str = ""


Entry = tuple[ReferenceNetwork, Builder]


def image(side: int) -> str:
    """The input of a network on square colour images."""
    return f"batch x 3 x {side} x {side}"
