"""How many devices a scenario's rack may hold: its density curve, its limit, what published rows allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial

from planner.errors import InputError, Problem
from planner.hardware.catalog import part_file, read_device
from planner.plan.density_limits import (
    LimitWeight,
    LiquidAnswer,
    first_wrong,
    limit_weights,
    liquid_answer,
    site_limits,
)
from planner.plan.option import Option
from planner.plan.rack_model import fixed_power_w, rack_air
from planner.plan.study import ScenarioFile, rack_of
from planner.plan.synthetic import synthetic_rack
from planner.rack.airflow_readings import (
    DensityPoint,
    FittedReading,
    LeakageReading,
    fit_leakage,
    fit_readings,
)
from planner.rack.cooling import chilled_water_cop, facility
from planner.rack.density import (
    DensityLimit,
    DensityRow,
    Surroundings,
    SurroundingsAt,
    density_limit,
    density_rows,
)
from planner.rack.description import Rack
from planner.rack.joint_fit import JointReading, growth_needed, joint_readings
from planner.schema.device import Device
from planner.schema.rack_study import Density
from planner.schema.scenario import Scenario
from planner.units import format_percent
from planner.wording.message import message

ASSUMED_EXPONENTS_PER_K = (0.01, 0.02, 0.03, 0.04)
"""Range of leakage exponents for silicon near room temperature (assumed; sources give 1 to 4 % a kelvin)."""

_LOOK_PAST = 4
_PLANT_C = (10.0, 32.0)


@dataclass(frozen=True, slots=True)
class PublishedResidual:
    """A published row against the curve."""

    devices: int
    rise_error_k: float
    power_error_w: float


@dataclass(frozen=True, slots=True)
class BestDensity:
    """The most devices that nothing stands against, what they do, and what binds. Names are JSON keys.

    `fullest` is the density looked at with most throughput, throttled devices counted as slow as they are.
    """

    devices: int
    throughput_per_s: float
    power_w: float
    binds: str
    fullest: int
    fullest_throughput_per_s: float


@dataclass(frozen=True, slots=True)
class DensityCurve:
    """The answer of `planner density`; readings and leakages only where rows were published."""

    rows: tuple[DensityRow, ...]
    limit: DensityLimit
    airflow: str
    residuals: tuple[PublishedResidual, ...]
    readings: tuple[FittedReading, ...]
    leakages: tuple[LeakageReading, ...]
    pue: Mapping[int, float]
    weights: tuple[LimitWeight, ...]
    best: BestDensity | None
    liquid: LiquidAnswer | None
    remarks: tuple[str, ...]
    joint: tuple[JointReading, ...] = ()


def density_curve(source: ScenarioFile) -> DensityCurve:
    """Rows at the scenario's counts and the most devices that nothing stands against.

    Every device keeps the load it has in the scenario's rack: the synthetic one, the one deployed, or the
    best sized option's. Without a `density` section the counts double up to twice the rack described,
    and the limit is one more.
    """
    if source.scenario.synthetic is not None:
        return _curve(source, synthetic_rack(source.scenario), None, None)
    return density_of_option(source, *rack_of(source))


def density_of_option(source: ScenarioFile, rack: Rack, option: Option) -> DensityCurve:
    """The curve of an option's rack, as `density_curve` gives it."""
    part = read_device(option.device)
    return _curve(source, rack, part, partial(fixed_power_w, source.scenario, part, option.mode))


