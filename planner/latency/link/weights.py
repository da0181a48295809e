"""Weights that do not stay on the chip and come from the host with every batch."""

from __future__ import annotations

from dataclasses import replace

from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.prepared import Prepared
from planner.latency.network_time import NetworkTime
from planner.units import format_quantity
from planner.wording.message import message


def weights_from_host(prepared: Prepared, point: OperatingPoint, resident: float) -> float:
    """Bytes of weights that come from the host with every batch, of parts without a memory of their own.

    What the chip does not hold where an engine streams that, or all of what is cut into contexts, each of
    which is loaded in its turn.
    """
    if not point.on_chip:
        return 0.0
    if point.weights_beyond_chip == "streamed":
        return max(0.0, prepared.memory_bytes[0] - (point.cache_bytes or 0.0))
    return (1.0 - resident) * prepared.memory_bytes[0] if point.pipeline is not None else 0.0


def streamed_weights(found: NetworkTime, prepared: Prepared, point: OperatingPoint) -> NetworkTime:
    """The time with the weights that the memory on the chip does not hold, which come over the host's link.

    In every inference: the low end overlaps it with all the rest, as the low end of a kernel does; the high
    end adds it. A fitted model has this in its parameters.
    """
    beyond = weights_from_host(prepared, point, found.resident)
    if point.weights_beyond_chip != "streamed" or not beyond:
        return found
    if point.link is None:
        fast_s = link_s = slow_s = beyond / point.reload_bytes_per_s
    else:
        fast_s, link_s, slow_s = point.link.time_s(beyond)
    low, high = max(found.band.low, fast_s), found.band.high + slow_s
    note = message(
        "estimated.streamed",
        weights=format_quantity(prepared.memory_bytes[0], "bytes", 3),
        chip=format_quantity(point.cache_bytes or 0.0, "bytes", 3),
        time=format_quantity(link_s, "s", 3),
    )
    # Ends of a model meet in their middle; a band that was earned is moved, ends and all.
    mid = (low + high) / 2 if found.band.level is None else found.band.mid + link_s
    band = Band(low, mid, high, found.band.level)
    fixed_s = found.fixed_s + band.mid - found.band.mid
    return replace(found, band=band, fixed_s=fixed_s, notes=(*found.notes, note))
