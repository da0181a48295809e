"""Which kernels of a network a unit does not run: operators that it lacks, and limits that they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from planner.hardware.operating_point import OperatingPoint
from planner.latency.kernels.prepared import Prepared
from planner.schema.hardware.engine import OperatorLimit
from planner.workload.fusion import Kernel
from planner.workload.graph import Node
from planner.workload.operation import Tensor

Refusals = Mapping[int, tuple[str, ...]]
"""Index of each kernel that a unit does not run -> the operators and limits in it that forbid it."""


@dataclass(frozen=True, slots=True, eq=False)
class OnUnit:
    """A prepared network and what one unit does not run of it; worked out once for all who need it."""

    prepared: Prepared
    refused: Refusals


def on_unit(prepared: Prepared, point: OperatingPoint) -> OnUnit:
    """The network with what the unit of this point does not run."""
    return OnUnit(prepared, refusals(prepared, point))


def refusals(prepared: Prepared, point: OperatingPoint) -> Refusals:
    """Index of each kernel that the unit does not run -> the operators and limits in it that forbid it.

    Empty where the engine names no operators for the unit: all are taken to run. Limits that depend on values
    (scales of a resize, ranges of activations) are not checked.
    """
    if not point.operators:
        return {}
    known = _refused.setdefault(prepared, {})
    # By identity: the limits are those of an engine's description, which is read once and held here.
    key = (point.operators, tuple(map(id, point.limits)))
    if key not in known:
        known[key] = point.limits, _refusals(prepared, point)
    return known[key][1]


_Known = dict[tuple[frozenset[str], tuple[int, ...]], tuple[tuple[OperatorLimit, ...], Refusals]]
_refused: WeakKeyDictionary[Prepared, _Known] = WeakKeyDictionary()
"""One network is asked about at many operating points of a unit, which all run the same operators."""


def _refusals(prepared: Prepared, point: OperatingPoint) -> Refusals:
    nodes = {node.name: node for node in prepared.workload.graph.nodes}
    found = {}
    for index, kernel in enumerate(prepared.kernels):
        reasons = tuple(dict.fromkeys(_against(kernel, nodes, prepared.workload.tensors, point)))
        if reasons:
            found[index] = reasons
    return found


_ATTENTION_PARTS = frozenset({"MatMul", "Softmax"})


def _runs_attention_spelt_out(point: OperatingPoint) -> bool:
    """Whether the unit has a softmax, and products of two activations."""
    refused = any(
        limit.rule in ("weights", "absent") and (not limit.operators or "MatMul" in limit.operators)
        for limit in point.limits
    )
    return point.operators >= _ATTENTION_PARTS and not refused


def _against(
    kernel: Kernel, nodes: Mapping[str, Node], tensors: Mapping[str, Tensor], point: OperatingPoint
) -> Iterator[str]:
    lacking = set(kernel.op_types) - point.operators
    if kernel.op_class == "attention" and _runs_attention_spelt_out(point):
        # Converters spell attention out for units that have no such operator.
        lacking = {name for name in lacking if "Attention" not in name}
    yield from sorted(lacking)
    for name in kernel.operators:
        node = nodes.get(name)
        if node is None or node.op_type not in point.operators:
            continue
        for limit in point.limits:
            if (not limit.operators or node.op_type in limit.operators) and _passes(limit, node, tensors):
                yield f"{node.op_type} with {limit.told}"


def _passes(limit: OperatorLimit, node: Node, tensors: Mapping[str, Tensor]) -> bool:
    """Whether the operator goes beyond the limit; what is not known does not."""
    read = [tensors[name] for name in node.inputs[:1] if name in tensors]
    moved = [*read, *(tensors[name] for name in node.outputs if name in tensors)]
    most = limit.most or 0
    match limit.rule:
        case "absent":
            return True
        case "attribute":
            return any(number > most for number in _numbers(node, limit.attribute))
        case "axis":
            rank = len(read[0].shape) if read else 0
            return any(
                (number % rank if rank else number) != most for number in _numbers(node, limit.attribute)
            )
        case "bidirectional":
            return node.attributes.get("direction") == "bidirectional"
        case "extent":
            return any(extent > most for tensor in moved for extent in tensor.shape[1:])
        case "rank":
            return any(len(tensor.shape) > most for tensor in moved)
        case "weights":
            second = [tensors[name] for name in node.inputs[1:2] if name in tensors]
            return any(tensor.kind == "activation" for tensor in second)
        case "window":
            return any(extent > most for tensor in read for extent in tensor.shape[2:])


def _numbers(node: Node, attribute: str | None) -> Iterable[int]:
    value = node.attributes.get(attribute or "")
    if isinstance(value, int):
        return (value,)
    return tuple(number for number in value if isinstance(number, int)) if isinstance(value, tuple) else ()
