"""The networks of the zoo by name: what each is, what was published about it, and its graph."""

from __future__ import annotations

from planner.errors import UnknownIdError
from planner.workload.graph import Graph
from planner.zoo import classifiers, detectors, language
from planner.zoo.reference import Entry, ReferenceNetwork


def names() -> tuple[str, ...]:
    """Names of all networks, families together."""
    return tuple(_NETWORKS)


def describe(name: str) -> ReferenceNetwork:
    """What is known of one network; `UnknownIdError` with the nearest names for any other."""
    return _entry(name)[0]


def build(name: str) -> Graph:
    """The graph of one network (opset 17, symbolic batch); `UnknownIdError` for any other name."""
    return _entry(name)[1](name)


_NETWORKS = {
    network.name: (network, builder)
    for network, builder in (*classifiers.ENTRIES, *detectors.ENTRIES, *language.ENTRIES)
}


def _entry(name: str) -> Entry:
    try:
        return _NETWORKS[name]
    except KeyError:
        raise UnknownIdError("network", name, _NETWORKS, "`planner zoo list` shows all") from None
