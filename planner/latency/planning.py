"""The latency to plan with.

A band that left-out measurements earned (its `level` says which share it holds) is planned with as it is: a
typical plan counts on its middle, a cautious one on its high end.

The band of a datasheet holds no probability and is corrected by how far published measurements fall short
of it. For each engine and kind of unit the database holds the median and the 90th percentile of published
latency over the middle of that band, on networks and parts named there; a plan that ignored them would buy
too little. Where nobody published, the figures of the `generic` engine are used, and the result says so. A
typical plan never counts on less than the middle of the band, and while an engine has fewer than ten pairs of
network and part, a cautious one counts on no less than the generic 90th percentile.
"""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import MissingDataError
from planner.formulas import formula
from planner.hardware.catalog import read_engine
from planner.latency.band import Band
from planner.latency.result import Estimate
from planner.schema.hardware.device import Device
from planner.schema.hardware.engine import EngineOnUnit, ShortfallRows
from planner.wording.message import message

GENERIC_ENGINE = "generic"
ENOUGH_PAIRS = 10


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How much slower than the middle of the datasheet band an engine runs on a kind of unit."""

    median: float
    p90: float
    engine: str
    borrowed: bool
    """Whether the figures are those of all engines, for want of any for this one."""
    note: str


def shortfall(device: Device, estimate: Estimate) -> Shortfall | None:
    """The shortfall of the estimate's engine on its kind of unit, or the generic one.

    None where the estimate is no roofline: its band needs no correction.
    """
    if estimate.latency_s.level is not None:
        return None
    kind = device.units[estimate.unit].kind
    generic = _published(read_engine(GENERIC_ENGINE).units.get(kind))
    own = _published(read_engine(estimate.engine).units.get(kind))
    if generic is None:
        raise MissingDataError(
            f"hardware_db/engines/{GENERIC_ENGINE}.yaml: no shortfall for a {kind}; add it there"
        )
    if own is None:
        return Shortfall(
            # No plan counts on an engine that beats the middle of its roofline, even where published ones
            # did.
            max(1.0, generic.median),
            generic.p90,
            estimate.engine,
            borrowed=True,
            note=generic.note,
        )
    # The 90th percentile of fewer than ten pairs rests on one or two of them; the generic one bounds it from
    # below.
    p90 = own.p90 if own.pairs >= ENOUGH_PAIRS else max(own.p90, generic.p90)
    note = own.note if own.pairs >= ENOUGH_PAIRS else message("shortfall.too_few", note=own.note)
    return Shortfall(max(1.0, own.median), p90, estimate.engine, borrowed=False, note=note)


@formula("datasheet_shortfall")
def planning_band(estimate: Estimate, correction: Shortfall | None) -> Band:
    """Latency to plan with: the ideal, the typical and the cautious case, in a run that lasts."""
    lasting = estimate.latency_s
    if estimate.load == "burst":
        lasting = lasting.scaled(estimate.bend)
    if correction is None:
        return lasting
    mid = lasting.mid
    return Band(min(lasting.low, mid * correction.median), mid * correction.median, mid * correction.p90)


@dataclass(frozen=True, slots=True)
class _Published:
    median: float
    p90: float
    pairs: int
    note: str


def _published(costs: EngineOnUnit | None) -> _Published | None:
    if costs is None or costs.shortfall_median_ratio is None or costs.shortfall_p90_ratio is None:
        return None
    median, p90, pairs = costs.shortfall_median_ratio, costs.shortfall_p90_ratio, costs.shortfall_pairs
    return _Published(median.value, p90.value, pairs.value if pairs else 0, _rows_text(costs.shortfall_rows))


def _rows_text(behind: ShortfallRows | None) -> str:
    """What a shortfall rests on; nothing where the database does not say."""
    if behind is None:
        return ""
    return message(
        "shortfall.rows", rows=str(behind.rows), networks=str(behind.networks), parts=str(behind.parts)
    )