def _curve(
    source: ScenarioFile, rack: Rack, part: Device | None, fixed_w: Callable[[int], float] | None
) -> DensityCurve:
    scenario = source.scenario
    asked = scenario.density or Density(counts=_doubling(2 * rack.count))
    readings = _readings(rack, asked)
    used = _used(readings, asked.airflow, source.file)
    around = _surroundings(scenario, rack, used, fixed_w)
    offset_k = used.reading.offset_k if used else 0.0
    counts = set(asked.counts) | {row.devices for row in asked.published}
    limits = site_limits(scenario, part, rack, around, asked)
    most = asked.most or _LOOK_PAST * max(counts)
    limit = density_limit(most, first_wrong(limits))
    if scenario.density is None and limit.devices:
        counts.add(limit.devices)
    rows = density_rows(rack, sorted(counts), around, offset_k=offset_k)
    weights = limit_weights(limits, limit.devices, most)
    return DensityCurve(
        rows=rows,
        limit=limit,
        airflow=used.reading.meaning if used else message("density.site_airflow"),
        residuals=_residuals(rows, asked),
        readings=readings,
        leakages=_leakages(asked),
        pue=_pue(rack, rows, around),
        weights=weights,
        best=_best(rack, rows, around, limit, weights),
        liquid=liquid_answer(rack, asked.liquid, limits, most) if asked.liquid else None,
        remarks=(*_remarks(rack, asked, readings, used), *_growth_remark(asked), *_origin(part)),
        joint=joint_readings(_points(asked)) if _three(asked) else (),
    )


def _best(
    rack: Rack,
    rows: tuple[DensityRow, ...],
    around: SurroundingsAt,
    limit: DensityLimit,
    weights: tuple[LimitWeight, ...],
) -> BestDensity | None:
    """What the largest fine number does; None where not even one device is fine."""
    if limit.devices == 0:
        return None
    (row,) = density_rows(rack, [limit.devices], around)
    fullest = max((*rows, row), key=lambda other: other.throughput_per_s)
    return BestDensity(
        devices=limit.devices,
        throughput_per_s=row.throughput_per_s,
        power_w=row.devices * row.power_per_device_w + around(row.devices).fan_w,
        binds=min(weights, key=lambda weight: weight.devices).name,
        fullest=fullest.devices,
        fullest_throughput_per_s=fullest.throughput_per_s,
    )


def _origin(part: Device | None) -> list[str]:
    """Whether the part is a user's own."""
    note = part_file(part.id).note if part else None
    return [note] if note else []


def _doubling(most: int) -> list[int]:
    return sorted({*(2**k for k in range(most.bit_length()) if 2**k <= most), most})


def _points(asked: Density) -> tuple[DensityPoint, ...]:
    return tuple(
        DensityPoint(row.devices, row.temperature_rise_k, row.power_per_device_w) for row in asked.published
    )


def _readings(rack: Rack, asked: Density) -> tuple[FittedReading, ...]:
    if len({row.devices for row in asked.published}) < 2:
        return ()
    heat_j_per_m3_k = rack.air.density_kg_per_m3 * rack.air.heat_capacity_j_per_kg_k
    return fit_readings(_points(asked), heat_j_per_m3_k, rack.fan_w)


def _used(readings: tuple[FittedReading, ...], airflow: str, file: str) -> FittedReading | None:
    if airflow == "site":
        return None
    if airflow == "best":
        return readings[0]
    for fit in readings:
        if fit.reading.name == airflow:
            return fit
    raise InputError(file, [Problem("density.airflow", "a reading of the published rows", airflow)])


def _surroundings(
    scenario: Scenario, rack: Rack, used: FittedReading | None, fixed_w: Callable[[int], float] | None
) -> Callable[[int], Surroundings]:
    def around(count: int) -> Surroundings:
        air = rack.air if scenario.site.fans is None else rack_air(scenario, devices=count)
        if used is not None:
            air = replace(air, airflow_m3_per_s=used.reading.flow_m3_per_s(count))
        return Surroundings(air, fixed_w(count) if fixed_w else rack.fan_w)

    return around


def _residuals(rows: tuple[DensityRow, ...], asked: Density) -> tuple[PublishedResidual, ...]:
    found = {row.devices: row for row in rows}
    return tuple(
        PublishedResidual(
            told.devices,
            found[told.devices].temperature_rise_k - told.temperature_rise_k,
            found[told.devices].power_per_device_w - told.power_per_device_w,
        )
        for told in asked.published
    )


def _leakages(asked: Density) -> tuple[LeakageReading, ...]:
    if not _three(asked):
        return ()
    return tuple(fit_leakage(_points(asked), per_k) for per_k in ASSUMED_EXPONENTS_PER_K)


