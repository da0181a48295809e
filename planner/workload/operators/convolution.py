"""Convolutions: MACs = output elements x input channels of a group x kernel area.

Nominal counts: taps that fall on padding and the gaps of a dilated kernel's field are not subtracted or
added. A bias adds one operation per output element. Dumoulin and Visin, "A guide to convolution arithmetic
for deep learning" (arXiv:1603.07285), chapters 2 and 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operation import Contraction, OpClass
from planner.workload.operators.counting_rule import Call, Count, CountingRule
from planner.workload.operators.elementwise import activation_operations

_SAMPLE = 8  # bilinear sample of a deformable convolution: 4 multiplies, 3 adds, 1 mask multiply


def _class(groups: int, channels_per_group: int, area: int) -> OpClass:
    if groups == 1:
        return "pointwise" if area == 1 else "conv"
    return "depthwise" if channels_per_group == 1 else "grouped_conv"


def _conv(call: Call) -> Count:
    """`Conv`: weight (out, in / groups, kernel...); a fused activation and sum are counted too."""
    out_channels, depth, *kernel = call.input(1)
    groups = call.integer("group", 1)
    batch, _, *positions = call.output()
    area = math.prod(kernel)
    operations = call.written * (call.has(2) + call.has(3))
    operations += call.written * activation_operations(call.text("activation", ""))
    contraction = Contraction(groups, out_channels // groups, batch * math.prod(positions), depth * area)
    return Count(_class(groups, depth, area), operations, contraction)


def _conv_transpose(call: Call) -> Count:
    """`ConvTranspose`: weight (in, out / groups, kernel...); every input element meets the whole kernel."""
    in_channels, out_per_group, *kernel = call.input(1)
    groups = call.integer("group", 1)
    batch, _, *positions = call.input(0)
    rows = out_per_group * math.prod(kernel)
    contraction = Contraction(groups, rows, batch * math.prod(positions), in_channels // groups)
    return Count("deconv", call.written * call.has(2), contraction)


def _deform_conv(call: Call) -> Count:
    """`DeformConv`: a convolution over bilinear samples at learned offsets."""
    out_channels, depth, *kernel = call.input(1)
    groups = call.integer("group", 1)
    batch, _, *positions = call.output()
    columns, area = batch * math.prod(positions), math.prod(kernel)
    samples = columns * area * depth * groups
    contraction = Contraction(groups, out_channels // groups, columns, depth * area)
    return Count("conv", samples * _SAMPLE + call.written * call.has(3), contraction)


def _causal(call: Call) -> Count:
    """`CausalConvWithState`: a depthwise convolution over time, the last inputs kept as its state."""
    channels, _, length = call.input(1) if len(call.input(1)) == 3 else (*call.input(1), 1)
    batch, positions = call.input(0)[0], call.input(0)[-1]
    operations = call.written * (
        call.has(2) + activation_operations(_FUSED.get(call.text("activation", ""), ""))
    )
    return Count("depthwise", operations, Contraction(channels, 1, batch * positions, length))


_FUSED = {"silu": "Swish", "swish": "Swish", "relu": "Relu"}

RULES: Mapping[str, CountingRule] = {
    "Conv": _conv,
    "CausalConvWithState": _causal,
    "ConvTranspose": _conv_transpose,
    "DeformConv": _deform_conv,
}
