"""How many devices a scenario needs, in closed form, for every part, mode, precision and batch.

A device that runs batches of b of a network in L seconds serves b / L requests per second (the saturation
rate of batch service; a batch that starts before it is full serves fewer, which the simulation shows). The
count is the least that keeps utilisation under the scenario's limit. Latency is checked with a guard, not a
queueing formula: a request may wait for the batch to fill, for one batch in service and for its own. Heat is
checked at the steady state. The simulated rack decides in the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from planner.errors import InputError
from planner.hardware.catalog import match_devices, read_device
from planner.latency.power import average_power_w
from planner.plan.compare import modes_of
from planner.plan.economics import carriers_needed, rack_cost
from planner.plan.estimator import Estimator
from planner.plan.option import NetworkOnPart, Option, RackHeat
from planner.plan.pareto import pareto_front
from planner.plan.rack_model import fixed_power_w, rack_air
from planner.provenance import weakest
from planner.rack.air import inlets_c
from planner.schema.device import Device
from planner.schema.scenario import Scenario
from planner.units import format_quantity


def batch_sizes(max_batch: int) -> tuple[int, ...]:
    """Powers of two up to the maximum, and the maximum."""
    sizes = [1]
    while sizes[-1] * 2 <= max_batch:
        sizes.append(sizes[-1] * 2)
    return tuple(sizes if sizes[-1] == max_batch else [*sizes, max_batch])


def size(
    scenario: Scenario,
    estimator: Estimator,
    *,
    progress: Callable[[str], None] | None = None,
) -> tuple[Option, ...]:
    """Every option of the scenario, best first: feasible, then lowest known total cost, then least power."""
    options: list[Option] = []
    for device_id in match_devices(scenario.candidates.devices):
        if progress is not None:
            progress(device_id)
        options += _options_of(scenario, estimator, read_device(device_id))
    return rank(options)


def rank(options: Sequence[Option]) -> tuple[Option, ...]:
    """Best first, with the Pareto front over latency, power and cost marked among the feasible."""
    feasible = [option for option in options if option.feasible]
    front = pareto_front([(o.slowest.planning_latency_s.mid, o.heat.power_w, o.cost.total) for o in feasible])
    marked = [replace(option, pareto=on) for option, on in zip(feasible, front, strict=True)]
    marked += [option for option in options if not option.feasible]
    return tuple(sorted(marked, key=_preference))


def _preference(option: Option) -> tuple[object, ...]:
    cost = option.cost.total
    return (
        not option.feasible,
        cost is None,
        cost if cost is not None else 0.0,
        option.heat.power_w,
        option.count,
        option.device,
        option.batch,
    )


def _options_of(scenario: Scenario, estimator: Estimator, device: Device) -> Iterator[Option]:
    seen: set[tuple[object, ...]] = set()
    for mode in modes_of(device, scenario.candidates.modes):
        for precision in scenario.candidates.precisions:
            for batch in batch_sizes(scenario.candidates.max_batch):
                try:
                    networks = estimator.on_part(device, mode, precision, batch)
                except InputError:
                    break
                effective = networks[0].estimate.precision
                if (mode, effective, batch) not in seen:
                    seen.add((mode, effective, batch))
                    yield sized_option(scenario, device, mode, batch, networks)


def sized_option(
    scenario: Scenario,
    device: Device,
    mode: str,
    batch: int,
    networks: tuple[NetworkOnPart, ...],
    *,
    at_least: int = 1,
    exactly: int | None = None,
) -> Option:
    """The option with the least count that keeps the utilisation limit, and every reason against it.

    `exactly` sets the count whatever the utilisation that follows.
    """
    plan_for = scenario.planning.plan_for
    planned_s = {item.model: item.planned_latency_s(plan_for) for item in networks}
    rate_per_s = sum(stream.count * stream.rate_per_s for stream in scenario.streams)
    busy_devices = sum(
        stream.count * stream.rate_per_s * planned_s[stream.model] / batch for stream in scenario.streams
    )
    limit = scenario.planning.utilisation_limit_ratio
    count = exactly or max(at_least, math.ceil(busy_devices / limit - 1e-9))
    heat = rack_heat(scenario, device, mode, networks, count=count, utilisation=busy_devices / count)
    first = networks[0].estimate
    option = Option(
        device=device.id,
        device_name=device.name,
        unit=first.unit,
        mode=mode,
        engine=first.engine,
        precision=first.precision,
        batch=batch,
        networks=networks,
        plan_for=plan_for,
        count=count,
        spares=scenario.planning.spares,
        utilisation=busy_devices / count,
        throughput_per_s=rate_per_s / busy_devices,
        heat=heat,
        cost=rack_cost(scenario, device, count + scenario.planning.spares, heat.power_w),
        provenance=weakest([item.estimate.provenance for item in networks]),
    )
    return replace(option, reasons=tuple(_reasons(scenario, device, option)))


def rack_heat(
    scenario: Scenario,
    device: Device,
    mode: str,
    networks: Sequence[NetworkOnPart],
    *,
    count: int,
    utilisation: float,
) -> RackHeat:
    """Power of the rack and the steady temperatures it leads to; spares idle."""
    spares = scenario.planning.spares
    idle_w = next(item for item in device.modes if item.id == mode).idle_w.value
    serving = networks[0].estimate.power_w
    serving_w = serving.high if scenario.planning.plan_for == "cautious" else serving.mid
    device_w = average_power_w(idle_w, serving_w, utilisation)
    fixed_w = fixed_power_w(scenario, device, count + spares)
    power_w = count * device_w + spares * idle_w + fixed_w
    air = rack_air(scenario)
    inlet_c = float(inlets_c(air, np.full(count, power_w / count)).max())
    return RackHeat(
        power_per_device_w=device_w,
        power_w=power_w,
        worst_power_w=(count + spares) * serving.high + fixed_w,
        inlet_c=inlet_c,
        temperature_c=inlet_c + device.thermal.resistance_k_per_w.value * device_w,
    )


def _reasons(scenario: Scenario, device: Device, option: Option) -> Iterator[str]:
    yield from _memory_reasons(option)
    yield from _latency_reasons(scenario, option)
    yield from _site_reasons(scenario, device, option)
    yield from _budget_reasons(scenario, option)


def _site_reasons(scenario: Scenario, device: Device, option: Option) -> Iterator[str]:
    site = scenario.site
    carrier = site.carriers[device.form]
    installed = option.count + option.spares
    units = carriers_needed(installed, carrier.slots) * carrier.rack_units
    if units > site.rack_units:
        yield f"{installed} devices take {units:g} rack units, the rack has {site.rack_units:g}"
    if option.heat.worst_power_w > site.power_limit_w:
        yield f"may draw {option.heat.worst_power_w:,.0f} W, the rack's limit is {site.power_limit_w:,.0f} W"
    throttle_c = device.thermal.throttle_c.value
    if option.heat.temperature_c >= throttle_c:
        yield f"would settle at {option.heat.temperature_c:.0f} °C, it throttles at {throttle_c:g} °C"


def _budget_reasons(scenario: Scenario, option: Option) -> Iterator[str]:
    budget = scenario.money.budget_money
    if budget is None:
        return
    if option.cost.capital is None:
        yield "price unknown, so the budget cannot be checked"
    elif option.cost.capital > budget.amount:
        yield f"costs {option.cost.capital:,.0f} {budget.currency}, the budget is {budget.amount:,.0f}"


def _memory_reasons(option: Option) -> Iterator[str]:
    needed = sum(item.estimate.memory.total_bytes for item in option.networks)
    capacity = option.networks[0].estimate.memory.capacity_bytes
    if needed > capacity:
        yield f"needs {needed / 1e9:.2f} GB of memory, has {capacity / 1e9:.2f} GB"


def _latency_reasons(scenario: Scenario, option: Option) -> Iterator[str]:
    longest_s = max(item.planned_latency_s(option.plan_for) for item in option.networks)
    wait_s = scenario.candidates.max_wait_s if option.batch > 1 else 0.0
    for stream in scenario.streams:
        own_s = option.network(stream.model).planned_latency_s(option.plan_for)
        worst_s = wait_s + longest_s + own_s
        if worst_s > stream.slo.latency_s:
            worst, asked = format_quantity(worst_s, "s", 3), format_quantity(stream.slo.latency_s, "s")
            behind = f"{option.plan_for} latency behind one batch is {worst}"
            yield f"{stream.name}: {behind}, over the {asked} asked"
