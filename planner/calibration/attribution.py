"""Times of an engine's own nodes given to our kernels: which part of the ONNX file each node represents."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from planner.calibration.layer_order import StandsFor, operators_of_layers
from planner.engines.session import EngineNode
from planner.workload.fusion import Kernel
from planner.workload.workload import Workload

_BLOCKED = "_nchwc"
_TOKEN = re.compile(r"(_token_\d+)+$")
"""What ONNX Runtime puts behind the names of nodes that it makes anew."""
_LONGEST_WAY_BACK = 4
_TRANSPOSE = "Transpose"
_PRODUCTS = frozenset({"Convolution", "GroupConvolution", "Deconvolution", "FullyConnected"})
"""What OpenVINO calls nodes that hold a product."""
_NORMS = frozenset({"LayerNormalization", "InstanceNormalization", "GroupNormalization"})
_WITHOUT_BIAS = "/WithoutBiases"
"""What OpenVINO puts behind the name of a convolution whose bias it has taken out."""
_LONGEST_FUSED = 40
"""Operators that one engine node may represent; a longer way back means that its inputs are not known."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Seconds and number of engine nodes of each kernel in order; `lost_s` found no kernel."""

    seconds: tuple[float, ...]
    nodes: tuple[float, ...]
    lost_s: float


def seconds_of_kernels(
    workload: Workload,
    kernels: Sequence[Kernel],
    nodes: Sequence[EngineNode],
    stands_for: StandsFor | None = None,
) -> Attribution:
    """The engine's nodes and their seconds, kernel by kernel.

    A node belongs to the operators that it names as its origins, else to those between the tensors that it
    reads and writes, else to the one whose name its own begins with, else, where it was made of several, to
    that behind its maker, else to where its result goes (a reorder in front of a convolution is the
    convolution's). Of several kernels those with products take the time. With `stands_for`, for an engine
    that keeps no names, the order decides.
    """
    finder = _Finder(
        workload, kernels, _named_anew(workload, kernels, nodes, stands_for) if stands_for else nodes
    )
    seconds, counts = [0.0] * len(kernels), [0.0] * len(kernels)
    lost = 0.0
    for index, node in enumerate(nodes):
        homes = finder.homes(index)
        for home, share in finder.shares(homes, node):
            seconds[home] += node.seconds * share
            counts[home] += share
        lost += 0.0 if homes else node.seconds
    return Attribution(tuple(seconds), tuple(counts), lost)


def _named_anew(
    workload: Workload, kernels: Sequence[Kernel], nodes: Sequence[EngineNode], stands_for: StandsFor
) -> tuple[EngineNode, ...]:
    """The nodes with the file's names as origins; their own are kept apart from those of the file."""
    found = operators_of_layers(workload, kernels, nodes, stands_for)
    return tuple(
        replace(
            node,
            name=f"{_FOREIGN}{node.name}",
            tensors_in=tuple(f"{_FOREIGN}{name}" for name in node.tensors_in),
            tensors_out=tuple(f"{_FOREIGN}{name}" for name in node.tensors_out),
            origins=origins,
        )
        for node, origins in zip(nodes, found, strict=True)
    )


_FOREIGN = "\0"
"""No name of a file begins so."""


