"""Candidates, options and racks as JSON: the keys that `compare`, `simulate` and `report` promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.plan.money.economics import carriers_needed
from planner.plan.options.coolers import resistance_band
from planner.plan.options.margin import Margin
from planner.schema.reading.quantity import Money
from planner.schema.record import ChoicesRecord, OptionRecord
from planner.schema.record.commands.simulate import NoRackRecord, RuledOutRecord
from planner.schema.record.compare import ComparisonRecord, MoneyRecord, RefusalRecord
from planner.schema.record.options import CoolerInUseRecord, HostRecord, MarginRecord, ServiceRecord

if TYPE_CHECKING:
    from planner.plan.compare.candidate import Comparison, Refusal
    from planner.plan.options.hosting import Hosting
    from planner.plan.options.option import Option
    from planner.plan.study.choices import Choices
    from planner.plan.study.study import Study
    from planner.schema.hardware.device import Device


def money_record(money: Money | None) -> MoneyRecord | None:
    """An amount with its currency, or null where it is unknown."""
    return None if money is None else {"amount": money.amount, "currency": money.currency}


def comparison_record(comparison: Comparison) -> ComparisonRecord:
    """`planner compare`: every candidate's estimate with its verdict, best first, and what cannot run."""
    from planner.latency.record import band_record, estimate_record

    return {
        "candidates": [
            {
                **estimate_record(candidate.estimate),
                "planning_latency_s": band_record(candidate.planning_latency_s),
                "feasible": candidate.feasible,
                "reasons": list(candidate.reasons),
                "pareto": candidate.pareto,
                "risk": candidate.risk,
                "tie": candidate.tie,
                "loses": candidate.loses,
                "units": candidate.instances,
                "price": money_record(candidate.price),
                "host": host_record(candidate.hosting, 1),
            }
            for candidate in comparison.candidates
        ],
        "refused": [refusal_record(refusal) for refusal in comparison.refusals],
        "contradiction": comparison.contradiction,
        "planned_for": comparison.plan_for,
    }


def refusal_record(refusal: Refusal) -> RefusalRecord:
    """What cannot run at all, and why."""
    return {
        "device": refusal.device,
        "mode": refusal.mode,
        "precision": refusal.precision,
        "reason": refusal.reason,
    }


def option_record(option: Option) -> OptionRecord:
    """One sized option of a scenario; latency is that of its slowest network, per batch."""
    from planner.latency.record import band_record, other_unit_records

    slowest = option.slowest
    return {
        "device": option.device,
        "name": option.device_name,
        "unit": option.unit,
        "units": option.instances,
        "other_units": other_unit_records(option.others),
        "services": service_records(option),
        "mode": option.mode,
        "engine": option.engine,
        "precision": str(option.precision),
        "batch": option.batch,
        "count": option.count,
        "spares": option.spares,
        "racks": option.racks,
        "feasible": option.feasible,
        "reasons": list(option.reasons),
        "pareto": option.pareto,
        "slowest_model": slowest.estimate.model,
        "latency_s": band_record(slowest.estimate.latency_s),
        "planning_latency_s": band_record(slowest.planning_latency_s),
        "planned_for": option.plan_for,
        "throughput_per_s": option.throughput_per_s,
        "utilisation": option.utilisation,
        "offered_utilisation": option.offered_utilisation,
        "power_per_device_w": option.heat.power_per_device_w,
        "power_w": option.heat.power_w,
        "worst_power_w": option.heat.worst_power_w,
        "inlet_c": option.heat.inlet_c,
        "exhaust_c": option.heat.exhaust_c,
        "margins": [margin_record(item) for item in option.margins],
        "cooler": cooler_record(option.part),
        "throttle_probability": option.throttle_probability,
        "host": host_record(option.hosting, option.count + option.spares),
        "temperature_c": option.heat.temperature_c,
        "capital": option.cost.capital,
        "running_cost_per_year": option.cost.running_per_year,
        "total_cost": option.cost.total,
        "currency": option.cost.currency,
        "latency_provenance": option.latency_provenance.value,
        "provenance": option.provenance.value,
    }


