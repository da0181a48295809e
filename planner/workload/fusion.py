"""Kernels: groups of operators that an engine runs as one, formed by an engine's rules.

A rule starts at an anchor and absorbs consumers. Three things hold for every engine: views attach to the
kernel that makes their source; a dequantisation is read through, so that the kernel behind it reads the
integers; a quantisation ends the kernel that makes its input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from planner.workload.counting import access_bytes
from planner.workload.dataflow import DEQUANTISING, QUANTISING, Dataflow, dataflow_of
from planner.workload.dtypes import precision_of
from planner.workload.operation import Access, Contraction, OpClass, Operator, Tensor
from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class FusionRule:
    """A chain that an engine runs as one kernel.

    Starting at an operator of a type in `anchor`, consumers of types in `absorbs` are taken in while the
    kernel has at most `max_nodes` operators (views and conversions of quantised values not counted) and
    reads at most `extra_reads` activations beside those of the anchor (a residual branch). With
    `vectors_only` a constant operand has one value for each row or column of the product at most. With
    `requires` the rule applies only to a kernel that has all these types, each as often as it is named.
    `op_class` is the class of the kernel where it is not that of its heaviest operator. `heads` limits the
    sizes of attention: depth of the anchor's product from the first to the second number and a multiple of
    the third, and its rows and columns up to the fourth.
    """

    name: str
    anchor: tuple[str, ...]
    absorbs: tuple[str, ...]
    max_nodes: int = 12
    extra_reads: int = 1
    vectors_only: bool = False
    requires: tuple[str, ...] = ()
    op_class: OpClass | None = None
    heads: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Kernel:
    """What one launch computes, and what it moves across its boundary.

    Named after its operator with most MACs, else its anchor. `rule` is the fusion rule that formed it,
    None for an operator on its own.
    """

    name: str
    rule: str | None
    op_class: OpClass
    op_types: tuple[str, ...]
    operators: tuple[str, ...]
    macs: int
    flops: int
    reads: tuple[Access, ...]
    writes: tuple[Access, ...]
    weights: tuple[Access, ...]
    input_bytes: int
    output_bytes: int
    weight_bytes: int
    precision: str
    contraction: Contraction | None = None
    products: tuple[Contraction, ...] = ()
    operands: tuple[str, str] = ("", "")
    """Number types of the activation and of the weight that its main operator multiplies, as stored."""
    kept: str = ""
    """Number format in which the engine runs it whatever is asked for; empty where it runs as asked."""

    @property
    def moved_bytes(self) -> int:
        """All bytes moved: activations in and out, and weights."""
        return self.input_bytes + self.output_bytes + self.weight_bytes


@dataclass(frozen=True, slots=True)
class Fusion:
    """Which operators (by index, the anchor first) form a kernel, by which rule, at any precision."""

    flow: Dataflow
    groups: tuple[tuple[tuple[int, ...], FusionRule | None], ...]
    joint_attention: bool = False
    """Whether a rule makes one kernel of both products of attention that is spelt out."""


def fuse(workload: Workload, rules: Sequence[FusionRule]) -> tuple[Kernel, ...]:
    """Kernels of a workload in execution order; every operator is in exactly one of them.

    At each anchor the rule that takes in most operators is applied, the first of equals. What does not fuse
    is a kernel of its own.
    """
    return kernels_in(workload, fusion_of(workload, rules))


def fusion_of(workload: Workload, rules: Sequence[FusionRule]) -> Fusion:
    """The groups that `fuse` makes kernels of."""
    flow = dataflow_of(workload)
    groups: list[_Group] = []
    assigned: dict[int, int] = {}
    for index in range(len(flow.operators)):
        if index in assigned or index in flow.attached:
            continue
        group = _best(flow, index, rules, assigned.keys())
        assigned.update(dict.fromkeys(group.members, len(groups)))
        groups.append(group)
    _place_attached(flow, groups, assigned)
    joint = any("MatMul" in rule.anchor and {"Softmax", "MatMul"} <= set(rule.absorbs) for rule in rules)
    return Fusion(flow, tuple((tuple(group.members), group.rule) for group in groups), joint)


def kernels_in(workload: Workload, fusion: Fusion) -> tuple[Kernel, ...]:
    """The kernels of a fusion; the workload is the one that was fused, at any precision."""
    flow = replace(fusion.flow, operators=workload.operators)
    kernels = (_kernel(flow, members, rule, workload.tensors) for members, rule in fusion.groups)
    return tuple(_joint(kernel) if fusion.joint_attention else kernel for kernel in kernels)


def _joint(kernel: Kernel) -> Kernel:
    """Attention as one operator, where the engine makes one kernel of the products that are spelt out too.

    Such a kernel goes over tiles of queries x keys once and works on both products in each, so that both have
    as many tiles; elsewhere each product has those of its own result.
    """
    if kernel.op_class != "attention" or len(kernel.products) < 2:
        return kernel
    *before, scores, values = kernel.products
    joint = replace(scores, depth=scores.depth + values.columns)
    # Exact where both products have the same groups and keys, as all but linear attention has.
    return replace(kernel, products=(*before, joint)) if joint.macs == scores.macs + values.macs else kernel


@dataclass(slots=True)
class _Group:
    """Operators (by index, the anchor first) of a kernel in the making, and the rule that formed it."""

    members: list[int]
    rule: FusionRule | None


def _best(flow: Dataflow, anchor: int, rules: Sequence[FusionRule], taken: Set[int]) -> _Group:
    # Without a rule the anchor still takes conversions of its own values along.
    best = _Group(_grow(flow, anchor, None, taken), None)
    for rule in rules:
        if flow.operators[anchor].op_type not in rule.anchor or not _takes(rule, flow.operators[anchor]):
            continue
        members = _grow(flow, anchor, rule, taken)
        types = Counter(flow.operators[member].op_type for member in members)
        complete = all(types[name] >= times for name, times in Counter(rule.requires).items())
        # Longest first, and of equals the rule that the engine's file names first.
        if complete and len(members) > len(best.members):
            best = _Group(members, rule)
    return best


def _takes(rule: FusionRule, anchor: Operator) -> bool:
    """Whether the sizes of the anchor's product are those that the rule takes."""
    if rule.heads is None or anchor.contraction is None:
        return True
    least, most, multiple, longest = rule.heads
    shape = anchor.contraction
    fits = least <= shape.depth <= most and shape.depth % multiple == 0
    return fits and max(shape.rows, shape.columns) <= longest


