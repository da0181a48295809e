"""The roofline of a unit that no fitted model covers, moved by what such units were missed by.

A roofline is an ideal: its two ends, perfect overlap and none, say nothing of what engines reach. Of each
kind of unit the database has how far published latencies lay above the middle, with every unit left out
whole: that is the case of a unit of which nobody published anything. It stops holding for an engine that
reaches less than any that was published, such as one that runs most operators on its host.
"""

from __future__ import annotations

from planner.hardware.operating_point import OperatingPoint
from planner.latency.network_time import NetworkTime, times
from planner.latency.transfer.store import roofline_anchoring
from planner.schema.fitted.transfer import Missed
from planner.units import format_number
from planner.wording.message import message


def missed_of(unit_kind: str, engine: str) -> Missed:
    """What a unit of this kind misses; what any unit does where no row of the engine on the kind was seen."""
    found = roofline_anchoring()
    own = next((missed for kind, missed in found.missed.items() if kind == unit_kind), None)
    return own if own is not None and engine in own.engines else found.missed_anywhere


def of_unseen_unit(found: NetworkTime, point: OperatingPoint) -> NetworkTime:
    """The time by the roofline, times the median miss, in the band that holds the next unit of this kind."""
    missed = missed_of(point.unit_kind, point.engine)
    anywhere = missed is roofline_anchoring().missed_anywhere
    note = message(
        "estimated.missed",
        units=str(missed.units),
        kind=message("estimated.any_kind") if anywhere else point.unit_kind,
        rows=f"{missed.observations:,}",
        factor=format_number(missed.median, 3),
    )
    return times(found, missed.median, missed.low, missed.high, roofline_anchoring().level, (note,))
