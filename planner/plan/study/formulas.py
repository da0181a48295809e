"""The formulas that a study rests on, read off what it contains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from planner.formulas import FORMULAS, Formula
from planner.plan.money.prices import price_of
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.rack.heat.cooling import PLANT_SUPPLY_C
from planner.schema.scenario.scenario import Scenario

if TYPE_CHECKING:
    from planner.plan.study.study import Study

_ALWAYS_SIMULATED = (
    "roofline",
    "clock_slowdown",
    "clock_power",
    "thermal_ladder",
    "step_wise_governor",
    "throttle_probability",
    "exhaust_balance",
    "quantile",
    "student_interval",
    "little",
    "utilisation_law",
    "energy_balance",
)
"""Behind every simulated rack and its chapters of the report; the roofline is drawn for the chosen part."""


def formulas(study: Study) -> tuple[Formula, ...]:
    """The formulas that a study rests on, in the order of the table."""
    used = {*_of_latency(study), *_of_sizing(study), *_of_rack(study), *_of_money(study)}
    return tuple(found for key, found in FORMULAS.items() if key in used)


def _of_latency(study: Study) -> Iterator[str]:
    """How work, latency and power of every option came about."""
    yield "operations"
    for option in study.options:
        for item in option.networks:
            estimate = item.estimate
            if estimate.calibration is not None:
                yield "kernel_process"
            elif estimate.rests_on is not None:
                yield from ("transferred_time", "left_out_band")
            else:
                yield "roofline"
            if item.shortfall is not None:
                yield "datasheet_shortfall"
            if estimate.anchors:
                yield "anchored_blend"
            yield "part_power" if estimate.power_rests_on is not None else "serving_power"


def _of_sizing(study: Study) -> Iterator[str]:
    if study.options:
        yield from ("utilisation", "batch_fill", *_of_air(study.source.scenario))
    if any(carrier.in_row > 1 for carrier in study.source.scenario.site.carriers.values()):
        yield "preheated_row"
    if study.source.scenario.variation != "none":
        yield "service_variation"
    if study.source.scenario.variation == "measured":
        yield "blind_misses"
    if study.source.scenario.deployment is None:
        yield "least_count"
    if any(option.chain is not None for option in study.options):
        yield from ("decoder_clock", "core_speed", "chain_use", "chain_items", "chain_wait")
    if any(option.beside for option in study.options):
        yield "unit_sharing"
        if study.source.scenario.candidates.contention is not None:
            yield "contention"


def _of_air(scenario: Scenario) -> Iterator[str]:
    """What brings the air to the devices, and how warm."""
    site = scenario.site
    if site.climate is not None and site.climate.file is None:
        yield "climate_sine"
    if site.sealed is not None:
        yield "sealed_cabinet"
        if site.sealed.heat_capacity_j_per_k:
            yield "enclosure_store"
        return
    if site.rising_exhaust is not None:
        yield "cross_interference"
    elif site.recirculation_ratio:
        yield "even_recirculation"
    if site.fans is not None:
        yield "fan_curve"
    if site.altitude_m:
        yield from ("air_density", "thin_air")


def _of_rack(study: Study) -> Iterator[str]:
    if study.simulated is None:
        return
    rack, scenario = study.simulated.rack, study.source.scenario
    yield from _ALWAYS_SIMULATED
    if scenario.deployment is None:
        yield "divided_error"
    if any(group.decoded_here for group in rack.streams):
        yield "phases_of_many"
    if rack.horizon == "steady":
        yield "mser5"
    if rack.device.thermal.leakage is not None:
        yield from ("leakage", "runaway_margin")
    if rack.device.thermal.fan is not None:
        yield from ("own_fan", "steady_with_fan")
    if rack.life.failures is not None or scenario.failures is not None:
        yield "availability"
    if scenario.failures is not None:
        yield "rack_availability"
    yield from _of_density(study.simulated, scenario)


def _of_density(simulated: Simulated, scenario: Scenario) -> Iterator[str]:
    """The chapter on how full the rack may be."""
    low_c, high_c = PLANT_SUPPLY_C
    if low_c <= simulated.rack.air.supply_c <= high_c:
        yield from ("chilled_water_cop", "pue")
    if scenario.density is not None:
        if scenario.density.liquid is not None:
            yield "liquid_loop"
        if scenario.density.inlet_class is not None:
            yield "inlet_class"


def _of_money(study: Study) -> Iterator[str]:
    if study.options:
        yield from ("present_value", "facility_energy")
    chosen: Option | None = study.simulated.option if study.simulated else None
    if chosen is not None and price_of(study.source.scenario, chosen.part) is not None:
        yield "tornado"
