"""Keys and values where engines keep them: a cache that grows in place, heads that are shared by reading.

Exporters spell a decoding step out: the new keys are concatenated to the cached ones, repeated for the query
heads that share them and transposed for the product. Engines that serve language models do none of it: they
write the new tokens behind the old ones and read each cached number once (Dao et al. 2022, arXiv:2205.14135;
Kwon et al. 2023, arXiv:2309.06180). What is recognised here: a concatenation of an input of the network that
is one of its outputs, or a repetition of heads, from which only copies lead to a product of two activations.
What is spelt otherwise (scattered into a cache of full length, gathered by beams) is counted as it is
written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from planner.workload.counting import Counted, with_bytes
from planner.workload.operation import Access, Operator

_COPYING = frozenset({"Transpose", "Expand", "Tile", "Cast"})
_REPEATING = frozenset({"Expand", "Tile"})
_VIEWING = "view"


@dataclass(frozen=True, slots=True)
class _Way:
    """From a stored tensor to the product that reads it: the copies between, and whether heads repeat."""

    store: str
    copies: tuple[int, ...]
    repeats: bool


def in_place(counted: Counted, inputs: Sequence[str], outputs: Sequence[str]) -> Counted:
    """The operators with caches appended to and read where they are, and what was assumed of them."""
    site = _CacheSite(counted, frozenset(inputs), frozenset(outputs))
    grown: set[int] = set()
    copies: set[int] = set()
    products: dict[int, dict[str, int]] = {}
    for index, operator in enumerate(counted.operators):
        if operator.op_class != "matmul" or operator.weights:
            continue
        for access in operator.reads:
            way = site.way(access.tensor)
            maker = site.maker.get(way.store)
            cached = maker is not None and site.grows(maker)
            if not cached and not way.repeats:
                continue
            if maker is not None and cached:
                grown.add(maker)
            copies.update(way.copies)
            products.setdefault(index, {})[access.tensor] = counted.tensors[way.store].elements
    if not grown and not copies:
        return counted
    operators = tuple(
        site.appended(operator)
        if index in grown
        else site.viewed(operator)
        if index in copies
        else site.read_once(operator, products[index])
        if index in products
        else operator
        for index, operator in enumerate(counted.operators)
    )
    assumptions = (*counted.assumptions, _said(len(grown)))
    return replace(counted, operators=operators, assumptions=assumptions, caches=len(grown))


def _said(grown: int) -> str:
    if not grown:
        return "keys and values are read once for all query heads that share them, not repeated for each"
    return (
        f"{grown} caches of keys or values are appended to in place and read once where they are, as engines "
        "that serve language models do; the copies that the file spells out (repeat, transpose, concatenate) "
        "are not counted"
    )


class _CacheSite:
    """Who makes and who reads which tensor."""

    def __init__(self, counted: Counted, inputs: frozenset[str], outputs: frozenset[str]) -> None:
        self._counted = counted
        self._inputs = inputs
        self._outputs = outputs
        self._lost = {name for item in counted.unresolved for name in item.reads}
        self.maker: Mapping[str, int] = {
            access.tensor: index
            for index, operator in enumerate(counted.operators)
            for access in operator.writes
        }
        self._readers: dict[str, list[int]] = {}
        for index, operator in enumerate(counted.operators):
            for access in operator.reads:
                self._readers.setdefault(access.tensor, []).append(index)

    def way(self, name: str) -> _Way:
        """Back through copies and views that serve nothing else, to what is stored."""
        copies: list[int] = []
        repeats = False
        while (maker := self.maker.get(name)) is not None:
            operator = self._counted.operators[maker]
            plain = operator.op_type in _COPYING or operator.op_class == _VIEWING
            alone = len(self._readers.get(name, ())) == 1 and name not in self._outputs | self._lost
            if not plain or not alone or not operator.reads:
                break
            copies.append(maker)
            repeats = repeats or self._repeats(operator)
            name = operator.reads[0].tensor
        return _Way(name, tuple(copies), repeats)

    def _repeats(self, operator: Operator) -> bool:
        if operator.op_type not in _REPEATING:
            return False
        before, after = (
            self._counted.tensors[access.tensor].elements
            for access in (*operator.reads[:1], *operator.writes[:1])
        )
        return after > before

    def grows(self, index: int) -> bool:
        """Whether an operator concatenates an input of the network that leaves it longer."""
        operator = self._counted.operators[index]
        if operator.op_type != "Concat" or len(operator.reads) != 2:
            return False
        kept = any(self._kept(access.tensor) for access in operator.writes)
        return kept and self._old(operator) is not None

    def _kept(self, name: str) -> bool:
        """Whether a tensor is an output of the network, be it through views."""
        if name in self._outputs:
            return True
        views = (self._counted.operators[index] for index in self._readers.get(name, ()))
        return any(view.op_class == _VIEWING and self._kept(view.writes[0].tensor) for view in views)

    def _old(self, operator: Operator) -> str | None:
        return next((access.tensor for access in operator.reads if access.tensor in self._inputs), None)

    def appended(self, operator: Operator) -> Operator:
        """A concatenation that reads and writes the new tokens alone."""
        old = self._old(operator)
        reads = tuple(
            Access(access.tensor, 0 if access.tensor == old else access.elements) for access in operator.reads
        )
        new = sum(access.elements for access in reads)
        return self._sized(replace(operator, reads=reads, writes=(Access(operator.writes[0].tensor, new),)))

    def viewed(self, operator: Operator) -> Operator:
        """A copy that nobody makes."""
        reads = tuple(Access(access.tensor, 0) for access in operator.reads)
        writes = tuple(Access(access.tensor, 0) for access in operator.writes)
        return self._sized(
            replace(operator, op_class="view", flops=0, weights=(), reads=reads, writes=writes)
        )

    def read_once(self, operator: Operator, stored: Mapping[str, int]) -> Operator:
        """A product that reads what is stored, each number once."""
        reads = tuple(Access(one.tensor, stored.get(one.tensor, one.elements)) for one in operator.reads)
        return self._sized(replace(operator, reads=reads))

    def _sized(self, operator: Operator) -> Operator:
        return with_bytes(operator, self._counted.tensors, operator.precision)
