"""An option as its simulated rack had it: load, power, heat and money of the run, not of the closed form.

What a plan prints is one number a quantity. The closed form proposes with a fluid approximation of how
batches fill; once a rack was simulated its own figures take that place, and tables, bills and pages agree.
"""

from __future__ import annotations

from dataclasses import replace

from planner.plan.money.economics import rack_cost
from planner.plan.options.option import Draw, Option
from planner.plan.sizing.margins import margins_of, simulated_warmest
from planner.rack.counts.results import RackResult
from planner.rack.description.rack import Rack
from planner.schema.scenario.scenario import Scenario


def as_run(scenario: Scenario, rack: Rack, result: RackResult, option: Option) -> Option:
    """The option with what its rack was seen to do.

    The run is of the busiest stretch: what follows the load is drawn over the year in the same proportion to
    it as the closed form has.
    """
    warmest = simulated_warmest(rack, result, option.heat.temperature_c)
    fixed_w = option.draw.fixed_w
    closed_w = option.heat.power_w - fixed_w
    load_w = max(0.0, result.power_w - fixed_w)
    draw = Draw(fixed_w, option.draw.load_w * (load_w / closed_w if closed_w > 0 else 1.0))
    heat = replace(
        option.heat,
        power_per_device_w=(result.power_w - rack.fan_w) / (1.0 + rack.supply_loss) / rack.installed,
        power_w=result.power_w,
        inlet_c=warmest.inlet_c,
        temperature_c=warmest.die_c,
        exhaust_c=warmest.exhaust_c,
    )
    return replace(
        option,
        utilisation=result.devices.utilisation,
        heat=heat,
        draw=draw,
        cost=rack_cost(scenario, option.part, option.count + scenario.spares, draw),
        margins=margins_of(scenario, replace(option, heat=heat), warmest, result.devices.throttled_share),
    )
