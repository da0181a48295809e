"""The latency to plan with: the datasheet band corrected by how far published measurements fall short of it.

A roofline from datasheet peaks is an ideal. For each engine and kind of unit the database holds the median
and the 90th percentile of published latency over the middle of the band, on networks and parts named there; a
plan that ignored them would buy too little. Where nobody published, the figures of the `generic` engine stand
in, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import choose_unit
from planner.latency.band import Band
from planner.latency.estimate import Estimate
from planner.provenance import Provenance
from planner.schema.device import Device
from planner.schema.engine import EngineOnUnit

GENERIC_ENGINE = "generic"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How much slower than the middle of the datasheet band an engine runs on a kind of unit."""

    median: float
    p90: float
    engine: str
    borrowed: bool
    """Whether the figures are those of all engines, for want of any for this one."""
    note: str


def shortfall(device: Device, estimate: Estimate) -> Shortfall:
    """The shortfall of the estimate's engine on its kind of unit, or the generic one."""
    kind = device.units[choose_unit(device, estimate.unit, None)].kind
    own = _of(read_engine(estimate.engine).units.get(kind), estimate.engine, borrowed=False)
    if own is not None:
        return own
    borrowed = _of(read_engine(GENERIC_ENGINE).units.get(kind), estimate.engine, borrowed=True)
    return borrowed or Shortfall(1.0, 1.0, estimate.engine, borrowed=True, note="no figure at all")


def planning_band(estimate: Estimate, correction: Shortfall) -> Band:
    """Latency to plan with: the ideal, the typical and the cautious case."""
    if estimate.provenance in (Provenance.MEASURED, Provenance.CALIBRATED, Provenance.TRANSFERRED):
        return estimate.latency_s
    mid = estimate.latency_s.mid
    return Band(
        min(estimate.latency_s.low, mid * correction.median), mid * correction.median, mid * correction.p90
    )


def _of(costs: EngineOnUnit | None, engine: str, *, borrowed: bool) -> Shortfall | None:
    if costs is None or costs.shortfall_median_ratio is None or costs.shortfall_p90_ratio is None:
        return None
    median, p90 = costs.shortfall_median_ratio, costs.shortfall_p90_ratio
    return Shortfall(median.value, p90.value, engine, borrowed, median.note or median.formula or "")
