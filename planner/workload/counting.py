"""From a resolved graph to counted operators: which tensors each touches and what it computes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.formulas import formula
from planner.workload.dtypes import BITS, TEXT, precision_of, storage_bytes
from planner.workload.graph import Node, TensorSpec
from planner.workload.operation import Access, Operator, Tensor, TensorRole, Unresolved
from planner.workload.operators.counted_once import CountedOnce, Known
from planner.workload.operators.counting_rule import Call, Count, UncountedError
from planner.workload.operators.table import count
from planner.workload.roles import Readers, holds_packed, readers_of, role, unpacked
from planner.workload.shapes.control_site import Body
from planner.workload.shapes.resolve import Resolved

_PASSING = frozenset({"Identity", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten"})


@dataclass(frozen=True, slots=True)
class Counted:
    """Operators in execution order, and what was left out: nodes folded at loading, nodes not counted."""

    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    unresolved: tuple[Unresolved, ...]
    folded: tuple[str, ...]
    assumptions: tuple[str, ...] = ()
    caches: int = 0
    """Keys and values of earlier tokens that are appended to: a language model that writes one token."""


_TEXT_ASSUMED = "a string moves as a reference of 16 bytes, as the file does not say how long texts are"


@formula("operations")
def count_operators(resolved: Resolved) -> Counted:
    """Counts every node of a resolved graph that runs for each inference.

    A node whose outputs do not depend on the inputs is folded: an engine computes it once at loading. Its
    readers read the weight it merely converts or reshapes, else its result as a constant.
    """
    return _Counter(resolved, readers_of(resolved.graph.nodes)).run()


class _Counter:
    """Walks the nodes of one graph, collecting tensors and operators."""

    def __init__(self, resolved: Resolved, readers: Readers) -> None:
        self._resolved = resolved
        self._readers = readers
        self._tensors: dict[str, Tensor] = {}
        self._operators: list[Operator] = []
        self._unresolved: list[Unresolved] = []
        self._folded: list[str] = []
        self._reads_text = False
        self._unsized_tensors = {name for name, spec in resolved.tensors.items() if spec.dtype not in BITS}
        self._producers = {
            name: node for node in resolved.graph.nodes for name in node.outputs if name in resolved.fixed
        }
        self._aside = set(self._producers)
        self._once = CountedOnce(
            Known(resolved.tensors, resolved.values, resolved.fixed, self._tensors, self._aside)
        )
        self._runtime = {
            name
            for name in (
                *resolved.graph.inputs,
                *(out for node in resolved.graph.nodes for out in node.outputs),
            )
            if name in resolved.tensors and name not in resolved.fixed
        }

    def run(self) -> Counted:
        """Counts all nodes."""
        graph = self._resolved.graph
        packed = holds_packed(graph.nodes)
        for name, weight in graph.initializers.items():
            if name in self._readers and weight.spec.dtype in BITS:
                spec = unpacked(name, weight.spec, self._readers) if packed else weight.spec
                if spec is not weight.spec:
                    self._aside.add(name)
                self._add(name, spec, role(name, weight, self._readers))
        for name in graph.inputs.keys() & self._resolved.tensors.keys():
            self._add(name, self._resolved.tensors[name], "activation")
        for node in graph.nodes:
            self._visit(node)
        return Counted(
            tensors=self._tensors,
            operators=tuple(self._operators),
            unresolved=tuple(self._unresolved),
            folded=tuple(self._folded),
            assumptions=(_TEXT_ASSUMED,) if self._reads_text else (),
        )

    def _add(self, name: str, spec: TensorSpec, kind: TensorRole) -> None:
        shape: tuple[int, ...] = spec.shape  # type: ignore[assignment] # resolved: no symbol is left
        self._tensors[name] = Tensor(name, spec.dtype, shape, math.prod(shape), kind)

    def _visit(self, node: Node) -> None:
        reason = self._resolved.failures.get(node.name)
        outputs = [name for name in node.outputs if name]
        if reason is None and self._resolved.fixed.issuperset(outputs):
            self._folded.append(node.name)
            return
        if reason is None:
            reason = self._unsized(node)
        if reason is None:
            for name in outputs:
                self._add(name, self._resolved.tensors[name], "activation")
            try:
                self._operators.append(self._operator(node))
            except UncountedError as error:
                reason = str(error)
        if reason is not None:
            reads = tuple(name for name in node.inputs if name in self._runtime)
            op_type = f"{node.domain}:{node.op_type}" if node.domain else node.op_type
            known = self._resolved
            unsized = tuple(name for name in outputs if name not in known.tensors)
            behind = known.behind.get(node.name)
            self._unresolved.append(Unresolved(node.name, op_type, reason, reads, behind, unsized))

    def _unsized(self, node: Node) -> str | None:
        """Why a node cannot be counted by its element types."""
        if not self._unsized_tensors:
            return None
        for name in self._unsized_tensors.intersection((*node.inputs, *node.outputs)):
            dtype = self._resolved.tensors[name].dtype
            if dtype != TEXT:
                return f"tensor {name!r} of type {dtype} has no fixed size"
            self._reads_text = True
        return None

    def _operator(self, node: Node) -> Operator:
        bodies = self._resolved.bodies.get(node.name)
        if bodies is None:
            return self._single(node)
        if node.op_type in CONTROLLING:
            return self._control(node, bodies)
        own = self._single(node)  # an operator with work of its own beside its subgraphs
        inner = self._control(node, bodies)
        return self._measured(
            replace(
                own,
                macs=own.macs + inner.macs,
                flops=own.flops + inner.flops,
                reads=(*own.reads, *inner.reads[len(node.inputs) :]),
                writes=(*own.writes, *inner.writes[len(node.outputs) :]),
                weights=(*own.weights, *inner.weights),
            )
        )

    def _single(self, node: Node) -> Operator:
        """One operator; of blocks that repeat the first is counted, and the others are like it."""
        key = self._once.key(node)
        if key is None:
            return self._worked_out(node)
        operator = self._once.find(key, node)
        if operator is None:
            operator = self._worked_out(node)
            self._once.keep(key, operator, node)
        return operator

    def _worked_out(self, node: Node) -> Operator:
        call = self._call(node)
        work = count(call)
        reads, weights = self._inputs(node, work)
        if work.held:
            held = f"{node.name}/attributes"
            self._add(held, TensorSpec("float", (work.held,)), "weight")
            weights = (*weights, Access(held, work.held))
        writes = tuple(
            [
                Access(name, work.writes.get(position, self._tensors[name].elements))
                for position, name in enumerate(node.outputs)
                if name
            ]
        )
        macs = work.macs
        tensors = self._tensors
        return Operator(
            node.name, f"{node.domain}:{node.op_type}" if node.domain else node.op_type, work.op_class,
            macs, 2 * macs + int(work.operations), reads, writes, weights,
            access_bytes(reads, tensors), access_bytes(writes, tensors), access_bytes(weights, tensors),
            self._precision(node), work.contraction, work.products,
        )  # fmt: skip

    def _measured(self, operator: Operator) -> Operator:
        return with_bytes(operator, self._tensors, operator.precision)

    def _call(self, node: Node) -> Call:
        known = self._resolved
        fixed, values = [], {}
        for position, name in enumerate(node.inputs):
            if name in known.fixed:
                fixed.append(position)
                if name in known.values:
                    values[position] = known.values[name]
        return Call(
            node=node,
            inputs=tuple([self._shape(name) for name in node.inputs]),
            outputs=tuple([self._shape(name) for name in node.outputs]),
            fixed=frozenset(fixed),
            values=values,
            opset=known.graph.opset,
        )

    def _shape(self, name: str) -> tuple[int, ...] | None:
        return self._resolved.tensors[name].shape if name else None  # type: ignore[return-value]

    def _inputs(self, node: Node, work: Count) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
        reads: dict[str, int] = {}
        weights: dict[str, int] = {}
        for position, name in enumerate(node.inputs):
            if not name:
                continue
            if name in self._resolved.fixed:
                stored = self._stored(name)
                whole = self._tensors[stored].elements
                taken = self._taken(name, whole, work.reads.get(position))
                weights[stored] = min(whole, weights.get(stored, 0) + taken)
            else:
                if name not in self._tensors:  # captured from the graph around a subgraph
                    self._add(name, self._resolved.tensors[name], "activation")
                whole = self._tensors[name].elements
                reads[name] = min(whole, reads.get(name, 0) + work.reads.get(position, whole))
        return (
            tuple(Access(name, elements) for name, elements in reads.items()),
            tuple(Access(name, elements) for name, elements in weights.items() if elements),
        )

    def _taken(self, name: str, whole: int, elements: int | None) -> int:
        """How many numbers of a weight are read, where its elements may hold several."""
        if elements is None:
            return whole
        filed = self._resolved.tensors[name].elements
        return elements if filed == whole or not filed else elements * whole // filed

    def _stored(self, name: str) -> str:
        """The constant that an engine keeps for a fixed tensor: its weight, or its value worked out."""
        producer = self._producers.get(name)
        while producer is not None and producer.inputs and self._converts(producer, producer.inputs[0]):
            name = producer.inputs[0]
            producer = self._producers.get(name)
        if name not in self._tensors:
            self._add(name, self._resolved.tensors[name], "constant")
        return name

    def _converts(self, producer: Node, source: str) -> bool:
        if not source or self._resolved.tensors[source].dtype not in BITS:
            return False
        if producer.op_type == "DequantizeLinear":
            return True
        same_type = self._resolved.tensors[source].dtype == self._resolved.tensors[producer.outputs[0]].dtype
        return producer.op_type in _PASSING and same_type

    def _precision(self, node: Node) -> str:
        """Precision of the first input of a type that is computed with, else of the first tensor."""
        if node.op_type == "MatMulNBits":
            level = node.attributes.get("accuracy_level", 0)
            asked = _ACCURACY_LEVELS.get(level) if isinstance(level, int) else None
            if asked is not None:
                return asked
        first = None
        for name in (*node.inputs, *node.outputs):
            if name:
                kind = precision_of(self._resolved.tensors[name].dtype)
                if kind.startswith(("fp", "bf", "int8", "int4")):
                    return kind
                first = first or kind
        return first or "bool"

    def _control(self, node: Node, bodies: tuple[Body, ...]) -> Operator:
        """One operator with the totals of its subgraphs times their rounds; of branches the costlier one."""
        counted = [(self._body(body), body.repeats) for body in bodies]
        if node.op_type == "If":
            whole = [pair for pair in counted if not pair[0].unresolved]
            counted = [max(whole or counted, key=lambda pair: _cost(pair[0]) * pair[1])]
        lost = next((inner.unresolved[0] for inner, _ in counted if inner.unresolved), None)
        if lost is not None:
            raise UncountedError(f"its subgraph's node {lost.name!r}: {lost.reason}")
        reads = [Access(name, 0) for name in node.inputs if name in self._runtime]
        writes = [Access(name, 0) for name in node.outputs if name]
        weights: list[Access] = []
        for index, (inner, repeats) in enumerate(counted):
            prefix = f"{node.name}/{index}" if len(counted) > 1 else node.name
            names = self._adopted(inner, prefix)
            for operator in inner.operators:
                reads += _repeated(operator.reads, names, repeats)
                writes += _repeated(operator.writes, names, repeats)
                weights += _repeated(operator.weights, names, repeats)
        operators = [(operator, repeats) for inner, repeats in counted for operator in inner.operators]
        heaviest = max((operator for operator, _ in operators), key=lambda found: found.flops, default=None)
        return self._measured(
            Operator(
                name=node.name,
                op_type=node.op_type,
                op_class="control",
                macs=sum(operator.macs * repeats for operator, repeats in operators),
                flops=sum(operator.flops * repeats for operator, repeats in operators),
                reads=tuple(reads),
                writes=tuple(writes),
                weights=tuple(weights),
                input_bytes=0,
                output_bytes=0,
                weight_bytes=0,
                precision=heaviest.precision if heaviest is not None else "bool",
            )
        )

    def _adopted(self, inner: Counted, prefix: str) -> Mapping[str, str]:
        """Takes in the tensors of a subgraph; its own ones get the node's name before theirs."""
        outer = self._runtime | self._resolved.fixed
        names = {name: name if name in outer else f"{prefix}/{name}" for name in inner.tensors}
        for name, tensor in inner.tensors.items():
            if name not in self._tensors:
                self._tensors[names[name]] = replace(tensor, name=names[name])
        return names

    def _body(self, body: Body) -> Counted:
        return _Counter(body.resolved, self._readers).run()


