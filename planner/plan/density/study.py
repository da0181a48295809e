"""How many devices a scenario's rack may hold: its density curve, its limit, what published rows allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from planner.errors import InputError, Problem
from planner.hardware.catalog import part_file
from planner.plan.density.limits import (
    LimitWeight,
    LiquidAnswer,
    first_wrong,
    limit_weights,
    liquid_answer,
    site_limits,
)
from planner.plan.density.published import (
    PublishedResidual,
    airflow_used,
    published_airflows,
    published_joint,
    published_leakages,
    published_remarks,
    published_residuals,
)
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import Option
from planner.plan.rack.rack_model import fixed_power_w, rack_air
from planner.plan.rack.synthetic import synthetic_rack
from planner.plan.scenario.evidence import estimator_for
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing.deployed import deployed_option
from planner.plan.sizing.runner import rack_of_option
from planner.plan.sizing.sized import size_scenario
from planner.rack.description.rack import Rack
from planner.rack.heat.cooling import PLANT_SUPPLY_C, chilled_water_cop, facility
from planner.rack.studies.airflow_models import (
    FittedAirflow,
    LeakageFit,
)
from planner.rack.studies.density import (
    DensityLimit,
    DensityRow,
    RackSurroundings,
    RowAt,
    SurroundingsAt,
    density_limit,
    density_rows,
    plugged_w,
    settled_rows,
)
from planner.rack.studies.joint_fit import JointFit
from planner.schema.hardware.device import Device
from planner.schema.scenario.rack_study import DensitySpec
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import message

_LOOK_PAST = 4


@dataclass(frozen=True, slots=True)
class BestDensity:
    """The most devices that no limit forbids, what they do, and what binds. Names are JSON keys.

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
    """The answer of `planner density`; airflows and leakages only where rows were published."""

    rows: tuple[DensityRow, ...]
    limit: DensityLimit
    airflow: str
    residuals: tuple[PublishedResidual, ...]
    airflows: tuple[FittedAirflow, ...]
    leakages: tuple[LeakageFit, ...]
    pue: Mapping[int, float]
    weights: tuple[LimitWeight, ...]
    best: BestDensity | None
    liquid: LiquidAnswer | None
    remarks: tuple[str, ...]
    joint: tuple[JointFit, ...] = ()
    part: Device | None = None
    """None of a device given by numbers."""
    option: Option | None = None
    """What the rack was filled with; None of a device given by numbers."""


def density_curve(source: ScenarioFile) -> DensityCurve:
    """Rows at the scenario's counts and the most devices that no limit forbids.

    Every device keeps the load it has in the scenario's rack: the synthetic one, the one deployed, or the
    best sized option's. Without a `density` section the counts double up to twice the rack described,
    and the limit is one more.
    """
    if source.scenario.synthetic is not None:
        return _curve(source, synthetic_rack(source.scenario), None, None)
    estimator = estimator_for(source)
    curve = density_of_option(source, *rack_of(source, estimator))
    return replace(curve, remarks=(*curve.remarks, *estimator.notes))


def density_of_option(source: ScenarioFile, rack: Rack, option: Option) -> DensityCurve:
    """The curve of an option's rack, as `density_curve` gives it."""
    fixed_w = partial(fixed_power_w, source.scenario, option.part, option.mode)
    return replace(_curve(source, rack, option.part, fixed_w), option=option)


def _curve(
    source: ScenarioFile, rack: Rack, part: Device | None, fixed_w: Callable[[int], float] | None
) -> DensityCurve:
    scenario = source.scenario
    asked = scenario.density or DensitySpec(counts=_doubling(2 * rack.count))
    airflows = published_airflows(rack, asked)
    used = airflow_used(airflows, asked.airflow, source.file)
    around = _surroundings(scenario, rack, used, fixed_w)
    offset_k = used.model.offset_k if used else 0.0
    counts = set(asked.counts) | {row.devices for row in asked.published}
    row_at = settled_rows(rack, around)
    limits = site_limits(scenario, part, rack, around, row_at)
    most = asked.most or _LOOK_PAST * max(counts)
    limit = density_limit(most, first_wrong(limits))
    if scenario.density is None and limit.devices:
        counts.add(limit.devices)
    rows = density_rows(row_at, sorted(counts), offset_k=offset_k)
    weights = limit_weights(limits, limit.devices, most)
    return DensityCurve(
        rows=rows,
        limit=limit,
        airflow=used.model.meaning if used else message("density.site_airflow"),
        residuals=published_residuals(rows, asked),
        airflows=airflows,
        leakages=published_leakages(asked),
        pue=_pue(rack, rows, around),
        weights=weights,
        best=_best(rack, rows, row_at, around, limit, weights),
        liquid=liquid_answer(rack, asked.liquid, limits, most) if asked.liquid else None,
        remarks=(*published_remarks(rack, asked, airflows, used), *_origin(part)),
        joint=published_joint(asked),
        part=part,
    )


def _best(
    rack: Rack,
    rows: tuple[DensityRow, ...],
    row_at: RowAt,
    around: SurroundingsAt,
    limit: DensityLimit,
    weights: tuple[LimitWeight, ...],
) -> BestDensity | None:
    """What the largest fine number does; None where not even one device is fine."""
    if limit.devices == 0:
        return None
    row = row_at(limit.devices)
    fullest = max((*rows, row), key=lambda other: other.throughput_per_s)
    return BestDensity(
        devices=limit.devices,
        throughput_per_s=row.throughput_per_s,
        power_w=plugged_w(rack, row.devices * row.power_per_device_w, around(row.devices)),
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


def _surroundings(
    scenario: Scenario, rack: Rack, used: FittedAirflow | None, fixed_w: Callable[[int], float] | None
) -> Callable[[int], RackSurroundings]:
    def around(count: int) -> RackSurroundings:
        air = replace(rack_air(scenario, devices=count), in_row=rack.air.in_row)
        if used is not None:
            air = replace(air, airflow_m3_per_s=used.model.flow_m3_per_s(count))
        return RackSurroundings(air, fixed_w(count) if fixed_w else rack.fan_w)

    return around


def _pue(
    rack: Rack, rows: tuple[DensityRow, ...], around: Callable[[int], RackSurroundings]
) -> dict[int, float]:
    """PUE with a chilled-water plant at the supply temperature, no losses; empty where its fit ends."""
    low_c, high_c = PLANT_SUPPLY_C
    if not low_c <= rack.air.supply_c <= high_c:
        return {}
    cop = chilled_water_cop(rack.air.supply_c)
    return {
        row.devices: facility(
            row.devices * row.power_per_device_w * (1.0 + rack.supply_loss),
            around(row.devices).fan_w,
            cop=cop,
            loss_share=0.0,
        ).pue
        for row in rows
        if row.power_per_device_w > 0
    }


def rack_of(source: ScenarioFile, estimator: Estimator | None = None) -> tuple[Rack, Option]:
    """The rack that the scenario gives, or else the one that `planner size` puts first, and its option.

    `InputError` where no option keeps the scenario's limits.
    """
    estimator = estimator or estimator_for(source)
    if source.scenario.deployment is not None:
        option = deployed_option(source.scenario, source.scenario.deployment, estimator)
        return rack_of_option(source.scenario, option), option
    best = size_scenario(source, estimator=estimator, first_only=True).best
    if best is None or best.simulated is None:
        advice = "give a `deployment`, or see `planner report` for what each option breaks"
        problem = Problem("candidates", "an option that keeps every limit", "none", advice)
        raise InputError(source.file, [problem])
    return best.simulated.rack, best.option
