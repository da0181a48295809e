"""How many devices a scenario needs, in closed form, for every part, mode, precision and batch.

The count is the least that is asked for no more than the scenario's limit of what full batches can carry
(`planner.rack.load.expected.offered_utilisation`). What keeps an option out is a screen that refuses only
what no number of devices can hold: for latency, a request that finds the rack empty; for heat, the steady
state. The best option that passes the screen is simulated, and that decides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from planner.chain.description import PartChains
from planner.errors import InputError, Problem
from planner.formulas import formula
from planner.hardware.catalog import match_devices
from planner.latency.units.compete import instances_of
from planner.plan.chain.on_part import chained
from planner.plan.compare.candidate import Refusal
from planner.plan.compare.compare import modes_of, require_modes
from planner.plan.compare.pareto import pareto_front
from planner.plan.money.economics import carrier_of, carriers_needed, rack_cost, rack_units
from planner.plan.options.batches import batch_sizes
from planner.plan.options.estimator import Estimator
from planner.plan.options.hosting import hosting_of, link_load
from planner.plan.options.margin import worst_of
from planner.plan.options.option import Draw, NetworkOnPart, Option, RackHeat
from planner.plan.options.planned_part import planned_part
from planner.plan.rack.chained.part import busiest_beside, link_bytes_per_s, part_chains
from planner.plan.rack.rack_model import (
    build_rack,
    mode_of,
    rack_fan_w,
    services_of,
    standby_w,
    supply_loss,
)
from planner.plan.rack.units_beside import units_beside
from planner.plan.sizing.margins import margins_of, planned_warmest
from planner.plan.sizing.reasons import reasons_against
from planner.provenance import Provenance, of_status, weakest
from planner.rack.counts.results import Verdict
from planner.rack.description.rack import Rack, Service
from planner.rack.heat.air import device_exhaust_c, inlets_c
from planner.rack.heat.steady import steady
from planner.rack.load.expected import expected_load, offered_utilisation, over_the_period
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import message


@dataclass(frozen=True, slots=True)
class Sized:
    """Every option best first, and the settings that a part cannot run at all."""

    options: tuple[Option, ...]
    refusals: tuple[Refusal, ...]


def size(
    scenario: Scenario,
    estimator: Estimator,
    *,
    progress: Callable[[str], None] | None = None,
) -> Sized:
    """Every option of the scenario, best first: feasible, then lowest known total cost, then least power.

    Raises `UnknownIdError` for a mode that no candidate has, `InputError` for a candidate without a carrier.
    """
    named = match_devices(scenario.candidates.devices)
    devices = [planned_part(scenario, part) for part in named]
    require_modes(devices, scenario.candidates.modes)
    options: list[Option] = []
    refusals: list[Refusal] = []
    for device in devices:
        if progress is not None:
            progress(device.id)
        options += _options_of(scenario, estimator, device, refusals)
    return Sized(rank(options), tuple(refusals))


def rank(options: Sequence[Option]) -> tuple[Option, ...]:
    """Best first, with the Pareto front over latency, power, cost and risk marked among the feasible."""
    feasible = [option for option in options if option.feasible]
    front = pareto_front([_axes(option) for option in feasible])
    marked = [replace(option, pareto=on) for option, on in zip(feasible, front, strict=True)]
    marked += [option for option in options if not option.feasible]
    return tuple(sorted(marked, key=preference))


def _axes(option: Option) -> tuple[float | None, ...]:
    """Typical latency, power, total cost, and how much longer than typical the latency may be."""
    band = option.slowest.planning_latency_s
    return band.mid, option.heat.power_w, option.cost.total, band.high / band.mid


def preference(option: Option) -> tuple[Any, ...]:
    """What options are sorted by: feasible, every margin kept, lowest known total cost, least power."""
    return (not option.feasible, worst_of(option.margins) is not Verdict.PASS, *by_cost(option))


def by_cost(option: Option) -> tuple[Any, ...]:
    """Lowest known total cost, then least power, whether the option keeps its limits or not."""
    cost = option.cost.total
    return (
        cost is None,
        cost if cost is not None else 0.0,
        option.heat.power_w,
        option.count,
        option.device,
        option.batch,
    )


def _options_of(
    scenario: Scenario, estimator: Estimator, device: Device, refusals: list[Refusal]
) -> Iterator[Option]:
    try:
        hosting_of(scenario, device)
    except InputError as error:
        advice = error.problems[0].advice
        refusals.append(Refusal(device.id, "", "", f"{_why(error.problems)}; {advice}"))
        return
    seen: set[tuple[object, ...]] = set()
    for mode in modes_of(device, scenario.candidates.modes):
        for precision in scenario.candidates.precisions:
            for batch in batch_sizes(scenario.candidates.max_batch):
                try:
                    found = estimator.on_units(
                        device, mode, precision, batch, kinds=tuple(scenario.candidates.units)
                    )
                except InputError as error:
                    refusals.append(Refusal(device.id, mode, precision, _why(error.problems)))
                    break
                for networks in found:
                    first = networks[0].estimate
                    setting = (mode, first.unit, first.precision, batch)
                    if setting in seen:
                        continue
                    seen.add(setting)
                    try:
                        option = sized_option(scenario, estimator, device, networks)
                    except InputError as error:
                        if error.problems[0].where != "count":
                            raise
                        refusals.append(Refusal(device.id, mode, precision, _why(error.problems)))
                        continue
                    yield option


def _why(problems: Sequence[Problem]) -> str:
    """Why no unit of a part runs the networks: the reason of each."""
    first = problems[0]
    reason = message("reason.refused", where=first.where, expected=first.expected, got=first.got)
    if len(problems) == 1:
        return reason
    return message("reason.refused_by_all", first=reason, units=len(problems))


def sized_option(
    scenario: Scenario,
    estimator: Estimator,
    device: Device,
    networks: tuple[NetworkOnPart, ...],
    *,
    at_least: int = 1,
    exactly: int | None = None,
    services: tuple[Service, ...] | None = None,
) -> Option:
    """The option with the least count that keeps the utilisation limit, and every reason against it.

    `exactly` sets the count whatever the utilisation that follows; `services` replace those planned
    with.
    """
    first = networks[0].estimate
    services = services or services_of(scenario, estimator, device, networks)
    beside = units_beside(scenario, estimator, device, networks)
    chain = part_chains(scenario, estimator, device, networks) if chained(scenario) else None
    rack_of = partial(
        build_rack,
        scenario,
        device,
        first.mode,
        first.batch,
        services,
        events=False,
        unit=first.unit,
        instances=instances_of(device, [item.estimate for item in networks]),
        beside=beside,
        chain=chain,
    )
    limit = scenario.planning.utilisation_limit_ratio
    fewest = max(at_least, len(scenario.simulation.shares_ratio), _count_beside(scenario, chain, limit))
    _require_few(device, fewest)
    count = exactly or _least_count(rack_of, limit, fewest)
    _require_few(device, count)
    mode = mode_of(device, first.mode)
    limit_w = mode.power_limit_w.value
    racks = _racks_needed(scenario, device, count + scenario.spares, limit_w)
    rack = rack_of(count, racks=racks)
    load = expected_load(rack)
    heat = _rack_heat(scenario, device, networks, rack, load.dynamic_w)
    # The busy stretch decides count and heat, the mean of the period what is drawn in a year.
    mean, plugged = over_the_period(rack), 1.0 + rack.supply_loss
    load_w = rack.count * load.dynamic_w * plugged
    draw = Draw(heat.power_w - load_w, rack.count * expected_load(mean).dynamic_w * plugged)
    rate_per_s = sum(group.offered_per_s for group in rack.streams)
    offered = offered_utilisation(rack)
    option = Option(
        part=device,
        unit=first.unit,
        power_mode=mode,
        engine=first.engine,
        precision=first.precision,
        batch=first.batch,
        networks=networks,
        plan_for=scenario.planning.plan_for,
        count=count,
        spares=scenario.spares,
        services=services,
        racks=racks,
        beside=beside,
        utilisation=load.busy_share,
        offered_utilisation=offered,
        mean_offered_utilisation=offered_utilisation(mean),
        throughput_per_s=rate_per_s / (offered * count),
        heat=heat,
        draw=draw,
        cost=rack_cost(scenario, device, count + scenario.spares, draw),
        latency_provenance=weakest([item.estimate.provenance for item in networks]),
        provenance=_weakest_of_all(device, networks),
    )
    hosting = hosting_of(scenario, device)
    carried = link_load(scenario, estimator.workloads, networks) / count if hosting else 0.0
    if hosting is not None and chain is not None:
        carried = link_bytes_per_s(chain, hosting.link_bytes_per_s) / count
    option = replace(option, hosting=hosting, link_bytes_per_s=carried, chain=chain)
    option = replace(option, margins=margins_of(scenario, option, planned_warmest(option)))
    return replace(option, reasons=tuple(reasons_against(scenario, option)))


MOST_DEVICES = 1_000_000
"""Of one setting: a rack is worked out device by device, and nobody buys as many."""


def _require_few(device: Device, count: int) -> None:
    if count > MOST_DEVICES:
        problem = Problem("count", f"at most {MOST_DEVICES:,} devices", f"{count:,}", "ask for less work")
        raise InputError(device.id, [problem])


def _count_beside(scenario: Scenario, chain: PartChains | None, limit: float) -> int:
    """The least count that keeps what is around the units within the limit: encoders, links, memory."""
    if chain is None:
        return 1
    return max(1, math.ceil(busiest_beside(chain, scenario.planning.plan_for) / limit - 1e-9))


@formula("least_count")
def _least_count(rack_of: Callable[..., Rack], limit: float, at_least: int) -> int:
    """The least count that is asked for no more than the limit's share of what full batches carry.

    Of capacity, and not of time: devices with time to spare serve smaller batches, are busy for longer, and
    have as much left.
    """
    first = rack_of(at_least)
    pinned = first.dispatch == "pinned"
    if not first.shares and not pinned:
        # Work over devices: the utilisation falls as 1 / count. The margin is for a quotient a rounding above
        # a whole number, which would skip the count that just fits.
        return max(at_least, math.ceil(at_least * offered_utilisation(first) / limit - 1e-9))
    # A device for each source is all that pinning can use.
    most = max(at_least, sum(group.sources for group in first.streams)) if pinned else math.inf
    # Networks with devices of their own get whole ones, and pinned sources do: doubling until one fits, then
    # halving.
    low = high = at_least
    while high < most and offered_utilisation(rack_of(high)) > limit:
        low, high = high + 1, int(min(high * 2, most))
    while low < high:
        middle = (low + high) // 2
        if offered_utilisation(rack_of(middle)) > limit:
            low = middle + 1
        else:
            high = middle
    return high


def _racks_needed(scenario: Scenario, device: Device, installed: int, limit_w: float) -> int:
    """Racks by height and by power, every device at its limit; no more than the site has."""
    site = scenario.site
    carrier = carrier_of(scenario, device)
    by_height = rack_units(scenario, device, installed) / site.rack_units
    carriers_w = carriers_needed(installed, carrier.slots) * carrier.power_w
    drawn_w = installed * limit_w * (1.0 + supply_loss(site)) + carriers_w
    # Where fans alone take the limit no number of racks is enough: the quotient is huge, and the answer all
    # that the site has.
    most_w = (1.0 - scenario.planning.margins.power_ratio) * site.power_limit_w
    by_power = drawn_w / max(most_w - rack_fan_w(site), 1e-9)
    return min(site.racks, math.ceil(max(1.0, by_height, by_power)))


_PASSES = 3
"""Rounds in which power, inlet and fan agree: the first inlet is that of a device at the supply's air."""


