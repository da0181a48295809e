"""What published temperature rises at several densities allow: models of the airflow, each fitted to them.

A rise of Q / (rho cp V) over a reference gives one effective flow V for each density, no more. Whether fans
deliver less past more devices, or the same flow comes back in part, cannot be seen from rises: an effective
flow V is V0 with a share 1 - V / V0 returned. A model has at most two fitted numbers, and says
within which rounding it holds. All are fitted by least squares on the rises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from planner.arrays import Floats
from planner.rack.description.checks import Checks

SIXTH = 1.0 / 6.0
_START_SHAPES = (0.003, 0.03, 0.3, 3.0)


@dataclass(frozen=True, slots=True)
class DensityPoint:
    """One published row: devices in the rack, mean temperature rise, mean power of one device."""

    devices: int
    rise_k: float
    power_per_device_w: float

    def __post_init__(self) -> None:
        checks = Checks("density point")
        checks.require(self.devices >= 1, "devices", "one or more", self.devices)
        checks.positive(rise_k=self.rise_k, power_per_device_w=self.power_per_device_w)
        checks.finish()


@dataclass(frozen=True, slots=True)
class AirflowModel:
    """One airflow model with its parameters: effective flow against density, and where the rise starts.

    The reported rise is that of the air less `offset_k`: its reference is in air so much warmer than the
    true supply.
    """

    name: str
    meaning: str
    numbers: dict[str, float]
    flow_m3_per_s: Callable[[float], float]
    offset_k: float
    fitted: int

    def rise_k(self, devices: float, heat_w: float, heat_j_per_m3_k: float) -> float:
        """The rise over the reference of a rack with this heat, in air of rho cp."""
        return heat_w / (heat_j_per_m3_k * self.flow_m3_per_s(devices)) - self.offset_k


def constant_flow(flow_m3_per_s: float, offset_k: float = 0.0) -> AirflowModel:
    """The same flow at every density; with an offset, over a reference warmer than the supply."""
    numbers = {"airflow_m3_per_s": flow_m3_per_s}
    if offset_k:
        numbers["offset_k"] = offset_k
        meaning = "the same flow at every density, rises reported over a reference warmer than the supply"
        return AirflowModel("offset", meaning, numbers, lambda _: flow_m3_per_s, offset_k, 2)
    return AirflowModel(
        "constant", "the same flow at every density", numbers, lambda _: flow_m3_per_s, 0.0, 1
    )


def falling_flow(flow_m3_per_s: float, exponent: float, at_devices: float) -> AirflowModel:
    """Effective flow that falls as a power of density; no theory behind the exponent."""
    return AirflowModel(
        "power_law",
        "effective flow falls as a power of density: fans lose flow, or exhaust returns",
        {"airflow_m3_per_s": flow_m3_per_s, "exponent": exponent, "at_devices": at_devices},
        lambda devices: flow_m3_per_s * (devices / at_devices) ** -exponent,
        0.0,
        2,
    )


def sixth_root(flow_m3_per_s: float, at_devices: float) -> AirflowModel:
    """The same with an exponent that is assumed and not fitted: published rises admit 0.14 to 0.18."""
    return AirflowModel(
        "sixth_root",
        "effective flow falls with the sixth root of density (the exponent is assumed)",
        {"airflow_m3_per_s": flow_m3_per_s, "at_devices": at_devices},
        lambda devices: flow_m3_per_s * (devices / at_devices) ** -SIXTH,
        0.0,
        1,
    )


def blocked_fan(free_m3_per_s: float, blockage: float) -> AirflowModel:
    """The flow of `planner.rack.heat.fans`: V0 / sqrt(1 + b N), with V0 the flow of the empty rack."""
    return AirflowModel(
        "blocked_fan",
        "parabolic fan curve against turbulent resistance that grows with each device",
        {"empty_airflow_m3_per_s": free_m3_per_s, "blockage_per_device": blockage},
        lambda devices: free_m3_per_s / (1.0 + blockage * devices) ** 0.5,
        0.0,
        2,
    )


def growing_recirculation(flow_m3_per_s: float, share_per_device: float) -> AirflowModel:
    """The same fan flow, of which each device returns one more share: V (1 - s N)."""
    return AirflowModel(
        "growing_recirculation",
        "the same fan flow, of which every device more returns the same share",
        {"airflow_m3_per_s": flow_m3_per_s, "share_per_device": share_per_device},
        lambda devices: flow_m3_per_s * max(1e-6, 1.0 - share_per_device * devices),
        0.0,
        2,
    )


@dataclass(frozen=True, slots=True)
class FittedAirflow:
    """A model with its residuals at the points it was fitted to, in the order of the points."""

    model: AirflowModel
    residuals_k: tuple[float, ...]

    @property
    def worst_k(self) -> float:
        """Largest residual."""
        return max(abs(residual) for residual in self.residuals_k)


def fit_airflows(
    points: Sequence[DensityPoint], heat_j_per_m3_k: float, extra_w: float = 0.0
) -> tuple[FittedAirflow, ...]:
    """Every model fitted to the points, best first.

    `extra_w` is heat of fans and others beside the devices. Models with two numbers need two points or more,
    and say something only with three.
    """
    checks = Checks("published densities")
    checks.require(len({p.devices for p in points}) >= 2, "points", "two densities or more", len(points))
    checks.finish()
    from scipy.optimize import least_squares

    heats_w = np.array([p.devices * p.power_per_device_w for p in points]) + extra_w
    rises_k = np.array([p.rise_k for p in points])
    flow = float(np.mean(heats_w / (heat_j_per_m3_k * rises_k)))
    lowest = float(min(p.devices for p in points))

    def fitted(make: Callable[..., AirflowModel], starts: Sequence[tuple[float, ...]]) -> FittedAirflow:
        def residuals_k(numbers: Floats) -> Floats:
            model = make(*(float(number) for number in numbers))
            pairs = zip(points, heats_w, strict=True)
            predicted_k = np.array([model.rise_k(p.devices, w, heat_j_per_m3_k) for p, w in pairs])
            return np.asarray(predicted_k - rises_k, dtype=np.float64)

        lower = [1e-9, *[0.0] * (len(starts[0]) - 1)]
        tries = [least_squares(residuals_k, s, x_scale=s, bounds=(lower, np.inf), xtol=1e-12) for s in starts]
        best = min(tries, key=lambda found: float(found.cost))
        model = make(*(float(number) for number in best.x))
        return FittedAirflow(model, tuple(float(r) for r in residuals_k(best.x)))

    two = [(flow, shape) for shape in _START_SHAPES]
    found = [
        fitted(constant_flow, [(flow,)]),
        fitted(constant_flow, two),
        fitted(lambda v, m: falling_flow(v, m, lowest), two),
        fitted(lambda v: sixth_root(v, lowest), [(flow,)]),
        fitted(blocked_fan, two),
        fitted(growing_recirculation, two[:1]),
    ]
    return tuple(sorted(found, key=lambda item: item.worst_k))


@dataclass(frozen=True, slots=True)
class LeakageFit:
    """Leakage fitted to power against temperature rise: P = base + reference * exp(per_k * rise).

    `base_w` and `reference_w` (leakage at zero rise) come closest, with `worst_w` as the largest error;
    `low_w` and `high_w` bound the reference that the rounding of the powers admits, None where none does.
    """

    per_k: float
    base_w: float
    reference_w: float
    worst_w: float
    low_w: float | None
    high_w: float | None


def fit_leakage(points: Sequence[DensityPoint], per_k: float, rounding_w: float = 0.5) -> LeakageFit:
    """The leakage that reproduces the powers best in the worst row, and the range that their rounding admits.

    Both are linear programmes in base, reference and error, since the exponent is given.
    """
    from scipy.optimize import linprog

    growth = np.exp(per_k * np.array([p.rise_k for p in points]))
    powers_w = np.array([p.power_per_device_w for p in points])
    ones = np.ones_like(growth)
    above, below = np.column_stack((ones, growth, -ones)), np.column_stack((-ones, -growth, -ones))
    matrix, limits = np.vstack((above, below)), np.concatenate((powers_w, -powers_w))

    def lowest(weights: tuple[float, float, float], most_w: float | None) -> Floats | None:
        bounds = [(0, None), (0, None), (0, most_w)]
        return linprog(weights, A_ub=matrix, b_ub=limits, bounds=bounds).x

    best = lowest((0.0, 0.0, 1.0), None)
    if best is None:
        raise RuntimeError("a linear programme without limits on its error has an answer")
    ends = lowest((0.0, 1.0, 0.0), rounding_w), lowest((0.0, -1.0, 0.0), rounding_w)
    low_w, high_w = (None if end is None else float(end[1]) for end in ends)
    return LeakageFit(per_k, float(best[0]), float(best[1]), float(best[2]), low_w, high_w)
