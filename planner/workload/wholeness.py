"""Whether a network was counted whole: what is missing must not pass as nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from planner.workload.graph import Graph, Node
from planner.workload.operation import Unresolved
from planner.workload.workload import Workload

MOST_MISSING = 0.01
"""Share of the operators that may be missing where none of them is a layer that carries the work."""

_CARRIES_WORK = re.compile(r".*(Conv|MatMul|Gemm|LSTM|GRU|RNN|Attention|Einsum|MoE).*", re.IGNORECASE)


def why_partial(workload: Workload) -> str | None:
    """Why the totals are not those of the whole network; None where they are, or nearly.

    Not whole is a network that misses any convolution, matrix product, attention or recurrent layer, or more
    than a hundredth of its operators; a single other one (a plugin behind the last layer) may miss.
    """
    missing = workload.unresolved
    if not missing:
        return None
    number = len(missing) + len(workload.operators)
    heavy = list(_heavy(workload.graph.nodes, missing))
    if not heavy and len(missing) <= max(1, MOST_MISSING * number):
        return None
    first = _first(missing)
    layers = f", {len(heavy)} of them layers that carry the work," if heavy else ""
    verb = "is" if len(missing) == 1 else "are"
    return (
        f"{len(missing)} of {number} operators{layers} {verb} not counted; "
        f"the first is {first.name!r} ({first.op_type}): {first.reason}"
    )


def advice_for(workload: Workload) -> str:
    """What to do for a network that is not counted whole."""
    assumed = next(_assumed_sizes(workload), None)
    if assumed is not None:
        shape = ",".join(str(extent) for extent in workload.inputs[assumed].shape)
        return f"say the size that it takes, as --shape {assumed}={shape} was assumed"
    unsized = _first(workload.unresolved).unsized
    if not unsized:
        return "export it with standard operators"
    tensor = unsized[0]
    return f"say its shape with --extent {tensor}=1,300,4, or what small inputs hold with --input NAME=VALUE"


def _assumed_sizes(workload: Workload) -> Iterator[str]:
    """Inputs of which an open extent that is no batch was assumed, as nobody said it."""
    for name, spec in workload.graph.inputs.items():
        open_axes = [axis for axis, dim in enumerate(spec.shape) if isinstance(dim, str)]
        said = name in workload.asked.shapes or all(
            axis == workload.batch_axes.get(name) or spec.shape[axis] in workload.asked.dims
            for axis in open_axes
        )
        if not said:
            yield name


def _first(missing: Sequence[Unresolved]) -> Unresolved:
    """The first that does not merely depend on another."""
    return next((item for item in missing if item.behind is None), missing[0])


def _heavy(nodes: Iterable[Node], missing: Iterable[Unresolved]) -> Iterator[str]:
    by_name = {node.name: node for node in nodes}
    for item in missing:
        node = by_name.get(item.name)
        kinds = {item.op_type} if node is None else set(_kinds(node))
        if any(_CARRIES_WORK.fullmatch(kind) for kind in kinds):
            yield item.name


def _kinds(node: Node) -> Iterator[str]:
    """Operators of a node and of its subgraphs."""
    yield node.op_type
    for value in node.attributes.values():
        if isinstance(value, Graph):
            for inner in value.nodes:
                yield from _kinds(inner)
