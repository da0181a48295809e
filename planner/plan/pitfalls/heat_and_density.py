"""Racks that throttle, power or air that does not close, schedules that thrash, updates without headroom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.plan.options.coolers import resistance_band
from planner.plan.pitfalls.plan_facts import Check, Finding, PlanFacts, rack_text, time_text
from planner.plan.rack.rack_model import rack_air
from planner.plan.sizing.margins import stated_class
from planner.rack.heat.air import heat_rate_w_per_k, passing_m3_per_s
from planner.rack.heat.cooling import inlet_class
from planner.rack.heat.steady import die_at
from planner.schema.hardware.pitfall import PitfallRule
from planner.units import format_number, format_percent
from planner.wording.message import message, word


def _throttles(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """Devices that slow down or switch off from heat."""
    option, run = facts.option, facts.run
    if run is not None:
        devices, trip_c = run.result.devices, run.rack.device.thermal.throttle_c
        if devices.throttled_share > 0 or devices.shutdowns > 0:
            off = message("evidence.switch_off", number=format_number(devices.shutdowns, 3))
            yield Finding(
                "site",
                message(
                    "evidence.throttles",
                    hottest=f"{devices.temperature_c.max:.0f}",
                    trip=f"{trip_c:g}",
                    share=format_percent(devices.throttled_share),
                    off=off if devices.shutdowns else "",
                ),
            )
    elif option is not None:
        trip_c = option.part.thermal.throttle_c.value
        if option.heat.temperature_c >= trip_c:
            yield Finding(
                "site",
                message(
                    "evidence.would_throttle",
                    rack=rack_text(option),
                    hottest=f"{option.heat.temperature_c:.0f}",
                    trip=f"{trip_c:g}",
                ),
            )


def _thin_margin(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:  # noqa: ARG001 - one signature for all
    """A temperature that is fine only if the thermal resistance of the cooler is right."""
    option, run = facts.option, facts.run
    if option is None or run is None or run.result.devices.throttled_share > 0:
        return
    band = resistance_band(option.part.thermal)
    hottest_c, trip_c = run.result.devices.temperature_c.max, run.rack.device.thermal.throttle_c
    # The same spread, and the same way over it, as the verdict's.
    more = band.high_k_per_w / band.mid_k_per_w
    worse_c = die_at(option.heat.inlet_c, hottest_c, more)
    if worse_c >= trip_c:
        yield Finding(
            "site",
            message(
                "evidence.thin_margin",
                hottest=f"{hottest_c:.0f}",
                resistance=f"{band.mid_k_per_w:.3g}",
                status=word("status", band.status.value),
                cooler=word("cooler", option.part.thermal.cooler),
                more=format_percent(more - 1),
                worse=f"{worse_c:.0f}",
                trip=f"{trip_c:g}",
            ),
        )


def _power(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A rack whose devices at their limits load the supply further than it should be for long."""
    option = facts.option
    if option is None:
        return
    limit_w = option.racks * facts.scenario.site.power_limit_w
    if option.heat.worst_power_w > rule.thresholds["of_limit"] * limit_w:
        yield Finding(
            "site.power_limit",
            message(
                "evidence.power",
                rack=rack_text(option),
                worst=f"{option.heat.worst_power_w:,.0f}",
                share=format_percent(option.heat.worst_power_w / limit_w),
                limit=f"{limit_w:,.0f}",
            ),
        )


def _airflow(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Inlets much warmer than the supply, or warmer than the equipment allows: air does not carry it off."""
    option, run, site = facts.option, facts.run, facts.scenario.site
    if (option is None and run is None) or site.sealed is not None:
        return
    if run is not None:
        air, count, power_w = run.rack.air, run.rack.count, run.result.power_w
        inlet_c = sum(run.result.series.inlet_c) / len(run.result.series.inlet_c)
    elif option is not None:
        air, count = rack_air(facts.scenario, option.racks, option.count), option.count
        power_w, inlet_c = option.heat.power_w, option.heat.inlet_c
    asked = stated_class(facts.scenario)
    highest_c = inlet_class(asked).highest_at_c(site.altitude_m) if asked else float("inf")
    if inlet_c - site.supply_c < rule.thresholds["inlet_rise_k"] and inlet_c <= highest_c:
        return
    flow = passing_m3_per_s(air, count) or air.airflow_m3_per_s
    # The exchange with the room that keeps the rise, and with it what has to pass the devices.
    exchanged = power_w * air.airflow_m3_per_s / (heat_rate_w_per_k(air) * rule.thresholds["inlet_rise_k"])
    wanted = exchanged * flow / air.airflow_m3_per_s
    allowed = message("evidence.inlet_class", name=str(asked), highest=f"{highest_c:g}")
    yield Finding(
        "site.airflow",
        message(
            "evidence.airflow",
            inlet=f"{inlet_c:.1f}",
            supply=f"{site.supply_c:g}",
            allowed=allowed if inlet_c > highest_c else "",
            power=f"{power_w:,.0f}",
            flow=f"{flow:.3f}",
            wanted=f"{wanted:.3f}",
            rise=f"{rule.thresholds['inlet_rise_k']:g}",
        ),
    )


def _thrash(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A scheduler that changes which devices are open faster than any of it can pay."""
    run = facts.run
    if run is None or run.result.devices.open_changes == 0:
        return
    every_s = run.rack.duration_s / run.result.devices.open_changes
    if every_s < rule.thresholds["apart_s"]:
        yield Finding(
            "simulation.control.scheduler",
            message(
                "evidence.thrash",
                changes=f"{run.result.devices.open_changes:.0f}",
                duration=time_text(run.rack.duration_s),
                every=time_text(every_s),
            ),
        )


def _updates(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """Updates that take more devices out than the rest can replace."""
    update, run = facts.scenario.update, facts.run
    if update is None or update.hot_swap or run is None:
        return
    at_once = update.devices - update.must_serve
    left = max(update.must_serve, run.rack.count - at_once) if update.devices >= run.rack.count else 0
    left = left or run.rack.count - at_once
    load = run.result.offered_utilisation * run.rack.count / max(left, 1)
    if left < 1 or load > rule.thresholds["busy_share"]:
        yield Finding(
            "update.must_serve",
            message("evidence.updates", out=at_once, left=max(left, 0), load=format_percent(load)),
        )


def _no_spare(facts: PlanFacts, rule: PitfallRule) -> Iterator[Finding]:
    """A rack that loses requests when one device is out."""
    option, scenario = facts.option, facts.scenario
    spares = scenario.spares
    if option is None or spares:
        return
    if option.count == 1:
        yield Finding("planning.spares", message("evidence.one_device"))
        return
    load = option.offered_utilisation * option.count / (option.count - 1)
    if load > rule.thresholds["busy_share"]:
        yield Finding(
            "planning.spares",
            message("evidence.no_spare", count=option.count, load=format_percent(load)),
        )


CHECKS: Mapping[str, Check] = {
    "throttles": _throttles,
    "thin-margin": _thin_margin,
    "power": _power,
    "airflow": _airflow,
    "thrash": _thrash,
    "updates": _updates,
    "no-spare": _no_spare,
}