class _Finder:
    """Looks up the kernels that an engine's node represents."""

    def __init__(self, workload: Workload, kernels: Sequence[Kernel], nodes: Sequence[EngineNode]) -> None:
        self._nodes = nodes
        self._kernels = kernels
        self._macs = [kernel.macs for kernel in kernels]
        self._by_operator = {name: i for i, kernel in enumerate(kernels) for name in kernel.operators}
        self._writer = {
            access.tensor: operator for operator in workload.operators for access in operator.writes
        }
        self._products = {operator.name: operator.macs for operator in workload.operators}
        self._by_tensor = {
            name: self._by_operator[operator.name]
            for name, operator in self._writer.items()
            if operator.name in self._by_operator
        }
        self._names = sorted(self._by_operator)
        self._by_order = _matched_by_order(workload, kernels, nodes)
        self._readers: dict[str, list[int]] = {}
        self._made_by = {name: node for node in nodes for name in node.tensors_out}
        for index, node in enumerate(nodes):
            for name in node.tensors_in:
                self._readers.setdefault(name, []).append(index)

    def homes(self, index: int) -> list[int]:
        """Kernels among which the node's time is shared; empty where none is found."""
        found = self._found(index)
        if len(found) != 1:
            return found
        home, node = found[0], self._nodes[index]
        if node.kind == _TRANSPOSE:
            return [self._transposing(home)]
        if node.kind in _PRODUCTS and not self._macs[home]:
            return [self._not_named(home, lambda kernel: kernel.macs > 0)]
        if not self._is_of_the_file(node):
            return [self._not_named(home, lambda kernel: bool(_NORMS.intersection(kernel.op_types)))]
        return found

    def _is_of_the_file(self, node: EngineNode) -> bool:
        """Whether a node represents operators of the file by name, and is not one that the engine put in."""
        return bool(self._homes_of(node.origins)) or self._named(node) is not None

    @cached_property
    def _represented(self) -> frozenset[int]:
        """Kernels that some node is named after."""
        return frozenset(
            home
            for node in self._nodes
            for home in (self._homes_of(node.origins) or _known([self._named(node)]))
        )

    def _not_named(self, home: int, wanted: Callable[[Kernel], bool]) -> int:
        """The nearest such kernel at or before this one that no node is named after, else this one.

        A fused node is named after its last operator alone, and a normalisation that is taken apart has no
        name of the file: both are found on the way back from what is known.
        """
        waiting, seen = [home], {home}
        for _ in range(_LONGEST_WAY_BACK):
            waiting = [
                before
                for kernel in waiting
                for access in self._kernels[kernel].reads
                if (before := self._by_tensor.get(access.tensor)) is not None
                and before not in seen
                and before not in self._represented
            ]
            for kernel in waiting:
                if wanted(self._kernels[kernel]):
                    return kernel
            seen.update(waiting)
        return home

    def _transposing(self, home: int) -> int:
        """Where an engine drew a transposition past its neighbour, the kernel of the transposition itself."""
        if _TRANSPOSE in self._kernels[home].op_types:
            return home
        before = {self._by_tensor.get(access.tensor) for access in self._kernels[home].reads}
        written = {access.tensor for access in self._kernels[home].writes}
        behind = (
            index
            for index, kernel in enumerate(self._kernels)
            if any(access.tensor in written for access in kernel.reads)
        )
        near = (*(index for index in before if index is not None), *behind)
        return next((index for index in near if _TRANSPOSE in self._kernels[index].op_types), home)

    def _found(self, index: int) -> list[int]:
        node = self._nodes[index]
        # From the surest sign to the weakest; the first that finds a kernel decides.
        if index in self._by_order:
            return [self._by_order[index]]
        if node.origins:
            found = self._homes_of(node.origins)
            if found:
                return found
        between = self._between(node)
        if between:
            return between
        home = self._direct(node)
        if home is None:
            home = self._behind(node)
        return [home] if home is not None else self._beyond(index)

    def shares(self, homes: list[int], node: EngineNode) -> list[tuple[int, float]]:
        """The kernel that the node is named after takes all; else each by its products, or equally."""
        if len(homes) < 2:
            return [(home, 1.0) for home in homes]
        named = self._named(node)
        if named in homes:
            return [(named, 1.0)]
        total = sum(self._macs[home] for home in homes)
        # An engine's fused node times several kernels at once: products take most of it, so they divide it.
        return [(home, self._macs[home] / total if total else 1 / len(homes)) for home in homes]

    def _homes_of(self, names: Iterable[str]) -> list[int]:
        """Kernels of these operators: those of products, else the one with most of them, else all alike."""
        plain = (name.removesuffix(_WITHOUT_BIAS) for name in names)
        known = [name for name in plain if name in self._by_operator]
        products = {self._by_operator[name] for name in known if self._products[name]}
        # Element-wise operators beside a product cost little: the time goes to the product.
        if products:
            return sorted(products)
        counts = Counter(self._by_operator[name] for name in known)
        most = max(counts.values(), default=0)
        return sorted(home for home, count in counts.items() if count == most)

    def _between(self, node: EngineNode) -> list[int]:
        """Kernels of the operators that lead from what the node reads to what it writes; empty if unclear."""
        read = set(node.tensors_in)
        # Walk back from what the node writes until all ways end at what it reads; a way that leads elsewhere
        # means that the node's inputs are not the file's.
        waiting = [name for name in node.tensors_out if name in self._writer]
        if not waiting or len(waiting) < len(node.tensors_out):
            return []
        found: set[str] = set()
        met = False
        while waiting and len(found) < _LONGEST_FUSED:
            operator = self._writer[waiting.pop()]
            if operator.name in found:
                continue
            found.add(operator.name)
            met = met or any(access.tensor in read for access in operator.reads)
            waiting += [
                access.tensor
                for access in operator.reads
                if access.tensor in self._writer and access.tensor not in read
            ]
        return [] if waiting or not met else self._homes_of(found)

    def _direct(self, node: EngineNode) -> int | None:
        for name in node.tensors_out:
            if name in self._by_tensor:
                return self._by_tensor[name]
        named = self._named(node)
        return named if named is not None else next(iter(self._homes_of(node.origins)), None)

    def _behind(self, node: EngineNode) -> int | None:
        """For a node that the engine made of several and named anew: what reads its maker's kernel so."""
        spelled = _SPELLED.get(node.kind)
        maker = next((self._made_by[name] for name in node.tensors_in if name in self._made_by), None)
        before = self._direct(maker) if maker is not None and spelled else None
        if before is None or spelled is None:
            return None
        written = {access.tensor for access in self._kernels[before].writes}
        for index, kernel in enumerate(self._kernels):
            if spelled & set(kernel.op_types) and any(access.tensor in written for access in kernel.reads):
                return index
        return None

    def _named(self, node: EngineNode) -> int | None:
        plain = _TOKEN.sub("", node.name.removesuffix(_BLOCKED))
        for table in (self._by_operator, self._by_tensor):
            if plain in table:
                return table[plain]
        return self._by_prefix(plain)

    def _by_prefix(self, name: str) -> int | None:
        """The operator with the longest name that this one begins with, up to a separator."""
        place = bisect.bisect_right(self._names, name)
        # Names sorted: whatever the searched name begins with stands just before its place.
        for candidate in reversed(self._names[max(0, place - 3) : place]):
            if name.startswith(candidate) and not name[len(candidate) : len(candidate) + 1].isalnum():
                return self._by_operator[candidate]
        return None

    def _beyond(self, index: int) -> list[int]:
        """The kernels of the first readers, reader by reader, that are known; no more than five steps on."""
        waiting, seen = [index], {index}
        # Reorders and copies lie at most a few nodes before the kernel that they serve.
        for _ in range(5):
            ahead = [
                reader
                for current in waiting
                for name in self._nodes[current].tensors_out
                for reader in self._readers.get(name, ())
                if reader not in seen
            ]
            known = _known(self._direct(self._nodes[reader]) for reader in ahead)
            if known:
                return known[:1]
            waiting = ahead
            seen.update(ahead)
        makers = (self._made_by.get(name) for name in self._nodes[index].tensors_in)
        return _known(self._direct(maker) for maker in makers if maker is not None)[:1]