def service_records(option: Option) -> list[ServiceRecord]:
    """The service time of each network on an option, with what `planner estimate` says of it."""
    from planner.latency.record import band_record

    return [
        {
            "network": service.network,
            "provenance": item.estimate.provenance.value,
            "latency_s": band_record(item.estimate.latency_s),
            "batch_s": list(service.batch_s),
        }
        for service, item in zip(option.services, option.networks, strict=True)
    ]


def cooler_record(part: Device) -> CoolerInUseRecord:
    """The cooler of a part in use, with the range of its resistance."""
    cooler, band = part.thermal.in_use, resistance_band(part.thermal)
    return {
        "id": cooler.id,
        "kind": cooler.kind,
        "name": cooler.name,
        "resistance_k_per_w": band.mid_k_per_w,
        "low_k_per_w": band.low_k_per_w,
        "high_k_per_w": band.high_k_per_w,
        "boundary": cooler.boundary,
        "fan": cooler.fan is not None,
        "status": band.status.value,
        "source": band.source,
    }


def host_record(hosting: Hosting | None, parts: int) -> HostRecord | None:
    """The computer that each part sits in; null where it needs none, or the scenario describes its own."""
    if hosting is None:
        return None
    host, amount = hosting.host, hosting.host.price.amount_money
    return {
        "id": host.id,
        "name": host.name,
        "chosen": hosting.chosen,
        "count": carriers_needed(parts, hosting.parts),
        "parts_each": hosting.parts,
        "price": amount.value.amount,
        "currency": amount.value.currency,
        "price_date": host.price.date,
        "power_w": host.power_w.value,
        "rack_units": host.rack_units.value,
        "link": hosting.link,
        "link_bytes_per_s": hosting.link_bytes_per_s,
        "status": amount.status.value,
        "source": host.sources[amount.source].title,
    }


def margin_record(margin: Margin) -> MarginRecord:
    """One limit in SI units; `weakest` is null where it rests on nothing that is known worse than stated."""
    weakest = margin.weakest
    return {
        "name": margin.name,
        "unit": margin.unit,
        "value": margin.value,
        "limit": margin.limit,
        "margin": margin.margin,
        "margin_asked": margin.asked,
        "margin_at_best": margin.best,
        "margin_at_worst": margin.worst,
        "probability": margin.probability,
        "verdict": margin.verdict.value,
        "turns": margin.turns,
        "weakest": None
        if weakest is None
        else {
            "name": weakest.name,
            "low": weakest.low,
            "mid": weakest.mid,
            "high": weakest.high,
            "unit": weakest.unit,
            "provenance": weakest.provenance,
            "source": weakest.source,
        },
    }


def infeasible_record(study: Study) -> NoRackRecord:
    """Every option's first reason, and what cannot run at all."""
    reasons: list[RuledOutRecord] = [
        {
            "device": option.device,
            "mode": option.mode,
            "unit": option.unit,
            "engine": option.engine,
            "latency_provenance": option.latency_provenance.value,
            "precision": str(option.precision),
            "batch": option.batch,
            "count": option.count,
            "reason": option.reasons[0],
        }
        for option in study.options
    ]
    reasons += [
        {
            "device": r.device,
            "mode": r.mode,
            "unit": "",
            "engine": "",
            "latency_provenance": "",
            "precision": r.precision,
            "batch": "",
            "count": "",
            "reason": r.reason,
        }
        for r in study.refusals
    ]
    return {
        "verdict": study.simulated.verdict.value if study.simulated else "INFEASIBLE",
        "streams": [],
        "reasons": reasons,
    }


def choices_record(found: Choices) -> ChoicesRecord:
    """Good, better and best."""
    return {
        "parts": found.parts,
        "settings": found.settings,
        "simulated": found.simulated,
        "lines": [
            {
                "level": line.level,
                "device": line.option.device,
                "name": line.option.device_name,
                "unit": line.option.unit,
                "mode": line.option.mode,
                "engine": line.option.engine,
                "precision": str(line.option.precision),
                "batch": line.option.batch,
                "count": line.option.count,
                "spares": line.option.spares,
                "load_factor": line.load_factor,
                "power_w": line.option.heat.power_w,
                "capital": line.option.cost.capital,
                "total_cost": line.option.cost.total,
                "currency": line.option.cost.currency,
                "verdict": line.verdict.value if line.verdict else None,
            }
            for line in found.lines
        ],
    }
