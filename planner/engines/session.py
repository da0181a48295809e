"""What every engine offers to the one who times it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.errors import PlannerError

Feeds = Mapping[str, NDArray[np.generic]]


class EngineError(PlannerError):
    """An engine that is not installed, or a network that it refuses, in the engine's own words."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a network is to be run."""

    model: Path
    threads: int
    feeds: Feeds
    precision: str = "fp32"
    """What the engine is asked to compute float32 graphs in."""


@dataclass(frozen=True, slots=True)
class EngineNode:
    """One node of the network as the engine rebuilt it, and its mean time in one inference.

    `tensors_in` and `tensors_out` are the engine's names, which are those of the ONNX file where a tensor
    survived; `origins` names the ONNX nodes that it represents, where the engine says so; `values` is how
    many values its result has, where the engine keeps no names to find it by.
    """

    name: str
    kind: str
    seconds: float
    tensors_in: tuple[str, ...] = ()
    tensors_out: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    values: int = 0


class Session(Protocol):
    """A network loaded by an engine, ready to run again and again on the same input."""

    version: str

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        ...