def _three(asked: Density) -> bool:
    return len({row.devices for row in asked.published}) >= 3


def _growth_remark(asked: Density) -> list[str]:
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


def _pue(rack: Rack, rows: tuple[DensityRow, ...], around: Callable[[int], Surroundings]) -> dict[int, float]:
    """PUE with a chilled-water plant at the supply temperature, no losses; empty where its fit ends."""
    low_c, high_c = _PLANT_C
    if not low_c <= rack.air.supply_c <= high_c:
        return {}
    cop = chilled_water_cop(rack.air.supply_c)
    return {
        row.devices: facility(
            row.devices * row.power_per_device_w, around(row.devices).fan_w, cop=cop, loss_share=0.0
        ).pue
        for row in rows
        if row.power_per_device_w > 0
    }


def _remarks(
    rack: Rack, asked: Density, readings: tuple[FittedReading, ...], used: FittedReading | None
) -> list[str]:
    if not readings:
        return []
    heat_j_per_m3_k = rack.air.density_kg_per_m3 * rack.air.heat_capacity_j_per_kg_k
    flows = [
        (p.devices * p.power_per_device_w + rack.fan_w) / (heat_j_per_m3_k * p.rise_k) for p in _points(asked)
    ]
    told = ", ".join(f"{flow:.3f}" for flow in flows)
    shares = ", ".join(format_percent(1 - flow / max(flows)) for flow in flows)
    remarks = [
        f"the rises fix one effective airflow a row and no more: {told} m3/s. Fans that lose flow past more "
        f"devices, and constant fans of which {shares} comes back, give the same rises",
        "a mean over the air in the rack is half the rise of the exhaust: were the rises such means, all "
        "airflows would halve",
    ]
    holding = [fit for fit in readings if fit.worst_k <= 0.5]
    if len(holding) > 1:
        remarks.append(_where_they_part(rack, asked, holding, heat_j_per_m3_k))
    if used is not None:
        remarks.append(
            f"fitted to the rises: {used.reading.fitted} number{'s' * (used.reading.fitted > 1)} of the "
            "airflow. Powers alone fix neither "
            "the exponent of the leakage nor its size: each exponent has a range, and the device states one"
        )
    return remarks


def _where_they_part(rack: Rack, asked: Density, holding: list[FittedReading], heat_j_per_m3_k: float) -> str:
    most = max(p.devices for p in asked.published)
    watts = max(p.power_per_device_w for p in asked.published)
    names = " and ".join(fit.reading.name for fit in holding)
    probes = (max(1, min(p.devices for p in asked.published) // 4), 2 * most)
    parts = []
    for count in probes:
        rises = [fit.reading.rise_k(count, count * watts + rack.fan_w, heat_j_per_m3_k) for fit in holding]
        parts.append(f"{' or '.join(f'{rise:.1f}' for rise in rises)} K at {count} devices")
    return f"{names} hold within 0.5 K; one more row would tell them apart: {', '.join(parts)}"


def density_record(curve: DensityCurve) -> dict[str, object]:
    """`planner density` as JSON."""
    return {
        "rows": [{**asdict(row), "pue_chilled_water": curve.pue.get(row.devices)} for row in curve.rows],
        "limit": asdict(curve.limit),
        "limits": [asdict(weight) for weight in curve.weights],
        "best": asdict(curve.best) if curve.best else None,
        "liquid": asdict(curve.liquid) if curve.liquid else None,
        "airflow": curve.airflow,
        "published": [asdict(residual) for residual in curve.residuals],
        "readings": [
            {
                "name": fit.reading.name,
                "meaning": fit.reading.meaning,
                "numbers": fit.reading.numbers,
                "fitted": fit.reading.fitted,
                "residuals_k": list(fit.residuals_k),
            }
            for fit in curve.readings
        ],
        "leakages": [asdict(leakage) for leakage in curve.leakages],
        "joint": [{**asdict(reading), "holds": reading.holds} for reading in curve.joint],
        "remarks": list(curve.remarks),
    }
