"""One device from cold under full load: when it throttles, and what is left of its rate after an hour.

The device serves without a pause in air of constant temperature. Once an epoch its heat stores take an exact
step, its fan and its governor act as in a rack (`planner.rack.heat.epoch.advance`), and its rate is that of
the clock in force. There is no rack around it: the inlet is the air.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.rack.description.checks import Checks
from planner.rack.description.rack import RackDevice, Service
from planner.rack.heat.governor import clock_ratio, next_fan_level, next_step
from planner.rack.heat.ladder import exact_step, fan_w, leakage_w
from planner.rack.load.expected import busy_power_w, slowdown

MINUTE_S = 60
_EPOCH_S = 1.0


@dataclass(frozen=True, slots=True)
class SoakPoint:
    """The device at the end of a minute."""

    time_s: float
    die_c: float
    clock: float
    power_w: float


@dataclass(frozen=True, slots=True)
class Soak:
    """What became of the device. Rates are batches of the service a second, means over a minute.

    `time_to_throttle_s` is None where it never throttled, `shutdown_s` where it stayed on.
    """

    duration_s: float
    time_to_throttle_s: float | None
    shutdown_s: float | None
    first_minute_per_s: float
    last_minute_per_s: float
    hottest_c: float
    throttled_share: float
    points: tuple[SoakPoint, ...]

    @property
    def kept(self) -> float:
        """The last minute's rate over the first's."""
        return self.last_minute_per_s / self.first_minute_per_s


def soak(device: RackDevice, service: Service, ambient_c: float, duration_s: float) -> Soak:
    """The device from the ambient's temperature on, busy all the time."""
    checks = Checks("soak")
    checks.finite(ambient_c=ambient_c)
    checks.require(duration_s >= 2 * MINUTE_S, "duration_s", "two minutes or more", duration_s)
    checks.finish()
    thermal = device.thermal
    nodes_c = np.full((1, max(1, len(thermal.nodes))), ambient_c)
    level, step = np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp)
    air_c, epochs = np.array([ambient_c]), int(duration_s / _EPOCH_S)
    rates = np.zeros(epochs)
    points: list[SoakPoint] = []
    throttled, hottest_c, first_s, shutdown_s = 0, ambient_c, None, None
    for number in range(epochs):
        end_s = (number + 1) * _EPOCH_S
        clock = clock_ratio(thermal, step)
        dynamic_w = np.asarray(busy_power_w(device, service, float(clock[0]))) * np.ones(1)
        power_w = device.idle_w + dynamic_w + leakage_w(thermal, nodes_c[:, 0]) + fan_w(thermal, level)
        nodes_c = exact_step(thermal, _EPOCH_S, int(level[0])).nodes_c(nodes_c, air_c, power_w)
        rates[number] = 1.0 / (service.batch_s[-1] * float(slowdown(service, float(clock[0]))))
        throttled += int(step[0] > 0)
        die_c = nodes_c[:, 0]
        hottest_c = max(hottest_c, float(die_c[0]))
        if end_s % MINUTE_S == 0:
            points.append(SoakPoint(end_s, float(die_c[0]), float(clock[0]), float(power_w[0])))
        if die_c[0] >= thermal.shutdown_c:
            shutdown_s = end_s
            break
        step = next_step(device, die_c, power_w, dynamic_w, step)
        level = next_fan_level(thermal, die_c, level)
        if first_s is None and step[0] > 0:
            first_s = end_s
    return Soak(
        duration_s=duration_s,
        time_to_throttle_s=first_s,
        shutdown_s=shutdown_s,
        first_minute_per_s=float(rates[:MINUTE_S].mean()),
        last_minute_per_s=float(rates[-MINUTE_S:].mean()),
        hottest_c=hottest_c,
        throttled_share=throttled / epochs,
        points=tuple(points),
    )
