"""The limits of the site and what the chosen option needs of them."""

from __future__ import annotations

from dataclasses import dataclass

from planner.plan.money.economics import rack_units
from planner.plan.options.rack_run import Simulated
from planner.schema.scenario.scenario import Scenario
from planner.units import format_percent, format_quantity
from planner.wording.message import message


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit and what is needed of it, as text; `met` is None where what is needed is not known."""

    name: str
    limit: str
    value: str
    met: bool | None


def constraints(scenario: Scenario, simulated: Simulated) -> tuple[Constraint, ...]:
    """Power, height, temperature, load, money and service levels."""
    option = simulated.option
    site, throttle_c = scenario.site, simulated.rack.device.thermal.throttle_c
    hottest_c, worst_w = simulated.result.devices.temperature_c.max, option.heat.worst_power_w
    units = rack_units(scenario, option.part, option.count + option.spares)
    used, most = option.offered_utilisation, scenario.planning.utilisation_limit_ratio
    rows = [
        _limit(message("limit.power"), site.power_limit_w, worst_w, "{:,.0f} W"),
        _limit(message("limit.height"), site.rack_units, units, "{:g} U"),
        _limit(message("limit.hottest"), throttle_c, hottest_c, "{:.0f} °C"),
        Constraint(
            name=message("limit.capacity"),
            limit=format_percent(most),
            value=format_percent(used),
            met=round(used, 3) <= most,
        ),
    ]
    budget = scenario.money.budget_money
    if budget is not None:
        text = "{:,.0f} " + budget.currency
        rows.append(_limit(message("limit.capital"), budget.amount, option.cost.capital, text))
    for stream in simulated.result.streams:
        slo = next(item.slo for item in scenario.streams if item.name == stream.name)
        within = stream.slo_latency_s
        rows.append(
            Constraint(
                name=message("limit.within", stream=stream.name, share=f"{slo.quantile_ratio * 100:.4g} %"),
                limit=format_quantity(slo.latency_s, "s"),
                value=message("limit.never") if within is None else format_quantity(within, "s", 3),
                met=stream.verdict == "PASS",
            )
        )
    return tuple(rows)


def _limit(name: str, limit: float, value: float | None, text: str) -> Constraint:
    return Constraint(
        name=name,
        limit=text.format(limit),
        value=message("number.unknown") if value is None else text.format(value),
        met=None if value is None else value <= limit,
    )