CONTROLLING = frozenset({"If", "Loop", "Scan", "SequenceMap"})
"""Operators that are nothing but their subgraphs."""

_ACCURACY_LEVELS = {1: "fp32", 2: "fp16", 3: "bf16", 4: "int8"}
"""What `MatMulNBits` computes in, by its attribute (ONNX Runtime, ContribOperators.md)."""


def _repeated(accesses: tuple[Access, ...], names: Mapping[str, str], repeats: int) -> list[Access]:
    return [Access(names[access.tensor], access.elements * repeats) for access in accesses]


def _cost(counted: Counted) -> int:
    return sum(operator.flops for operator in counted.operators)


def with_bytes(operator: Operator, tensors: Mapping[str, Tensor], precision: str) -> Operator:
    """The operator at a precision, its bytes taken from the element types of the tensors it touches."""
    return replace(
        operator,
        precision=precision,
        input_bytes=access_bytes(operator.reads, tensors),
        output_bytes=access_bytes(operator.writes, tensors),
        weight_bytes=access_bytes(operator.weights, tensors),
    )


def access_bytes(accesses: tuple[Access, ...], tensors: Mapping[str, Tensor]) -> int:
    """Bytes moved by accesses."""
    moved = 0
    for access in accesses:
        moved += storage_bytes(tensors[access.tensor].dtype, access.elements)
    return moved
