"""Sequences, optionals and text: a sequence is known by the tensors that it holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.workload.file.onnx_rules import RuleError
from planner.workload.graph import Array, Node, TensorSpec, sequence_of
from planner.workload.output_rules.site import (
    NOT_COVERED,
    NodeContext,
    OutputRule,
    OutputTypes,
    axis_of,
    broadcast,
    one,
)
from planner.workload.output_rules.standard import name_of

LONGEST = 10_000
"""Tensors of a sequence that are followed one by one."""


def _construct(site: NodeContext) -> OutputTypes:
    items = [site.spec(position) for position in range(len(site.inputs))]
    return OutputTypes((sequence_of(items[0].dtype, items),))


def _empty(site: NodeContext) -> OutputTypes:
    return OutputTypes((sequence_of(name_of(site.number("dtype", 1)), ()),))


def _place(site: NodeContext, position: int, length: int, default: int) -> tuple[int, bool]:
    """The place an index input names, and whether it is known."""
    if not site.has(position):
        return default, True
    index = site.whole(position)
    if index is None:
        return default, False
    if not -length <= index <= length:
        raise RuleError(f"place {index} of a sequence of {length}")
    return (index + length if index < 0 else index), True


def _insert(site: NodeContext) -> OutputTypes:
    items = site.items(0)
    place, _ = _place(site, 2, len(items), len(items))
    return OutputTypes((sequence_of(site.spec(1).dtype, (*items[:place], site.spec(1), *items[place:])),))


def _erase(site: NodeContext) -> OutputTypes:
    items = site.items(0)
    if not items:
        raise RuleError("nothing to erase from an empty sequence")
    smallest = min(range(len(items)), key=lambda index: items[index].elements)
    place, known = _place(site, 1, len(items), len(items) - 1)
    place = min(place, len(items) - 1) if known else smallest
    bound = (
        None if known or _uniform(items) else "the smallest tensor is erased, as the place depends on data"
    )
    return OutputTypes((sequence_of(site.spec(0).dtype, (*items[:place], *items[place + 1 :])),), bound)


def _at(site: NodeContext) -> OutputTypes:
    items = site.items(0)
    if not items:
        raise RuleError("nothing to take from an empty sequence")
    place, known = _place(site, 1, len(items), 0)
    if known:
        return OutputTypes((items[min(place, len(items) - 1)],))
    largest = max(items, key=lambda item: item.elements)
    return OutputTypes(
        (largest,), None if _uniform(items) else "the largest tensor, as the place depends on data"
    )


def _uniform(items: tuple[TensorSpec, ...]) -> bool:
    return all(item == items[0] for item in items)


def _split(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    axis = axis_of(site.number("axis", 0), len(shape))
    sizes, bound = _part_sizes(site, shape[axis])
    squeezed = not site.has(1) and not site.number("keepdims", 1)
    dims = ((*shape[:axis], *(() if squeezed else (size,)), *shape[axis + 1 :]) for size in sizes)
    items = [TensorSpec(site.spec(0).dtype, extents) for extents in dims]
    return OutputTypes((sequence_of(site.spec(0).dtype, items),), bound)


def _part_sizes(site: NodeContext, whole: int) -> tuple[list[int], str | None]:
    """Extents of the parts: one each, even ones of a given size, or given one by one."""
    value = site.value(1)
    if site.has(1) and value is None:
        return [whole], "kept as one tensor, as its split depends on data"
    if value is not None and value.ndim:
        return [int(size) for size in value], None
    size = 1 if value is None else int(value)
    if size < 1:
        raise RuleError(f"parts of {size}")
    if whole > size * LONGEST:
        raise RuleError(
            f"a sequence of {-(-whole // size)} tensors; at most {LONGEST} are followed one by one"
        )
    return [min(size, whole - start) for start in range(0, whole, size)], None


def _join(site: NodeContext) -> OutputTypes:
    items = site.items(0)
    if not items:
        raise RuleError("nothing to join in an empty sequence")
    first = items[0].shape
    stacked = site.number("new_axis", 0)
    axis = axis_of(site.number("axis", 0), len(first) + bool(stacked))
    if stacked:
        return one(site.spec(0).dtype, (*first[:axis], len(items), *first[axis:]))  # type: ignore[arg-type]
    total = sum(int(item.shape[axis]) for item in items)
    return one(site.spec(0).dtype, (*first[:axis], total, *first[axis + 1 :]))  # type: ignore[arg-type]


def _scalar(dtype: str) -> OutputRule:
    return lambda _site: one(dtype, ())


def _optional(site: NodeContext) -> OutputTypes:
    """An optional is its value; one that holds nothing is an empty sequence."""
    if site.has(0):
        return OutputTypes((site.spec(0),))
    kind = site.node.attributes.get("type")
    return OutputTypes((sequence_of(kind.dtype if isinstance(kind, TensorSpec) else "float", ()),))


def _element(site: NodeContext) -> OutputTypes:
    return OutputTypes((site.spec(0),))


def _joined_text(site: NodeContext) -> OutputTypes:
    return one("string", broadcast(site.shape(0), site.shape(1)))


def _match(site: NodeContext) -> OutputTypes:
    return one("bool", site.shape(0))


def _normalised_text(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    if not site.node.attributes.get("stopwords"):
        return one("string", shape)
    return OutputTypes((TensorSpec("string", shape),), f"keeps all of {list(shape)}, no word is a stop word")


def _split_text(site: NodeContext) -> OutputTypes:
    shape = site.shape(0)
    limit = site.number("maxsplit", 0)
    if limit < 1:
        return NOT_COVERED
    outputs = (TensorSpec("string", (*shape, limit + 1)), TensorSpec("int64", shape))
    return OutputTypes(
        outputs[: len(site.node.outputs)], f"every text splits into {limit + 1} words, the most possible"
    )


def held_value(node: Node, spec: TensorSpec | None) -> Array:
    """What `Shape`, `Size`, `SequenceLength` and `OptionalHasElement` answer, which the types alone tell."""
    if node.op_type == "OptionalHasElement":
        return np.asarray(spec is not None and spec.items != ())
    if spec is None:
        raise RuleError(f"input 0 of {node.op_type} is missing")
    if node.op_type == "SequenceLength":
        if spec.items is None:
            raise RuleError("input 0 of SequenceLength is no sequence")
        return np.asarray(len(spec.items), dtype=np.int64)
    if node.op_type == "Size":
        return np.asarray(spec.elements, dtype=np.int64)
    extents = tuple(int(dim) for dim in spec.shape)
    start, end = node.attributes.get("start", 0), node.attributes.get("end", len(extents))
    if not isinstance(start, int) or not isinstance(end, int):
        raise RuleError("start and end of Shape are no whole numbers")
    return np.asarray(extents[start:end], dtype=np.int64)


RULES: Mapping[str, OutputRule] = {
    "SequenceConstruct": _construct,
    "SequenceEmpty": _empty,
    "SequenceInsert": _insert,
    "SequenceErase": _erase,
    "SequenceAt": _at,
    "SequenceLength": _scalar("int64"),
    "SplitToSequence": _split,
    "ConcatFromSequence": _join,
    "Optional": _optional,
    "OptionalGetElement": _element,
    "OptionalHasElement": _scalar("bool"),
    "StringConcat": _joined_text,
    "StringSplit": _split_text,
    "StringNormalizer": _normalised_text,
    "RegexFullMatch": _match,
}
