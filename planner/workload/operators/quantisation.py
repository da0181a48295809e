"""Conversions between floats and integers with a scale and a zero point.

Quantising costs 5 operations per element (scale, round, shift, clip twice), dequantising 2.
"""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.operators.counting_rule import REQUANTISE, Call, Count, CountingRule


def _quantize(call: Call) -> Count:
    return Count("elementwise", REQUANTISE * call.written)


def _dequantize(call: Call) -> Count:
    return Count("elementwise", 2 * call.written)


def _dynamic_quantize(call: Call) -> Count:
    """Smallest and largest element first, then as any quantisation."""
    return Count("elementwise", (2 + REQUANTISE) * call.written)


RULES: Mapping[str, CountingRule] = {
    **dict.fromkeys(("QuantizeLinear", "com.microsoft:QuantizeLinear"), _quantize),
    **dict.fromkeys(("DequantizeLinear", "com.microsoft:DequantizeLinear"), _dequantize),
    "com.microsoft:QuantizeWithOrder": _quantize,
    "com.microsoft:DequantizeWithOrder": _dequantize,
    "DynamicQuantizeLinear": _dynamic_quantize,
}
