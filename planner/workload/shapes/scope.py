"""What is known of the tensors of one graph while its nodes are walked in execution order.

Arithmetic on shapes is worked out on the way (`Shape`, `Gather`, `Concat`, `Reshape` chains), rules infer the
rest. A node whose outputs cannot be inferred is a failure with its reason, and so is every node that depends
on it, unless the file notes the type of what it writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from planner.workload.asked import Extents
from planner.workload.file.execution_order import captured
from planner.workload.file.onnx_rules import Opsets, RuleError
from planner.workload.graph import Array, Graph, Initializer, Node, TensorSpec, Value
from planner.workload.output_rules.sequences import held_value
from planner.workload.output_rules.site import NodeContext, OutputTypes
from planner.workload.output_rules.standard import BY_TYPES_ALONE
from planner.workload.output_rules.table import infer
from planner.workload.shapes.batch_growth import repeated, wider_target, with_target
from planner.workload.shapes.constant_values import BY_SHAPE, exact, fold, value_by_shape
from planner.workload.shapes.control_flow import BODY_RULES
from planner.workload.shapes.control_site import Body, ControlSite, RoundBudget

_RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A graph with its constants hoisted, and what is known of its tensors.

    `fixed` names tensors that do not depend on input values, so that an engine computes them once.
    `failures` maps the nodes that could not be resolved to reasons, `behind` those of them that only depend
    on another to that one, `bodies` the nodes with subgraphs to these.
    """

    graph: Graph
    tensors: Mapping[str, TensorSpec]
    values: Mapping[str, Array]
    fixed: frozenset[str]
    failures: Mapping[str, str]
    behind: Mapping[str, str]
    bodies: Mapping[str, tuple[Body, ...]]
    assumptions: tuple[str, ...]
    sequences: Mapping[str, tuple[Array, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def value(self, name: str) -> Value | None:
        """What is known of a tensor's content, or of a sequence's."""
        return self.sequences.get(name, self.values.get(name))


@dataclass(frozen=True, slots=True)
class Walk:
    """What holds for a whole network while it is walked, its subgraphs included.

    `factor` is by how much the batch grew over that of the file; `extents` and `rounds` are what the user
    says of tensors and loops that depend on data.
    """

    factor: int = 1
    extents: Mapping[str, Extents] = field(default_factory=lambda: MappingProxyType({}))
    rounds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    budget: RoundBudget = field(default_factory=RoundBudget)
    told: dict[tuple[object, ...], tuple[OutputTypes, object, object]] = field(default_factory=dict)
    """Answers by operator, attributes and input types, each of which is one object for equal ones."""
    same: dict[TensorSpec | None, TensorSpec | None] = field(default_factory=dict)
    """Types by themselves, so that equal ones become one object."""


class Scope:
    """What is known while the nodes of one graph (or subgraph) are walked."""

    def __init__(
        self,
        graph: Graph,
        inputs: Mapping[str, TensorSpec],
        walk: Walk,
        *,
        outer: Scope | None = None,
        declared: Mapping[str, TensorSpec] | None = None,
        values: Mapping[str, Value] | None = None,
    ) -> None:
        self._graph = graph
        self._all = walk
        self._opsets = Opsets(graph.opset, graph.domains)
        self._declared = declared or {}
        self._tensors: dict[str, TensorSpec] = {}
        self._values: dict[str, Value] = {}
        self._fixed: set[str] = set()
        self._literal: set[str] = set()
        self._culprits: dict[str, str] = {}
        if outer is not None:
            self._take(outer, captured(graph))
        self._failures: dict[str, str] = {}
        self._behind: dict[str, str] = {}
        self._bodies: dict[str, tuple[Body, ...]] = {}
        self._assumptions: list[str] = []
        self._rebatched_nodes: list[str] = []
        self._nodes: list[Node] = []
        self._tensors.update(inputs)
        self._values.update(values or {})
        for name, weight in graph.initializers.items():
            self._add_weight(name, weight)

    def _take(self, outer: Scope, names: tuple[str, ...]) -> None:
        """What a subgraph knows of the tensors around it that it reads."""
        self._tensors = {name: outer._tensors[name] for name in names if name in outer._tensors}
        self._values = {name: outer._values[name] for name in names if name in outer._values}
        self._fixed = outer._fixed.intersection(names)
        self._literal = outer._literal.intersection(names)
        self._culprits = {name: outer._culprits[name] for name in names if name in outer._culprits}

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
        rewritten = {
            name: Initializer(self._tensors[name], self._array(name), literal=True)
            for node in self._nodes
            for name in node.inputs
            if name.endswith(_REBATCHED) and name not in self._graph.initializers
        }
        initializers = MappingProxyType({**self._graph.initializers, **rewritten})
        values = {name: value for name, value in self._values.items() if not isinstance(value, tuple)}
        return Resolved(
            graph=replace(self._graph, nodes=tuple(self._nodes), initializers=initializers),
            tensors=MappingProxyType(self._tensors),
            values=MappingProxyType(values),
            fixed=frozenset(self._fixed),
            failures=MappingProxyType(self._failures),
            behind=MappingProxyType(self._behind),
            bodies=MappingProxyType(self._bodies),
            assumptions=tuple(self._assumptions + self._rebatch_notes()),
            sequences=MappingProxyType(
                {name: value for name, value in self._values.items() if isinstance(value, tuple)}
            ),
        )

    def _array(self, name: str) -> Array | None:
        value = self._values.get(name)
        return None if isinstance(value, tuple) else value

    def _rebatch_notes(self) -> list[str]:
        if not self._rebatched_nodes:
            return []
        names = ", ".join(self._rebatched_nodes[:3])
        more = len(self._rebatched_nodes) - 3
        listed = f"{names} and {more} more" if more > 0 else names
        return [f"constant target shapes are read as for {self._all.factor} times the batch at {listed}"]

    def _visit(self, node: Node) -> None:
        # The first node that failed is named, not the last in a long chain behind it.
        if self._culprits and not self._culprits.keys().isdisjoint(node.inputs):
            culprit = next(self._culprits[name] for name in node.inputs if name in self._culprits)
            self._nodes.append(node)
            self._fail(node, f"depends on {culprit!r}, which is unresolved", culprit)
            return
        if self._all.factor > 1:
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

    def _accept(self, node: Node, answer: OutputTypes) -> None:
        bound = answer.bound
        for position, name in enumerate(node.outputs):
            spec = answer.outputs[position] if position < len(answer.outputs) else None
            if name and spec is None:
                raise RuleError(f"nothing tells its output {name!r}")
            if name and spec is not None:
                asked = self._all.extents.get(name)
                if asked is not None and bound is not None and spec.items is None:
                    spec, bound = replace(spec, shape=asked), f"output {name!r} is {list(asked)}, as asked"
                self._tensors[name] = spec
        if bound is not None:
            self._assumptions.append(f"{node.name}: {bound}")

    def _fail(self, node: Node, reason: str, culprit: str) -> None:
        self._failures[node.name] = reason
        if culprit != node.name:
            self._behind[node.name] = culprit
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
        # The hottest lines of reading: lists in place of generators, and nothing made before it is used.
        op_type, tensors = node.op_type, self._tensors
        if op_type in _WITH_BODIES and (node.domain, op_type) in BODY_RULES:
            return self._control(node)
        inputs = tuple([tensors[name] if name else None for name in node.inputs])
        if self._all.factor > 1 and op_type == "Concat":
            inputs, notes = repeated(node, inputs, self._fixed, self._all.factor)
            self._assumptions += notes
        if op_type in _KNOWN_BY_TYPE and not node.domain:
            return self._known_by_type(node, inputs)
        known = self._values
        self._mark_fixed(node)
        if known.keys().isdisjoint(node.inputs) and any(node.inputs):
            answer = self._inferred(node, inputs, (None,) * len(inputs))
            if op_type in BY_SHAPE:
                self._keep(node, value_by_shape(node, inputs, answer.outputs, self._graph.opset))
            return answer
        values = tuple([known.get(name) for name in node.inputs])
        arrays = tuple([None if isinstance(value, tuple) else value for value in values])
        answer = self._inferred(node, inputs, arrays)
        if not node.inputs or op_type in _RANDOM:
            return answer
        if any(value is None and name for name, value in zip(node.inputs, values, strict=True)):
            if op_type in BY_SHAPE:
                self._keep(node, value_by_shape(node, inputs, answer.outputs, self._graph.opset))
            return answer
        # A bound is a guess of a shape that depends on values; where the values are known it is worked out
        # instead.
        if answer.bound is not None:
            results, specs = exact(node, values, self._graph.opset)
            self._keep(node, results)
            return OutputTypes(specs) if specs else answer
        self._keep(node, fold(node, values, answer.outputs, self._graph.opset))
        return answer

    def _inferred(
        self, node: Node, inputs: tuple[TensorSpec | None, ...], arrays: tuple[Array | None, ...]
    ) -> OutputTypes:
        """By the rules; once for all nodes of an operator with the same attributes and types.

        Blocks of a network repeat. Equal attributes and types are mostly one object each (the reader and this
        method see to it), so that their identities tell them; what a key names is kept beside the answer, as
        an identity holds only while its object lives.
        """
        if node.op_type not in BY_TYPES_ALONE or node.domain:
            return self._made_same(infer(NodeContext(node, inputs, arrays, self._opsets, self._declared)))
        key = (node.op_type, len(node.outputs), id(node.attributes), *map(id, inputs))
        known = self._all.told.get(key)
        if known is not None:
            return known[0]
        answer = self._made_same(infer(NodeContext(node, inputs, arrays, self._opsets, self._declared)))
        if answer.bound is None:
            self._all.told[key] = (answer, node.attributes, inputs)
        return answer

    def _made_same(self, answer: OutputTypes) -> OutputTypes:
        """The answer with one object for each of equal types."""
        same = self._all.same
        return OutputTypes(tuple([same.setdefault(spec, spec) for spec in answer.outputs]), answer.bound)

    def _keep(self, node: Node, results: tuple[Value | None, ...]) -> None:
        for name, result in zip(node.outputs, results, strict=False):
            if name and result is not None:
                self._values[name] = result

    def _known_by_type(self, node: Node, inputs: tuple[TensorSpec | None, ...]) -> OutputTypes:
        """`Shape` and their like: the value is known whatever the data."""
        first = inputs[0] if inputs else None
        value = held_value(node, first)
        self._values[node.outputs[0]] = value
        self._fixed.add(node.outputs[0])
        return OutputTypes((TensorSpec("bool" if value.dtype == np.bool_ else "int64", value.shape),))

    def _mark_fixed(self, node: Node) -> None:
        if node.op_type in _RANDOM:
            return
        for marked in (self._fixed, self._literal):
            # What is literal is fixed, so that the first set decides for most nodes.
            for name in node.inputs:
                if name and name not in marked:
                    return
            marked.update([name for name in node.outputs if name])

    def _rebatched(self, node: Node) -> Node:
        wanted = wider_target(node, self._tensors, self._values, self._literal, self._fixed, self._all.factor)
        if wanted is None:
            return node
        name = f"{node.name}{_REBATCHED}"
        self._add_weight(
            name, Initializer(TensorSpec("int64", (len(wanted),)), np.array(wanted, dtype=np.int64))
        )
        self._rebatched_nodes.append(node.name)
        return with_target(node, name)

    def _control(self, node: Node) -> OutputTypes:
        site = ControlSite(
            node,
            tuple(self._tensors[name] if name else None for name in node.inputs),
            tuple(self._values.get(name) for name in node.inputs),
            self._resolve_body,
            self._graph.opset,
            self._all.rounds.get(node.name, self._all.rounds.get("")),
            self._all.budget,
        )
        found = BODY_RULES[node.domain, node.op_type](site)
        self._bodies[node.name] = found.bodies
        # Notes of a subgraph that runs round after round are said once.
        self._assumptions += dict.fromkeys(
            note for body in found.bodies for note in body.resolved.assumptions
        )
        self._keep(node, found.values)
        return found.outputs

    def _resolve_body(
        self, body: Graph, inputs: Mapping[str, TensorSpec], values: Mapping[str, Value]
    ) -> Resolved:
        missing = next((name for name in body.inputs if name not in inputs), None)
        if missing is not None:
            raise RuleError(f"its subgraph's input {missing!r} gets no value")
        return Scope(body, inputs, self._all, outer=self, values=values).run()


_REBATCHED = "/batched_shape"
_KNOWN_BY_TYPE = frozenset({"Shape", "Size", "SequenceLength", "OptionalHasElement"})
_WITH_BODIES = frozenset(op_type for _domain, op_type in BODY_RULES)
