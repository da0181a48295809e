"""What a user says of a network beside its file: sizes, values and counts that the file leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from planner.workload.graph import Array

Extents = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Sizes of inputs and of what depends on data, each None or empty where nobody asked.

    `batch` is the first extent of the inputs, `shapes` whole inputs by name, `dims` the open extents by
    their names. `extents` are shapes of tensors between the nodes that depend on data, `values` what inputs
    hold, and `rounds` how often a `Loop` runs, by the name of its node.
    """

    batch: int | None = None
    shapes: Mapping[str, Extents] = field(default_factory=lambda: MappingProxyType({}))
    dims: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    extents: Mapping[str, Extents] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))
    rounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