def _matched_by_order(
    workload: Workload, kernels: Sequence[Kernel], nodes: Sequence[EngineNode]
) -> dict[int, int]:
    """Recurrent layers, which engines rename: the n-th of a kind is the n-th in the file.

    A layer of both directions is two nodes of the engine, or one.
    """
    both = {
        name
        for node in workload.graph.nodes
        if node.attributes.get("direction") == "bidirectional"
        for name in node.outputs
    }
    found: dict[int, int] = {}
    for kind, op_type in _RENAMED.items():
        engine = [index for index, node in enumerate(nodes) if node.kind == kind]
        ours = [index for index, kernel in enumerate(kernels) if op_type in kernel.op_types]
        twice = [index for index in ours for _ in range(1 + _writes_one_of(kernels[index], both))]
        for each in (ours, twice):
            if len(engine) == len(each):
                found.update(zip(engine, each, strict=True))
                break
    return found


def _writes_one_of(kernel: Kernel, tensors: Collection[str]) -> bool:
    return any(access.tensor in tensors for access in kernel.writes)


_SPELLED = {"Gelu": {"Gelu", "Erf"}, "FastGelu": {"Tanh"}, "QuickGelu": {"Sigmoid"}}
"""Nodes that represent a few operators, with those that identify them."""
_RENAMED = {"LSTMSequence": "LSTM", "GRUSequence": "GRU"}


def _known(homes: Iterable[int | None]) -> list[int]:
    return [home for home in homes if home is not None]
