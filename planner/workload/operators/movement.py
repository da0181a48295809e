"""Operators that only move elements, and views that do not even that.

A gather or slice reads the elements that it takes, at most the whole table; a scatter copies its data (in
place is not assumed).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import Call, Count, CountingRule


def _move(_call: Call) -> Count:
    return Count("movement")


def _view(call: Call) -> Count:
    nothing = dict.fromkeys(range(max(len(call.inputs), len(call.outputs))), 0)
    return Count("view", reads=nothing, writes=nothing)


def _take(call: Call) -> Count:
    """Elements taken from input 0."""
    return Count("movement", reads={0: min(call.read, call.written)})


def _take_all_outputs(call: Call) -> Count:
    taken = sum(math.prod(shape) for shape in call.outputs if shape is not None)
    return Count("movement", reads={0: min(call.read, taken)})


def _generate(call: Call) -> Count:
    """`Range`, `EyeLike`, ...: written without reading data."""
    return Count("movement", reads=dict.fromkeys(range(len(call.inputs)), 0))


def _range(call: Call) -> Count:
    return Count("movement", call.written)


def _scatter(updates: int) -> CountingRule:
    """Copies the data and writes the updates over it; a reduction costs one operation per update."""

    def rule(call: Call) -> Count:
        moved = math.prod(call.input(updates))
        reducing = call.text("reduction", "none") != "none"
        return Count("movement", moved * reducing, writes={0: call.written + moved})

    return rule


def _column_to_image(call: Call) -> Count:
    """`Col2Im`: overlapping blocks are added."""
    return Count("movement", call.read)


def _take_blocks(call: Call) -> Count:
    """Rows of a table of few bits, dequantised (subtract, multiply) with the scales of their blocks."""
    rows = call.input(0)[call.integer("gather_axis", 0)]
    taken = min(rows, math.prod(call.input(1)))
    reads = {place: math.prod(call.input(place)) * taken // rows for place in (0, 2)}
    return Count("movement", 2 * call.written, reads=reads)


_CONTAINERS = ("SequenceConstruct", "SequenceInsert", "SplitToSequence", "ConcatFromSequence")

RULES: Mapping[str, CountingRule] = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"), _view),
    **dict.fromkeys(("Shape", "Size", "Constant"), _view),
    **dict.fromkeys(("Transpose", "Concat", "Pad", "Tile", "Expand", "ReverseSequence"), _move),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth", "OneHot", "com.microsoft:QLinearConcat"), _move),
    **dict.fromkeys(("Slice", "Gather", "GatherElements", "GatherND", "Compress", "CenterCropPad"), _take),
    "Split": _take_all_outputs,
    **dict.fromkeys(_CONTAINERS, _move),
    **dict.fromkeys(("SequenceAt", "SequenceErase", "OptionalGetElement"), _take),
    **dict.fromkeys(("SequenceLength", "SequenceEmpty", "OptionalHasElement"), _view),
    "Optional": _view,
    **dict.fromkeys(
        ("com.microsoft:Pad", "com.microsoft:NGramRepeatBlock", "com.microsoft:UnfoldTensor"), _move
    ),
    **dict.fromkeys(("com.microsoft.nchwc:ReorderInput", "com.microsoft.nchwc:ReorderOutput"), _move),
    "com.microsoft.nchwc:Upsample": _take,
    **dict.fromkeys(("com.microsoft:TorchEmbedding", "com.microsoft:GatherND"), _take),
    "com.microsoft:ExpandDims": _view,
    "com.microsoft:Range": _range,
    "com.microsoft:GatherBlockQuantized": _take_blocks,
    **dict.fromkeys(("ConstantOfShape", "EyeLike"), _generate),
    "Range": _range,
    "ScatterND": _scatter(2),
    "ScatterElements": _scatter(2),
    "Scatter": _scatter(2),
    "TensorScatter": _scatter(1),
    "Col2Im": _column_to_image,
}
