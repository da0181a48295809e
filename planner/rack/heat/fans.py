"""How much air a rack's fans move: where the fan curve meets the resistance of the air path.

Fan: dp = p0 n^2 - p0 (V / V0)^2 with stall pressure p0, free flow V0 and speed ratio n. Rack: dp = (k0 + k N)
V^2, turbulent, a share for the empty rack and one for each device. They meet at

    V = n V0 / sqrt(1 + (k0 + k N) V0^2 / p0).

The curve obeys the fan laws V ~ n, dp ~ n^2, P ~ n^3 (e.g. AMCA 201-02, annex on fan laws). It holds for one
kind of fan away from stall; a measured curve has a dip that the parabola lacks. Both pressures go with the
density, so the flow does not depend on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planner.formulas import formula
from planner.rack.description.checks import Checks


@dataclass(frozen=True, slots=True)
class FanCurve:
    """Fans at full speed: the pressure that stops the flow, the flow without resistance, the power drawn."""

    stall_pa: float
    free_m3_per_s: float
    rated_w: float

    def __post_init__(self) -> None:
        checks = Checks("fan curve")
        checks.positive(stall_pa=self.stall_pa, free_m3_per_s=self.free_m3_per_s)
        checks.non_negative(rated_w=self.rated_w)
        checks.finish()

    def pressure_pa(self, airflow_m3_per_s: float, speed: float = 1.0) -> float:
        """Static pressure at a flow and a speed ratio."""
        return self.stall_pa * (speed**2 - (airflow_m3_per_s / self.free_m3_per_s) ** 2)

    @formula("fan_curve")
    def power_w(self, speed: float = 1.0) -> float:
        """Power at a speed ratio, rated power times its cube; the shift along the curve is left out."""
        return self.rated_w * speed**3


@dataclass(frozen=True, slots=True)
class AirPath:
    """What the air has to pass: pressure per squared flow (Pa s2/m6) of the empty rack and of each device."""

    empty_pa_s2_per_m6: float
    per_device_pa_s2_per_m6: float

    def __post_init__(self) -> None:
        checks = Checks("air path")
        checks.non_negative(
            empty_pa_s2_per_m6=self.empty_pa_s2_per_m6,
            per_device_pa_s2_per_m6=self.per_device_pa_s2_per_m6,
        )
        checks.finish()

    def pressure_pa(self, airflow_m3_per_s: float, devices: float) -> float:
        """Pressure that a flow takes past this many devices."""
        resistance = self.empty_pa_s2_per_m6 + self.per_device_pa_s2_per_m6 * devices
        return resistance * airflow_m3_per_s**2


def in_parallel(fan: FanCurve, count: int) -> FanCurve:
    """Like fans side by side: flows and powers add at equal pressure."""
    return FanCurve(fan.stall_pa, fan.free_m3_per_s * count, fan.rated_w * count)


@formula("fan_curve")
def airflow_m3_per_s(fan: FanCurve, path: AirPath, devices: float, speed: float = 1.0) -> float:
    """The flow at which the fans' pressure is what the path takes."""
    # Both sides are squares of the flow, so the meeting point needs no iteration, and speed scales it.
    taken = path.pressure_pa(fan.free_m3_per_s, devices) / fan.stall_pa
    return speed * fan.free_m3_per_s / math.sqrt(1.0 + taken)