def _rack_heat(
    scenario: Scenario,
    device: Device,
    networks: Sequence[NetworkOnPart],
    rack: Rack,
    dynamic_w: float,
) -> RackHeat:
    """Power of the rack and the steady temperatures it leads to."""
    thermal, served_w, device_w = rack.device.thermal, rack.device.idle_w + dynamic_w, 0.0
    settled = steady(thermal, rack.air.supply_c, served_w)
    # Fan and leakage warm the inlets that they depend on; the second pass is off by parts of a kelvin.
    for _ in range(_PASSES):
        device_w = served_w + settled.fan_w + settled.leakage_w
        power_w = rack.plug_w(rack.count * device_w)
        inlet_c = float(inlets_c(rack.air, np.full(rack.count, power_w / rack.count)).max())
        settled = steady(thermal, inlet_c, served_w)
    mode = networks[0].estimate.mode
    limit_w = mode_of(device, mode).power_limit_w.value
    # At worst the spares serve too, and no longer stand by.
    worst_w = rack.count * limit_w + (scenario.spares * limit_w - standby_w(scenario, device, mode))
    return RackHeat(
        power_per_device_w=device_w,
        power_w=power_w,
        worst_power_w=rack.plug_w(worst_w),
        inlet_c=inlet_c,
        temperature_c=settled.die_c,
        exhaust_c=device_exhaust_c(rack.air, inlet_c, power_w, rack.count),
        worst_devices_w=(rack.count + scenario.spares) * limit_w,
    )


def _weakest_of_all(device: Device, networks: Sequence[NetworkOnPart]) -> Provenance:
    parts = [item.estimate.provenance for item in networks]
    parts += [item.estimate.power_provenance for item in networks]
    parts.append(of_status(device.thermal.resistance_k_per_w.status))
    if device.price is not None:
        parts.append(of_status(device.price.amount_money.status))
    return weakest(parts)


def count_at_saturation(scenario: Scenario, option: Option) -> int | None:
    """The least count that is asked for less than it can serve with full batches.

    None where sources are pinned: what the busiest device is asked for does not fall as one over the count.
    """
    if scenario.simulation.dispatch == "pinned":
        return None
    # Work in whole devices and one more; a product a rounding below a whole number counts as that number.
    return int(option.offered_utilisation * option.count * (1 + 1e-9)) + 1