_LOOK_AHEAD = 64
"""Consumers that are tried in vain before a chain ends; a value with more readers fuses with none."""


def _grow(flow: Dataflow, anchor: int, rule: FusionRule | None, assigned: Set[int]) -> list[int]:
    """The longest chain from an anchor whose inner values are read nowhere else.

    The chain may pass through a state where a value still has readers outside (the two arms of x
    sigmoid(x)); what counts is the last state without.
    """
    members = [anchor]
    closed = list(members)
    passed_over: set[int] = set()
    while len(passed_over) < _LOOK_AHEAD and (
        (index := _next(flow, members, passed_over, assigned)) is not None
    ):
        if not _admissible(flow, index, members, rule, assigned):
            passed_over.add(index)
            continue
        members.append(index)
        # An open state is no kernel: a value inside would have to be written for readers outside. It may
        # still close further on, as the second arm of x sigmoid(x) does.
        if _is_closed(flow, members):
            closed = list(members)
    return closed


def _next(flow: Dataflow, members: list[int], passed_over: set[int], assigned: Set[int]) -> int | None:
    """The first consumer in execution order of what the members write; nothing follows a quantisation."""
    waiting = {
        consumer
        for member in members
        if flow.operators[member].op_type not in QUANTISING
        for access in flow.writes(member)
        for consumer in flow.readers(access.tensor)
    }
    fresh = (index for index in waiting - passed_over - set(members) if index not in assigned)
    # In order of execution, so that chains do not depend on how sets are ordered.
    return min(fresh, default=None)


def _admissible(
    flow: Dataflow, index: int, members: list[int], rule: FusionRule | None, assigned: Set[int]
) -> bool:
    op_type = flow.operators[index].op_type
    if op_type not in QUANTISING:
        if rule is None or op_type not in rule.absorbs:
            return False
        if rule.vectors_only and not _adds_a_vector(flow.operators[members[0]], flow.operators[index]):
            return False
        computing = sum(flow.operators[member].op_type not in QUANTISING for member in members)
        if computing >= rule.max_nodes:
            return False
    inside = {*members, index}
    outside = {
        name for member in inside for name in flow.reads(member) if flow.producer.get(name) not in inside
    }
    # What is read from outside must exist before the kernel runs; a kernel that waits for a later one would
    # be a loop.
    if any(name in flow.producer and flow.producer[name] not in assigned for name in outside):
        return False
    limit = rule.extra_reads if rule is not None else 0
    # Reads of the anchor are free; further ones are residual branches, of which engines take one or none.
    return len(outside.difference(flow.reads(members[0]))) <= limit


def _adds_a_vector(anchor: Operator, operator: Operator) -> bool:
    """Whether the constants of an operator behind a product are one value a row or column, as a bias is."""
    product = anchor.contraction
    longest = max(product.rows, product.columns) if product else 0
    return all(access.elements <= longest for access in operator.weights)


