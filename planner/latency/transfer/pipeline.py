"""Two times of a data-flow chip: one frame on its way through it, and the interval between frames.

All layers of such a chip work at once on frames in a row, so that a published rate is one over the interval
and not over the latency of a frame. How many intervals a frame takes is measured (`pipeline` of an engine).
"""

from __future__ import annotations

import math

from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band


def frame_of(interval: Band, resident: float, batch: int, point: OperatingPoint) -> Band | None:
    """One batch from its first byte in to its last out, where all layers work at once on frames in a row.

    The last frame of a batch comes `mid` intervals of one frame after it went in; those before it went in at
    the interval. A network that is cut into contexts waits for each, so that nothing of it overlaps.
    """
    if point.pipeline is None:
        return None

    def times(frames: float) -> float:
        return 1.0 + (frames - 1.0) * resident / batch

    p = point.pipeline
    # Errors of the interval and of the depth are independent: logarithms add as squares, for each end.
    down = math.hypot(math.log(interval.low / interval.mid), math.log(times(p.low) / times(p.mid)))
    up = math.hypot(math.log(interval.high / interval.mid), math.log(times(p.high) / times(p.mid)))
    mid = interval.mid * times(p.mid)
    return Band(mid * math.exp(-down), mid, mid * math.exp(up), interval.level)


def frame_moved(frame: Band, before: Band, now: Band) -> Band:
    """A frame's time where the interval between frames is another than before, by as much at every end.

    What moves an interval is known of a batch as a whole; no frame is then out sooner than one a batch.
    """
    low, mid, high = (frame.at(end) + now.at(end) - before.at(end) for end in ("low", "mid", "high"))
    return Band(low, mid, high, now.level)
