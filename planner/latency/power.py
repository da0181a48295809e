"""Power of a part while it serves: between its idle draw and the limit of its power mode.

P = idle + activity x (limit - idle). Where a network sits between the two depends on what it keeps busy. The
activity used is 0.75 within 0.5 to 1.0: in MLPerf Inference 2.0 (wall-plug power) a Jetson AGX Orin at MAXN
draws 41.5 W on ResNet-50 single-stream, 46.9 W on BERT-Large single-stream and 53.1 W on ResNet-50 offline,
which is 0.65, 0.75 and 0.87 of the way from 8 W idle to its 60 W limit. It stops holding for modes that cap
clocks far below their label and for wall-plug figures of cards, which include a server.
"""

from __future__ import annotations

from planner.latency.band import Band

ACTIVITY = Band(low=0.5, mid=0.75, high=1.0)


def serving_power_w(idle_w: float, power_limit_w: float) -> Band:
    """Power while the unit is busy, from the idle draw and the limit of the mode."""
    span_w = power_limit_w - idle_w
    return Band(
        low=idle_w + ACTIVITY.low * span_w,
        mid=idle_w + ACTIVITY.mid * span_w,
        high=idle_w + ACTIVITY.high * span_w,
    )


def average_power_w(idle_w: float, serving_w: float, utilisation: float) -> float:
    """Mean power at a share of time spent serving; the rest of the time is idle."""
    return idle_w + utilisation * (serving_w - idle_w)
