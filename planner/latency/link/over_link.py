"""The time of a network over the link that its part has, and what of it the link takes.

A frame pays its transfer in, the chip and its transfer out. Rates and latencies that a model or an anchor
rests on were measured over some link, so that their times hold its transfers: another link adds the
difference. A pipeline overlaps transfers with arithmetic, and takes a frame no sooner than its link is free
again; units that take batch after batch wait for each transfer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from planner.formulas import formula
from planner.hardware.link.links import BusLink
from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.prepared import Prepared
from planner.latency.link.weights import weights_from_host
from planner.latency.network_time import NetworkTime
from planner.units import format_quantity
from planner.wording.message import message
from planner.workload.dtypes import storage_bytes

IntervalBound = Literal["chip", "link", "host"]
LEAST_LEFT = 0.2
"""Of a time that is moved to a faster link at least this share is left: transfers were no more of it."""


@dataclass(frozen=True, slots=True)
class LinkUse:
    """What a batch takes of the link; times are bands."""

    link: BusLink
    measured_over: BusLink
    """Of the rates behind the estimate."""
    in_s: Band
    out_s: Band
    weights_s: Band
    """Weights that do not stay on the chip and come from the host with every batch."""
    busy_s: Band
    """The busier direction, or both together where one waits for the other."""
    bound: IntervalBound = "chip"
    """What the interval between batches is bound by."""


def link_use(
    prepared: Prepared, point: OperatingPoint, link: BusLink, resident: float, loaded: float = 1.0
) -> LinkUse:
    """Transfers of a batch over a link; `resident` is the share of the network that stays on the chip.

    `loaded` is the share of the weights from the host that come with every batch.
    """
    tensors = prepared.workload.tensors
    sizes = [
        [storage_bytes(tensors[name].dtype, tensors[name].elements) for name in names if name in tensors]
        for names in (prepared.workload.inputs, prepared.workload.outputs)
    ]
    in_s, out_s = (Band(*link.time_s(sum(each), len(each))) for each in sizes)
    streamed = loaded * weights_from_host(prepared, point, resident)
    weights_s = Band(*link.time_s(streamed)) if streamed else _NONE
    there = _sum((in_s, weights_s))
    busy_s = _sum((there, out_s)) if link.duplex == "half" else _at_least(there, out_s)
    return LinkUse(link, point.measured_link or link, in_s, out_s, weights_s, busy_s)


@formula("link_transfer")
def over_link(
    found: NetworkTime, prepared: Prepared, point: OperatingPoint
) -> tuple[NetworkTime, LinkUse | None]:
    """The time with the transfers of the point's own link in place of those that it rests on."""
    if point.link is None or point.measured_link is None:
        return found, None
    share = _loaded(found, prepared, point, point.measured_link)
    use = link_use(prepared, point, point.link, found.resident, share)
    base = link_use(prepared, point, point.measured_link, found.resident, share)
    crossed = _less(_sum((use.in_s, use.out_s)), _sum((base.in_s, base.out_s)))
    loaded = _less(use.weights_s, base.weights_s) if found.weights_over_measured else _NONE
    added = _sum((crossed, loaded))
    if point.pipeline is None:
        moved = _moved(found, _plus(found.band, added))
        return moved, replace(use, bound=_largest_share(moved, use))
    # Contexts are loaded in their turn, and nothing runs meanwhile: the interval waits for them.
    interval = _plus(found.band, loaded)
    # Rates measured over this very link hold the loading of weights, whatever of it overlapped.
    held = found.weights_over_measured and point.link == point.measured_link
    busy = _at_least(use.in_s, use.out_s) if held else use.busy_s
    lifted = _at_least(interval, busy)
    # A frame is under way for an interval at least.
    frame = _at_least(_plus(found.frame or found.band, added), lifted)
    moved = replace(_moved(found, lifted), frame=frame)
    if busy.mid <= interval.mid:
        return moved, use
    note = message(
        "estimated.link_bound",
        link=use.link.name,
        time=format_quantity(busy.mid, "s", 3),
        chip=format_quantity(interval.mid, "s", 3),
    )
    return replace(moved, notes=(*moved.notes, note)), replace(use, bound="link")


def _loaded(found: NetworkTime, prepared: Prepared, point: OperatingPoint, measured: BusLink) -> float:
    """Share of the weights that come with every batch: what the measured link carries in the interval.

    Compilers keep some weights on the chip from context to context: a ResNet-50 on a Hailo-8L is published at
    a rate at which half of its weights fit through the link.
    """
    if not found.weights_over_measured:
        return 1.0
    base = link_use(prepared, point, measured, found.resident)
    room_s = found.band.mid - base.in_s.mid
    return min(1.0, max(0.0, room_s / base.weights_s.mid)) if base.weights_s.mid else 1.0


def without_link(time_s: float, prepared: Prepared, point: OperatingPoint, resident: float) -> float:
    """A time measured over the point's link, as over that which rates were measured over and without weights.

    What is left of it is compared with arithmetic and traffic of the chip.
    """
    if point.link is None or point.measured_link is None:
        return time_s
    use = link_use(prepared, point, point.link, resident)
    base = link_use(prepared, point, point.measured_link, resident)
    crossed_s = use.in_s.mid + use.out_s.mid - base.in_s.mid - base.out_s.mid
    return max(time_s - crossed_s - use.weights_s.mid, LEAST_LEFT * time_s)


_NONE = Band(0.0, 0.0, 0.0)


def _less(own: Band, other: Band) -> Band:
    """End by end; zero for the same."""
    return Band(own.low - other.low, own.mid - other.mid, own.high - other.high)


def _plus(band: Band, added: Band) -> Band:
    """Ends move with ends, as if errors went together; a faster link leaves at least a share."""
    low, mid, high = (
        max(end + more, LEAST_LEFT * end)
        for end, more in ((band.low, added.low), (band.mid, added.mid), (band.high, added.high))
    )
    return Band(low, mid, max(mid, high), band.level)


def _at_least(band: Band, other: Band) -> Band:
    """The longer of two times at each end."""
    return Band(max(band.low, other.low), max(band.mid, other.mid), max(band.high, other.high), band.level)


def _moved(found: NetworkTime, band: Band) -> NetworkTime:
    """The time with another band; what it differs by is no kernel's and paid once a batch."""
    if band == found.band:
        return found  # to the last digit
    return replace(found, band=band, fixed_s=max(0.0, found.fixed_s + band.mid - found.band.mid))


def _largest_share(found: NetworkTime, use: LinkUse) -> IntervalBound:
    """Of units that wait for each transfer: what takes the most of the time."""
    link_s = use.in_s.mid + use.out_s.mid + use.weights_s.mid
    shares: dict[IntervalBound, float] = {
        "chip": found.band.mid - link_s - found.caller_s,
        "link": link_s,
        "host": found.caller_s,
    }
    return max(shares, key=lambda name: shares[name])


def _sum(bands: Iterable[Band]) -> Band:
    items = tuple(bands)
    return Band(
        sum(band.low for band in items), sum(band.mid for band in items), sum(band.high for band in items)
    )
