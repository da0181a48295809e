"""Nodes that no layer of a profile mentions, given to the layer that they were joined to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from planner.engines.imports.profile import ProfileLayer
from planner.workload.graph import Node

_HEAVY = frozenset({"Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU", "RNN", "Attention", "Einsum"})
_BEFORE_NEXT = re.compile(r"gemm_input_reshape|ReorderInput|Memcpy.*Host|InsertedPrecisionFreeCast")
_AFTER_LAST = re.compile(r"gemm_output_reshape|ReorderOutput")
"""Kernels of an engine's own that prepare for the next kernel, or follow up the last one."""


def with_joined(layers: Sequence[ProfileLayer], nodes: Sequence[Node], tool: str) -> list[ProfileLayer]:
    """The layers with the nodes that they hold without a mention, and an engine's own kernels beside them."""
    if tool == "onnxruntime":
        layers = _by_place(layers, nodes)
    return _with_own_kernels(_Joiner(layers, nodes, tool).joined())


def _by_place(layers: Sequence[ProfileLayer], nodes: Sequence[Node]) -> list[ProfileLayer]:
    """Kernels without any name of the network (`Gelu_token_12`): the nodes between their neighbours'.

    Layers and nodes are in the order in which they run.
    """
    order = {node.name: place for place, node in enumerate(nodes)}
    mentioned = {name for layer in layers for name in layer.operators}
    free = [node.name for node in nodes if node.name not in mentioned]
    last = -1
    before = []
    for layer in layers:
        before.append(last)
        last = max((order[name] for name in layer.operators if name in order), default=last)
    next_first = len(nodes)
    given = list(layers)
    for place in reversed(range(len(layers))):
        layer = layers[place]
        if layer.operators:
            next_first = min((order[name] for name in layer.operators if name in order), default=next_first)
        elif not _BEFORE_NEXT.match(layer.name) and not _AFTER_LAST.match(layer.name):
            between = tuple(name for name in free if before[place] < order[name] < next_first)
            given[place] = replace(layer, operators=between)
    return given


class _Joiner:
    """Places each node that is not mentioned by the layers around it."""

    def __init__(self, layers: Sequence[ProfileLayer], nodes: Sequence[Node], tool: str) -> None:
        self._layers, self._nodes, self._tool = layers, nodes, tool
        self._place: dict[str, int] = {}
        # Of several layers that mention a node, the longest is the node's own: the others convert for it.
        for place in sorted(range(len(layers)), key=lambda place: layers[place].latency_s):
            self._place |= dict.fromkeys(layers[place].operators, place)
        self._op_types = {node.name: node.op_type for node in nodes}
        self._writers = {name: node.name for node in nodes for name in node.outputs if name}
        self._readers: dict[str, list[str]] = {}
        for node in nodes:
            for name in node.inputs:
                self._readers.setdefault(name, []).append(node.name)

    def joined(self) -> list[ProfileLayer]:
        """The layers, each with all its nodes in the order of the file."""
        mentioned = set(self._place)
        for node in reversed(self._nodes):  # from its reader back: a product before its bias
            self._put(node, self._by_reader(node))
        for node in self._nodes:  # from its writer on: an activation behind its convolution
            if node.op_type not in _HEAVY:
                self._put(node, self._by_writer(node))
        for node in reversed(self._nodes):  # before an activation that is all a layer mentions
            self._put(node, self._by_any_reader(node))
        held: dict[int, list[str]] = {}
        for node in self._nodes:
            place = self._place.get(node.name)
            if place is not None and (
                node.name not in mentioned or node.name in self._layers[place].operators
            ):
                held.setdefault(place, []).append(node.name)
        return [
            layer
            if len(held.get(place, ())) <= len(layer.operators)
            else replace(layer, operators=tuple(held[place]))
            for place, layer in enumerate(self._layers)
        ]

    def _put(self, node: Node, place: int | None) -> None:
        if place is not None:
            self._place.setdefault(node.name, place)

    def _by_reader(self, node: Node) -> int | None:
        """The only layer that reads a node: always for a product, else where the layer says that it joins."""
        place = self._by_any_reader(node)
        joins = node.op_type in _HEAVY or (place is not None and self._says_that_it_joins(place))
        return place if joins else None

    def _by_any_reader(self, node: Node) -> int | None:
        places = {self._place.get(name) for out in node.outputs for name in self._readers.get(out, ())}
        return places.pop() if len(places) == 1 else None

    def _by_writer(self, node: Node) -> int | None:
        written = [self._writers[name] for name in node.inputs if name in self._writers]
        places = [self._place[name] for name in written if name in self._place]
        return places[-1] if places else None

    def _says_that_it_joins(self, place: int) -> bool:
        """By its name, or as it runs another operator than its node is (QuickGelu for Mul)."""
        layer = self._layers[place]
        if self._tool != "onnxruntime":  # what is noted there is a kernel and no operator
            return False
        kinds = {self._op_types.get(name, "") for name in layer.operators}
        return "Fusion" in layer.name or (bool(layer.kind) and layer.kind not in kinds)


def _with_own_kernels(layers: Sequence[ProfileLayer]) -> list[ProfileLayer]:
    """Kernels that only rearrange for another, whose name or place says for which, counted to its nodes."""
    given = list(layers)
    known = {layer.name: layer.operators for layer in layers if layer.operators}
    for place, layer in enumerate(layers):
        if layer.operators:
            continue
        named = next((known[part] for part in _ends(layer.name) if part in known), ())
        if named:
            near = iter([named])
        elif _BEFORE_NEXT.match(layer.name):
            near = (other.operators for other in layers[place + 1 :] if other.operators)
        elif _AFTER_LAST.match(layer.name):
            near = (other.operators for other in reversed(layers[:place]) if other.operators)
        else:
            continue
        given[place] = replace(layer, operators=next(near, ()), kind=layer.kind or "reformat")
    return given


def _ends(text: str) -> Iterator[str]:
    """The ends of a name from each underscore on: `a_b_c` is a conversion for `b_c` or `c`."""
    return (text[place + 1 :] for place, letter in enumerate(text) if letter == "_")
