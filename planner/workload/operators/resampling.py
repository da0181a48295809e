"""Resizing and sampling: taps per output element by the interpolation and the axes that change."""

from __future__ import annotations

from collections.abc import Mapping

from planner.workload.operators.counting_rule import Call, Count, CountingRule

_TAPS = {"linear": 2, "bilinear": 2, "cubic": 4, "bicubic": 4}


def _interpolated(call: Call, taps: int) -> Count:
    """One multiplication per tap and an addition for each but the first."""
    operations = (2 * taps - 1) * call.written if taps > 1 else 0
    reads = {0: min(call.read, taps * call.written)}
    return Count("elementwise" if operations else "movement", operations, reads=reads)


def _resize(call: Call) -> Count:
    """`Resize`: nearest only moves; linear has 2 taps and cubic 4 per axis that changes its extent."""
    changed = sum(before != after for before, after in zip(call.input(0), call.output(), strict=True))
    return _interpolated(call, _TAPS.get(call.text("mode", "nearest"), 1) ** changed)


def _grid_sample(call: Call) -> Count:
    """`GridSample`: the axes of the grid are interpolated; opset 16 says bilinear, later ones linear."""
    axes = call.input(1)[-1]
    return _interpolated(call, _TAPS.get(call.text("mode", "linear"), 1) ** axes)


def _affine_grid(call: Call) -> Count:
    """Each coordinate is a row of the affine matrix times the position: axes + 1 MACs."""
    axes = call.output()[-1]
    return Count("elementwise", extra_macs=(axes + 1) * call.written)


RULES: Mapping[str, CountingRule] = {
    "Resize": _resize,
    "Upsample": _resize,
    **dict.fromkeys(("GridSample", "com.microsoft:GridSample"), _grid_sample),
    "AffineGrid": _affine_grid,
}