def _is_closed(flow: Dataflow, members: list[int]) -> bool:
    """Whether every value read inside is read nowhere else and is no output of the network."""
    inside = set(members)
    for member in members:
        for access in flow.writes(member):
            readers = flow.readers(access.tensor)
            if readers & inside and (readers - inside or access.tensor in flow.kept):
                return False
    return True


def _place_attached(flow: Dataflow, groups: list[_Group], assigned: Mapping[int, int]) -> None:
    """A view goes to the kernel that makes its source, a dequantisation to the first that reads it."""
    for index in sorted(flow.attached):
        operator = flow.operators[index]
        root = flow.root(operator.writes[0].tensor)
        homes = [assigned[flow.producer[root]]] if root in flow.producer else []
        readers = sorted(assigned[reader] for reader in flow.readers(root))
        # A view goes with its maker, a conversion to floats with its reader; the other where there is none.
        homes = readers + homes if operator.op_type in DEQUANTISING else homes + readers
        if homes:
            groups[homes[0]].members.append(index)
        else:
            groups.append(_Group([index], None))


def _kernel(
    flow: Dataflow, indices: Sequence[int], rule: FusionRule | None, tensors: Mapping[str, Tensor]
) -> Kernel:
    members = [flow.operators[index] for index in sorted(indices)]
    # With no multiply-accumulates at all the first of equals is the anchor, which comes first.
    main = max((flow.operators[index] for index in indices), key=lambda operator: operator.macs)
    reads, writes, weights = _boundary(flow, indices, tensors)
    op_class = rule.op_class if rule is not None and rule.op_class else main.op_class
    return Kernel(
        name=main.name,
        rule=rule.name if rule else None,
        op_class=op_class,
        op_types=tuple(operator.op_type for operator in members),
        operators=tuple(operator.name for operator in members),
        macs=sum(operator.macs for operator in members),
        flops=sum(operator.flops for operator in members),
        reads=reads,
        writes=writes,
        weights=weights,
        input_bytes=access_bytes(reads, tensors),
        output_bytes=access_bytes(writes, tensors),
        weight_bytes=access_bytes(weights, tensors),
        precision=_precision(flow, main, tensors),
        contraction=main.contraction,
        products=main.products,
        operands=_operands(flow, main, tensors) if main.macs and (main.reads or main.weights) else ("", ""),
    )


def _precision(flow: Dataflow, main: Operator, tensors: Mapping[str, Tensor]) -> str:
    """That of the values at the boundary: integers where every activation is read through a conversion."""
    kinds = set()
    for access in main.reads:
        root = flow.root(access.tensor)
        dtype = tensors[root].dtype
        kinds.add(precision_of(dtype) if dtype != tensors[access.tensor].dtype else main.precision)
    return kinds.pop() if len(kinds) == 1 else main.precision


def _operands(flow: Dataflow, main: Operator, tensors: Mapping[str, Tensor]) -> tuple[str, str]:
    """Types of the first activation and of the weight, or second activation, before conversions.

    Scales, zero points and biases are read as well: what is multiplied is the largest of them.
    """
    first, *others = (flow.root(access.tensor) for access in main.reads or main.weights[:1])
    seconds = [flow.root(access.tensor) for access in main.weights] or others or [first]
    return tensors[first].dtype, tensors[max(seconds, key=lambda name: tensors[name].elements)].dtype


def _boundary(
    flow: Dataflow, members: Sequence[int], tensors: Mapping[str, Tensor]
) -> tuple[tuple[Access, ...], tuple[Access, ...], tuple[Access, ...]]:
    """Activations read and written and weights read across the border, each once and at most whole.

    Only a loop, which moves a tensor once a round, moves more than the whole.
    """
    inside = set(members)
    reads: dict[str, int] = {}
    writes: dict[str, int] = {}
    weights: dict[str, int] = {}

    def add(table: dict[str, int], name: str, elements: int) -> None:
        # Two members that read parts of one tensor read at most all of it together.
        table[name] = max(elements, min(tensors[name].elements, table.get(name, 0) + elements))

    for index in members:
        operator = flow.operators[index]
        for access in operator.weights:
            add(weights, access.tensor, access.elements)
        if index in flow.attached:
            continue
        for access in operator.reads:
            root = flow.root(access.tensor)
            if flow.producer.get(root) not in inside:
                add(reads, root, access.elements)
        for access in operator.writes:
            readers = flow.readers(access.tensor)
            # A value whose readers are all inside never leaves the kernel: that is what fusion saves.
            if not readers or readers - inside or access.tensor in flow.kept:
                writes[access.tensor] = access.elements
    return _accesses(reads), _accesses(writes), _accesses(weights)


def _accesses(table: Mapping[str, int]) -> tuple[Access, ...]:
    return tuple(Access(name, elements) for name, elements in table.items())
