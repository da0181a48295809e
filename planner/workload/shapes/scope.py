"""What is known of the tensors of one graph while its nodes are walked in execution order.

Integer arithmetic on shapes is worked out on the way (`Shape`, `Gather`, `Concat`, `Reshape` chains), rules
infer the rest. A node whose outputs cannot be inferred is a failure with its reason, and so is every node
that depends on it, unless the file notes the type of what it writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from planner.workload.file.onnx_rules import Opsets, RuleError
from planner.workload.graph import Array, Graph, Initializer, Node, TensorSpec
from planner.workload.output_rules.sequences import held_value
from planner.workload.output_rules.site import NodeContext, OutputTypes
from planner.workload.output_rules.table import infer
from planner.workload.shapes.canonical import hoist_constants
from planner.workload.shapes.constant_values import LARGEST, exact, fold, shape_value
from planner.workload.shapes.control_flow import BODY_RULES, Body, ControlSite
from planner.workload.shapes.rebatch import rebatch

_RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A graph with its constants hoisted, and what is known of its tensors.

    `fixed` names tensors that do not depend on input values, so that an engine computes them once.
    `failures` maps the nodes that could not be resolved to reasons, `bodies` the nodes with subgraphs to
    these.
    """

    graph: Graph
    tensors: Mapping[str, TensorSpec]
    values: Mapping[str, Array]
    fixed: frozenset[str]
    failures: Mapping[str, str]
    bodies: Mapping[str, tuple[Body, ...]]
    assumptions: tuple[str, ...]


