"""Operators that only move elements, and views that do not even that.

A gather or slice reads the elements that it takes, at most the whole table; a scatter copies its data (in
place is not assumed).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import Call, Count, Rule


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


def _scatter(updates: int) -> Rule:
    """Copies the data and writes the updates over it; a reduction costs one operation per update."""

    def rule(call: Call) -> Count:
        moved = math.prod(call.input(updates))
        reducing = call.text("reduction", "none") != "none"
        return Count("movement", moved * reducing, writes={0: call.written + moved})

    return rule


def _column_to_image(call: Call) -> Count:
    """`Col2Im`: overlapping blocks are added."""
    return Count("movement", call.read)


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"), _view),
    **dict.fromkeys(("Shape", "Size", "Constant"), _view),
    **dict.fromkeys(("Transpose", "Concat", "Pad", "Tile", "Expand", "ReverseSequence"), _move),
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth", "OneHot", "com.microsoft:QLinearConcat"), _move),
    **dict.fromkeys(("Slice", "Gather", "GatherElements", "GatherND", "Compress", "CenterCropPad"), _take),
    "Split": _take_all_outputs,
    **dict.fromkeys(("ConstantOfShape", "EyeLike"), _generate),
    "Range": _range,
    "ScatterND": _scatter(2),
    "ScatterElements": _scatter(2),
    "Scatter": _scatter(2),
    "TensorScatter": _scatter(1),
    "Col2Im": _column_to_image,
}
