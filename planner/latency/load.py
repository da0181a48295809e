"""Burst and sustained: a short benchmark at the boost clock, and what the power limit allows for long.

Published rates are mostly of runs of seconds. A part whose unit would draw more than its mode's limit at the
clock of such a run lowers the clock until it does not: P(c) = idle + dynamic x c^k = limit, c the share of
that clock. Arithmetic then takes 1/c as long and memory traffic as long as before. It says nothing of heat:
a sink that is too small bends a part further (`planner estimate --soak`).
"""

from __future__ import annotations

from dataclasses import replace

from planner.latency.network_time import LayerEstimate
from planner.latency.result import Estimate, Load


def under_load(found: Estimate, load: Load) -> Estimate:
    """The estimate of a short run, or of one that lasts."""
    factor = found.bend
    if load == found.load or factor == 1.0:
        return replace(found, load=load)
    if load == "burst":
        factor = 1.0 / factor
    return replace(
        found,
        load=load,
        latency_s=found.latency_s.scaled(factor),
        frame_s=None if found.frame_s is None else found.frame_s.scaled(factor),
        fixed_s=found.fixed_s * factor,
        caller_s=found.caller_s * factor,
        layers=tuple(_scaled(layer, factor) for layer in found.layers),
    )


def _scaled(layer: LayerEstimate, factor: float) -> LayerEstimate:
    time = layer.time
    names = ("compute_s", "memory_s", "overhead_s", "low_s", "mid_s", "high_s")
    return replace(layer, time=replace(time, **{name: getattr(time, name) * factor for name in names}))
