"""From a resolved graph to counted operators: which tensors each touches and what it computes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.workload.control_flow import Body
from planner.workload.dtypes import BITS, precision_of, storage_bytes
from planner.workload.graph import Node, TensorSpec
from planner.workload.operation import Access, Kind, Operator, Tensor, Unresolved
from planner.workload.operators.counting_rule import Call, Count, UncountedError
from planner.workload.operators.table import count
from planner.workload.roles import Readers, readers_of, role
from planner.workload.shapes import Resolved

_PASSING = frozenset({"Identity", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten"})


@dataclass(frozen=True, slots=True)
class Counted:
    """Operators in execution order, and what was left out: nodes folded at loading, nodes not counted."""

    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    unresolved: tuple[Unresolved, ...]
    folded: tuple[str, ...]


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
        self._producers = {
            name: node for node in resolved.graph.nodes for name in node.outputs if name in resolved.fixed
        }
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
        for name, weight in graph.initializers.items():
            if name in self._readers and weight.spec.dtype in BITS:
                self._add(name, weight.spec, role(name, weight, self._readers))
        for name in graph.inputs.keys() & self._resolved.tensors.keys():
            self._add(name, self._resolved.tensors[name], "activation")
        for node in graph.nodes:
            self._visit(node)
        return Counted(self._tensors, tuple(self._operators), tuple(self._unresolved), tuple(self._folded))

    def _add(self, name: str, spec: TensorSpec, kind: Kind) -> None:
        shape = tuple(int(dim) for dim in spec.shape)
        self._tensors[name] = Tensor(name, spec.dtype, shape, math.prod(shape), kind)

    def _visit(self, node: Node) -> None:
        reason = self._resolved.failures.get(node.name)
        outputs = [name for name in node.outputs if name]
        if reason is None and all(name in self._resolved.fixed for name in outputs):
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
            self._unresolved.append(Unresolved(node.name, op_type, reason, reads))

    def _unsized(self, node: Node) -> str | None:
        """Why a node cannot be counted by its element types: strings have no fixed size."""
        for name in (*node.inputs, *node.outputs):
            spec = self._resolved.tensors.get(name)
            if name and spec is not None and spec.dtype not in BITS:
                return f"tensor {name!r} of type {spec.dtype} has no fixed size"
        return None

    def _operator(self, node: Node) -> Operator:
        bodies = self._resolved.bodies.get(node.name)
        return self._single(node) if bodies is None else self._control(node, bodies)

    def _single(self, node: Node) -> Operator:
        call = self._call(node)
        work = count(call)
        reads, weights = self._inputs(node, work)
        writes = tuple(
            Access(name, work.writes.get(position, self._tensors[name].elements))
            for position, name in enumerate(node.outputs)
            if name
        )
        return self._measured(
            Operator(
                name=node.name,
                op_type=f"{node.domain}:{node.op_type}" if node.domain else node.op_type,
                op_class=work.op_class,
                macs=work.macs,
                flops=2 * work.macs + int(work.operations),
                reads=reads,
                writes=writes,
                weights=weights,
                input_bytes=0,
                output_bytes=0,
                weight_bytes=0,
                precision=self._precision(node),
                contraction=work.contraction,
            )
        )

    def _measured(self, operator: Operator) -> Operator:
        return with_bytes(operator, self._tensors)

    def _call(self, node: Node) -> Call:
        known = self._resolved
        return Call(
            node=node,
            inputs=tuple(self._shape(name) for name in node.inputs),
            outputs=tuple(self._shape(name) for name in node.outputs),
            fixed=frozenset(position for position, name in enumerate(node.inputs) if name in known.fixed),
            values={
                position: known.values[name]
                for position, name in enumerate(node.inputs)
                if name in known.values
            },
            opset=known.graph.opset,
        )

    def _shape(self, name: str) -> tuple[int, ...] | None:
        return tuple(int(dim) for dim in self._resolved.tensors[name].shape) if name else None

    def _inputs(self, node: Node, work: Count) -> tuple[tuple[Access, ...], tuple[Access, ...]]:
        reads: dict[str, int] = {}
        weights: dict[str, int] = {}
        for position, name in enumerate(node.inputs):
            if not name:
                continue
            if name in self._resolved.fixed:
                stored = self._stored(name)
                whole = self._tensors[stored].elements
                taken = work.reads.get(position, whole)
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

    def _stored(self, name: str) -> str:
        """The constant that an engine keeps for a fixed tensor: its weight, or its value worked out."""
        producer = self._producers.get(name)
        if producer is None:
            if name not in self._tensors:
                self._add(name, self._resolved.tensors[name], "constant")
            return name
        source = producer.inputs[0] if producer.inputs else ""
        if source and self._converts(producer, source):
            return self._stored(source)
        if name not in self._tensors:
            self._add(name, self._resolved.tensors[name], "constant")
        return name

    def _converts(self, producer: Node, source: str) -> bool:
        if producer.op_type == "DequantizeLinear":
            return True
        same_type = self._resolved.tensors[source].dtype == self._resolved.tensors[producer.outputs[0]].dtype
        return producer.op_type in _PASSING and same_type

    def _precision(self, node: Node) -> str:
        """Precision of the first input of a type that is computed with, else of the first tensor."""
        names = [name for name in (*node.inputs, *node.outputs) if name]
        kinds = [precision_of(self._resolved.tensors[name].dtype) for name in names]
        return next((kind for kind in kinds if kind.startswith(("fp", "bf", "int8", "int4"))), kinds[0])

    def _control(self, node: Node, bodies: tuple[Body, ...]) -> Operator:
        """One operator with the totals of its subgraph times its rounds; of branches the costlier one."""
        counted = [(self._body(body), body.repeats) for body in bodies]
        inner, repeats = max(counted, key=lambda pair: _cost(pair[0]) * pair[1])
        if inner.unresolved:
            first = inner.unresolved[0]
            raise UncountedError(f"its subgraph's node {first.name!r}: {first.reason}")
        outer = self._runtime | self._resolved.fixed
        names = {name: name if name in outer else f"{node.name}/{name}" for name in inner.tensors}
        for name, tensor in inner.tensors.items():
            if name not in self._tensors:
                self._tensors[names[name]] = replace(tensor, name=names[name])

        def total(accesses: list[Access]) -> tuple[Access, ...]:
            return tuple(Access(names[access.tensor], access.elements * repeats) for access in accesses)

        operators = inner.operators
        results = tuple(Access(name, 0) for name in node.outputs if name)
        passed = tuple(Access(name, 0) for name in node.inputs if name in self._runtime)
        return self._measured(
            Operator(
                name=node.name,
                op_type=node.op_type,
                op_class="control",
                macs=repeats * sum(operator.macs for operator in operators),
                flops=repeats * sum(operator.flops for operator in operators),
                reads=(*passed, *total([access for operator in operators for access in operator.reads])),
                writes=(*results, *total([access for operator in operators for access in operator.writes])),
                weights=total([access for operator in operators for access in operator.weights]),
                input_bytes=0,
                output_bytes=0,
                weight_bytes=0,
                precision=max(operators, key=lambda operator: operator.flops).precision
                if operators
                else "bool",
            )
        )

    def _body(self, body: Body) -> Counted:
        return _Counter(body.resolved, self._readers).run()


def _cost(counted: Counted) -> int:
    return sum(operator.flops for operator in counted.operators)


def with_bytes(operator: Operator, tensors: Mapping[str, Tensor]) -> Operator:
    """The operator with its bytes taken from the element types of the tensors it touches."""
    return replace(
        operator,
        input_bytes=access_bytes(operator.reads, tensors),
        output_bytes=access_bytes(operator.writes, tensors),
        weight_bytes=access_bytes(operator.weights, tensors),
    )


def access_bytes(accesses: tuple[Access, ...], tensors: Mapping[str, Tensor]) -> int:
    """Bytes moved by accesses."""
    return sum(storage_bytes(tensors[access.tensor].dtype, access.elements) for access in accesses)