class Scope:
    """What is known while the nodes of one graph (or subgraph) are walked."""

    def __init__(
        self,
        graph: Graph,
        inputs: Mapping[str, TensorSpec],
        factor: int,
        outer: Scope | None = None,
        declared: Mapping[str, TensorSpec] | None = None,
    ) -> None:
        self._graph = graph
        self._factor = factor
        self._opsets = Opsets(graph.opset, graph.domains)
        self._declared = declared or {}
        self._tensors: dict[str, TensorSpec] = dict(outer._tensors) if outer else {}
        self._values: dict[str, Array] = dict(outer._values) if outer else {}
        self._fixed: set[str] = set(outer._fixed) if outer else set()
        self._literal: set[str] = set(outer._literal) if outer else set()
        self._culprits: dict[str, str] = dict(outer._culprits) if outer else {}
        self._failures: dict[str, str] = {}
        self._bodies: dict[str, tuple[Body, ...]] = {}
        self._assumptions: list[str] = []
        self._rebatched_nodes: list[str] = []
        self._nodes: list[Node] = []
        self._tensors.update(inputs)
        for name, weight in graph.initializers.items():
            self._add_weight(name, weight)

    def _add_weight(self, name: str, weight: Initializer) -> None:
        self._tensors[name] = weight.spec
        self._fixed.add(name)
        self._literal.add(name)
        if weight.values is not None:
            self._values[name] = weight.values

    def run(self) -> Resolved:
        """Walks all nodes."""
        for node in self._graph.nodes:
            self._visit(node)
        initializers = {
            **self._graph.initializers,
            **{
                name: Initializer(self._tensors[name], self._values[name], literal=True)
                for node in self._nodes
                for name in node.inputs
                if name.endswith(_REBATCHED) and name not in self._graph.initializers
            },
        }
        return Resolved(
            graph=replace(self._graph, nodes=tuple(self._nodes), initializers=MappingProxyType(initializers)),
            tensors=MappingProxyType(self._tensors),
            values=MappingProxyType(self._values),
            fixed=frozenset(self._fixed),
            failures=MappingProxyType(self._failures),
            bodies=MappingProxyType(self._bodies),
            assumptions=tuple(self._assumptions + self._rebatch_notes()),
        )

    def _rebatch_notes(self) -> list[str]:
        if not self._rebatched_nodes:
            return []
        names = ", ".join(self._rebatched_nodes[:3])
        more = len(self._rebatched_nodes) - 3
        listed = f"{names} and {more} more" if more > 0 else names
        return [f"constant target shapes are read as for {self._factor} times the batch at {listed}"]

    def _visit(self, node: Node) -> None:
        # The first node that failed is named, not the last in a long chain behind it.
        culprit = next((self._culprits[name] for name in node.inputs if name in self._culprits), None)
        if culprit is not None:
            self._nodes.append(node)
            self._fail(node, f"depends on {culprit!r}, which is unresolved", culprit)
            return
        if self._factor > 1:
            node = self._rebatched(node)
        self._nodes.append(node)
        try:
            answer = self._answer(node)
            self._accept(node, answer)
        except RuleError as error:
            self._fail(node, str(error), node.name)
            return
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            reason = f"its inputs and attributes contradict each other ({error})"
            self._fail(node, reason, node.name)
            return
        if answer.bound is not None:
            self._assumptions.append(f"{node.name}: {answer.bound}")

    def _accept(self, node: Node, answer: OutputTypes) -> None:
        for position, name in enumerate(node.outputs):
            spec = answer.outputs[position] if position < len(answer.outputs) else None
            if name and spec is None:
                raise RuleError(f"nothing tells its output {name!r}")
            if name and spec is not None:
                self._tensors[name] = spec

    def _fail(self, node: Node, reason: str, culprit: str) -> None:
        self._failures[node.name] = reason
        for name in filter(None, node.outputs):
            self._values.pop(name, None)
            self._fixed.discard(name)
            self._literal.discard(name)
            # A type that the file notes ends the chain of failures: what follows can be counted again.
            declared = self._declared.get(name)
            if declared is not None:
                self._tensors[name] = declared
            else:
                self._culprits[name] = culprit

    def _answer(self, node: Node) -> OutputTypes:
        if (node.domain, node.op_type) in BODY_RULES:
            return self._control(node)
        inputs = tuple(self._tensors[name] if name else None for name in node.inputs)
        if self._factor > 1 and node.op_type == "Concat":
            inputs = self._repeated(node, inputs)
        if node.op_type in _TOLD_BY_TYPE and not node.domain:
            return self._known_by_type(node, inputs)
        values = tuple(self._values.get(name) for name in node.inputs)
        known = all(value is not None for name, value in zip(node.inputs, values, strict=True) if name)
        self._mark_fixed(node)
        answer = infer(NodeContext(node, inputs, values, self._opsets, self._declared))
        if not known or node.op_type in _RANDOM or not node.inputs:
            return answer
        # A bound is a guess of a shape that depends on values; where the values are known it is worked out
        # instead.
        if answer.bound is not None:
            return self._exact(node, values) or answer
        self._fold(node, values, answer)
        return answer

    def _known_by_type(self, node: Node, inputs: tuple[TensorSpec | None, ...]) -> OutputTypes:
        """`Shape` and their like: the value is known whatever the data."""
        first = inputs[0] if inputs else None
        if node.op_type in ("Shape", "Size"):
            if first is None:
                raise RuleError(f"input 0 of {node.op_type} is missing")
            value = shape_value(node, [int(dim) for dim in first.shape])
        else:
            held = held_value(node.op_type, first)
            if held is None:
                raise RuleError(f"input 0 of {node.op_type} is no sequence")
            value = held
        self._values[node.outputs[0]] = value
        self._fixed.add(node.outputs[0])
        return OutputTypes((TensorSpec(_ONNX_NAMES.get(value.dtype.name, value.dtype.name), value.shape),))

    def _mark_fixed(self, node: Node) -> None:
        if node.op_type in _RANDOM:
            return
        outputs = [name for name in node.outputs if name]
        if all(name in self._fixed for name in node.inputs if name):
            self._fixed.update(outputs)
        if all(name in self._literal for name in node.inputs if name):
            self._literal.update(outputs)

    def _fold(self, node: Node, values: tuple[Array | None, ...], answer: OutputTypes) -> None:
        # Shapes are small; a folded weight would fill memory and tell nothing of shapes.
        if sum(spec.elements for spec in answer.outputs if spec is not None) > LARGEST:
            return
        results = fold(node, values, answer.outputs)
        for name, result, spec in zip(node.outputs, results, answer.outputs, strict=False):
            if name and spec is not None and result.shape == spec.shape:
                self._values[name] = result

    def _exact(self, node: Node, values: tuple[Array | None, ...]) -> OutputTypes | None:
        """Outputs by evaluation, where the shape depends on values and these are known."""
        results = exact(node, values)
        if len(results) < len(node.outputs) or any(result.size > LARGEST for result in results):
            return None
        specs = []
        for name, result in zip(node.outputs, results, strict=False):
            self._values[name] = result
            specs.append(TensorSpec(_ONNX_NAMES.get(result.dtype.name, result.dtype.name), result.shape))
        return OutputTypes(tuple(specs))

    def _rebatched(self, node: Node) -> Node:
        position = _TARGETS.get(node.op_type)
        if position is None or len(node.inputs) <= position or node.inputs[position] not in self._literal:
            return node
        target = self._values.get(node.inputs[position])
        data = self._tensors[node.inputs[0]]
        # A constant does not grow with the batch.
        if target is None or node.inputs[0] in self._fixed:
            return node
        shape = tuple(int(dim) for dim in data.shape)
        wanted = rebatch([int(extent) for extent in np.ravel(target)], shape, self._factor)
        if wanted is None:
            return node
        name = f"{node.name}{_REBATCHED}"
        self._add_weight(
            name, Initializer(TensorSpec("int64", (len(wanted),)), np.array(wanted, dtype=np.int64))
        )
        self._rebatched_nodes.append(node.name)
        inputs = (*node.inputs[:position], name, *node.inputs[position + 1 :])
        return replace(node, inputs=inputs)

    def _repeated(self, node: Node, inputs: tuple[TensorSpec | None, ...]) -> tuple[TensorSpec | None, ...]:
        """Constant operands of a `Concat` (a class token) repeated along the batch of the others."""
        batch = {
            spec.shape[:1]
            for name, spec in zip(node.inputs, inputs, strict=True)
            if spec and name not in self._fixed
        }
        if node.attributes.get("axis") == 0 or batch != {(self._factor,)}:
            return inputs
        widened = list(inputs)
        for position, (name, spec) in enumerate(zip(node.inputs, inputs, strict=True)):
            if spec is not None and name in self._fixed and spec.shape[:1] == (1,):
                widened[position] = replace(spec, shape=(self._factor, *spec.shape[1:]))
                self._assumptions.append(f"{node.name}: constant {name!r} repeated along the batch")
        return tuple(widened)

    def _control(self, node: Node) -> OutputTypes:
        site = ControlSite(
            node,
            tuple(self._tensors[name] if name else None for name in node.inputs),
            tuple(self._values.get(name) for name in node.inputs),
            self._resolve_body,
            self._graph.opset,
        )
        bodies, answer = BODY_RULES[node.domain, node.op_type](site)
        self._bodies[node.name] = bodies
        return answer

    def _resolve_body(self, body: Graph, inputs: Mapping[str, TensorSpec]) -> Resolved:
        missing = next((name for name in body.inputs if name not in inputs), None)
        if missing is not None:
            raise RuleError(f"its subgraph's input {missing!r} gets no value")
        resolved = Scope(hoist_constants(body), inputs, self._factor, outer=self).run()
        self._assumptions.extend(resolved.assumptions)
        return resolved


_ONNX_NAMES = {"float32": "float", "float64": "double"}
_REBATCHED = "/batched_shape"
_TARGETS = {"Reshape": 1}
_TOLD_BY_TYPE = frozenset({"Shape", "Size", "SequenceLength", "OptionalHasElement"})
