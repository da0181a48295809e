"""What published rows of a rack allow: airflows of its airflow and leakage, and what they leave open."""

from __future__ import annotations

from dataclasses import dataclass

from planner.errors import InputError, Problem
from planner.rack.description.rack import Rack
from planner.rack.studies.airflow_models import (
    DensityPoint,
    FittedAirflow,
    LeakageFit,
    fit_airflows,
    fit_leakage,
)
from planner.rack.studies.density import DensityRow
from planner.rack.studies.joint_fit import JointFit, growth_needed, joint_fits
from planner.schema.scenario.rack_study import DensitySpec
from planner.units import format_percent

ASSUMED_EXPONENTS_PER_K = (0.01, 0.02, 0.03, 0.04)
"""Range of leakage exponents for silicon near room temperature (assumed; sources give 1 to 4 % a kelvin)."""


@dataclass(frozen=True, slots=True)
class PublishedResidual:
    """A published row against the curve."""

    devices: int
    rise_error_k: float
    power_error_w: float


def published_airflows(rack: Rack, asked: DensitySpec) -> tuple[FittedAirflow, ...]:
    """What the rises of the published rows fix of the airflow, the best first; none for fewer than two."""
    if len({row.devices for row in asked.published}) < 2:
        return ()
    heat_j_per_m3_k = rack.air.density_kg_per_m3 * rack.air.heat_capacity_j_per_kg_k
    return fit_airflows(_points(asked), heat_j_per_m3_k, rack.fan_w)


def airflow_used(airflows: tuple[FittedAirflow, ...], airflow: str, file: str) -> FittedAirflow | None:
    """The airflow model that the scenario asks for; None for the site's own airflow."""
    if airflow == "site":
        return None
    if airflow == "best":
        return airflows[0]
    for fit in airflows:
        if fit.model.name == airflow:
            return fit
    raise InputError(file, [Problem("density.airflow", "a airflow model of the published rows", airflow)])


def published_residuals(rows: tuple[DensityRow, ...], asked: DensitySpec) -> tuple[PublishedResidual, ...]:
    """How far the curve lies from each published row."""
    found = {row.devices: row for row in rows}
    return tuple(
        PublishedResidual(
            row.devices,
            found[row.devices].temperature_rise_k - row.temperature_rise_k,
            found[row.devices].power_per_device_w - row.power_per_device_w,
        )
        for row in asked.published
    )


def published_leakages(asked: DensitySpec) -> tuple[LeakageFit, ...]:
    """What the powers of three densities or more say of leakage, at each assumed exponent."""
    if not _three(asked):
        return ()
    return tuple(fit_leakage(_points(asked), per_k) for per_k in ASSUMED_EXPONENTS_PER_K)


def published_joint(asked: DensitySpec) -> tuple[JointFit, ...]:
    """Airflow and leakage fitted together, to three densities or more."""
    return joint_fits(_points(asked)) if _three(asked) else ()


def published_remarks(
    rack: Rack, asked: DensitySpec, airflows: tuple[FittedAirflow, ...], used: FittedAirflow | None
) -> list[str]:
    """What the published rows leave open, in words."""
    if not airflows:
        return _growth_remark(asked)
    heat_j_per_m3_k = rack.air.density_kg_per_m3 * rack.air.heat_capacity_j_per_kg_k
    flows = [
        (p.devices * p.power_per_device_w + rack.fan_w) / (heat_j_per_m3_k * p.rise_k) for p in _points(asked)
    ]
    listed = ", ".join(f"{flow:.3f}" for flow in flows)
    shares = ", ".join(format_percent(1 - flow / max(flows)) for flow in flows)
    remarks = [
        f"the rises fix one effective airflow a row and no more: {listed} m3/s. Fans that lose flow past "
        f"more devices, and constant fans of which {shares} comes back, give the same rises",
        "a mean over the air in the rack is half the rise of the exhaust: were the rises such means, all "
        "airflows would halve",
    ]
    holding = [fit for fit in airflows if fit.worst_k <= 0.5]
    if len(holding) > 1:
        remarks.append(_where_they_part(rack, asked, holding, heat_j_per_m3_k))
    if used is not None:
        remarks.append(
            f"fitted to the rises: {used.model.fitted} number{'s' * (used.model.fitted > 1)} of the "
            "airflow. Powers alone fix neither "
            "the exponent of the leakage nor its size: each exponent has a range, and the device states one"
        )
    return [*remarks, *_growth_remark(asked)]


def _growth_remark(asked: DensitySpec) -> list[str]:
    """Why so many numbers have to be fitted: what every airflow and every power law has to do."""
    if not _three(asked):
        return []
    counts = sorted(row.devices for row in asked.published)
    grows = [
        f"by {format_percent(low, 1)} to {format_percent(high, 1)} from {one} to {other} devices"
        for (low, high), one, other in zip(growth_needed(_points(asked)), counts, counts[1:], strict=False)
    ]
    powers_w = [row.power_per_device_w for row in asked.published]
    remark = (
        f"within 0.5 K and 0.5 W the rise for each watt grows {' and '.join(grows)}: a flow with one number "
        "has to bend like that by itself"
    )
    if max(powers_w) - min(powers_w) > 1.0:
        remark += ", and no constant power is within 0.5 W of all rows, so powers take a number of their own"
    return [remark]


def _where_they_part(
    rack: Rack, asked: DensitySpec, holding: list[FittedAirflow], heat_j_per_m3_k: float
) -> str:
    most = max(p.devices for p in asked.published)
    watts = max(p.power_per_device_w for p in asked.published)
    names = " and ".join(fit.model.name for fit in holding)
    probes = (max(1, min(p.devices for p in asked.published) // 4), 2 * most)
    parts = []
    for count in probes:
        rises = [fit.model.rise_k(count, count * watts + rack.fan_w, heat_j_per_m3_k) for fit in holding]
        parts.append(f"{' or '.join(f'{rise:.1f}' for rise in rises)} K at {count} devices")
    return f"{names} hold within 0.5 K; one more row would distinguish them: {', '.join(parts)}"


def _points(asked: DensitySpec) -> tuple[DensityPoint, ...]:
    return tuple(
        DensityPoint(row.devices, row.temperature_rise_k, row.power_per_device_w) for row in asked.published
    )


def _three(asked: DensitySpec) -> bool:
    return len({row.devices for row in asked.published}) >= 3
