"""What a scenario costs as JSON: the keys of `planner cost`, for the report and for scripts."""

from __future__ import annotations

from planner.plan.cost.sensitivity import QUANTILES, Influence, MonteCarlo, Tornado
from planner.plan.cost.study import Costed, CostStudy
from planner.plan.money.bill import Bill, Carbon, Line
from planner.plan.money.prices import QuotedPrice
from planner.plan.record.options import service_records
from planner.plan.record.spending import swing_record
from planner.schema.record.cost import (
    BillLineRecord,
    BillRecord,
    CarbonRecord,
    CostedOptionRecord,
    CostRecord,
    CostTornadoRecord,
    InfluenceRecord,
    MonteCarloRecord,
    PriceRecord,
)

NOT_COUNTED = (
    "labour, taxes, financing and decommissioning are not counted",
    "carbon of making and scrapping the parts is not known and not counted",
    "inputs are drawn independently, evenly over their bands, and a band's ends are taken for the farthest",
    "the rack is sized in closed form at each draw; heat and service levels are not looked at again",
)


def cost_record(study: CostStudy) -> CostRecord:
    """`planner cost`: the first option's bill whole, the others beside it, tornado and Monte Carlo."""
    scenario = study.source.scenario
    first = study.options[0] if study.options else None
    bill: BillRecord = bill_record(first.bill) if first else {}
    return {
        "scenario": scenario.id,
        "date": scenario.date,
        "currency": scenario.money.currency,
        "horizon_years": scenario.money.horizon_years,
        "discount_rate": scenario.money.discount_rate_ratio,
        "chosen": _option_record(first) if first else None,
        **bill,
        "options": [_option_record(item) for item in study.options],
        "missing_prices": [
            {"key": problem.where, "expected": problem.expected, "got": problem.got, "advice": problem.advice}
            for problem in study.missing
        ],
        "tornado": tornado_record(study.tornado) if study.tornado else None,
        "monte_carlo": monte_carlo_record(study.monte_carlo) if study.monte_carlo else None,
        "exchange_rates": dict(scenario.money.exchange_rates),
        "reasons": [{"device": device, "reason": reason} for device, reason in study.reasons],
        "not_counted": list(NOT_COUNTED),
        "warnings": list(_warnings(study)),
        "digests": [{"what": f"scenario {study.source.file}", "sha256": study.source.sha256}],
    }


def bill_record(bill: Bill) -> BillRecord:
    """A bill: its lines, the sums that follow from them, the price behind it."""
    return {
        "lines": [_line_record(line) for line in bill.lines],
        "price": _price_record(bill.price),
        "capital": bill.capital,
        "running_cost_per_year": bill.running_cost_per_year,
        "total_cost": bill.total_cost,
        "inferences": bill.inferences,
        "cost_per_thousand_inferences": bill.cost_per_thousand_inferences,
        "unabsorbed": {"share": bill.unabsorbed_share, "present_value": bill.unabsorbed_cost},
        "energy_j": bill.energy_j,
        "carbon": _carbon_record(bill.carbon) if bill.carbon else None,
    }


def tornado_record(found: Tornado) -> CostTornadoRecord:
    """Swings, the widest first, around the planned total."""
    return {
        "currency": found.currency,
        "total_cost": found.total_cost,
        "swings": [{**swing_record(swing), "width": swing.width} for swing in found.swings],
    }


def monte_carlo_record(found: MonteCarlo) -> MonteCarloRecord:
    """Each option's spread with its quantiles by name, the sensitivity of the first one, and histogram."""
    return {
        "draws": found.draws,
        "seed": found.seed,
        "currency": found.currency,
        "options": [
            {
                "device": spread.device,
                "mean_total_cost": spread.mean_total_cost,
                "total_cost": _by_quantile(spread.total_cost),
                "cost_per_thousand": _by_quantile(spread.cost_per_thousand),
                "count": {"low": spread.count[0], "high": spread.count[1]},
                "cheapest_share": spread.cheapest_share,
                "within_budget_share": spread.within_budget_share,
            }
            for spread in found.options
        ],
        "inputs": [_influence_record(item) for item in found.inputs],
        "histogram": {"edges": list(found.edges), "counts": list(found.counts)},
    }


def _by_quantile(values: tuple[float, ...]) -> dict[str, float]:
    return {f"p{share * 100:g}": value for share, value in zip(QUANTILES, values, strict=True)}


def _option_record(item: Costed) -> CostedOptionRecord:
    option, bill = item.option, item.bill
    return {
        "device": option.device,
        "name": option.device_name,
        "mode": option.mode,
        "unit": option.unit,
        "units": option.instances,
        "engine": option.engine,
        "latency_provenance": option.latency_provenance.value,
        "services": service_records(option),
        "precision": str(option.precision),
        "batch": option.batch,
        "count": option.count,
        "spares": option.spares,
        "power_w": option.heat.power_w,
        "capital": bill.capital,
        "running_cost_per_year": bill.running_cost_per_year,
        "total_cost": bill.total_cost,
        "cost_per_thousand_inferences": bill.cost_per_thousand_inferences,
        "unabsorbed_share": bill.unabsorbed_share,
        "carbon_kg": bill.carbon.kg_total if bill.carbon else None,
        "price": _price_record(bill.price),
        "provenance": option.provenance.value,
    }


def _price_record(price: QuotedPrice) -> PriceRecord:
    return {
        "part": price.part,
        "quoted": price.quoted.amount,
        "quoted_currency": price.quoted.currency,
        "rate": price.rate,
        "low": price.low,
        "mid": price.mid,
        "high": price.high,
        "date": price.date,
        "source": price.source,
        "status": price.status.value,
        "range_from": price.range_from,
    }


def _warnings(study: CostStudy) -> list[str]:
    found = list(study.notes)
    for item in study.options:
        price = item.bill.price
        if price.parts_like_it:
            found.append(
                f"the price of {item.option.device_name} is not known; {price.low:,.0f} to {price.high:,.0f} "
                f"{item.bill.currency} is {price.source}"
            )
    return found


def _line_record(line: Line) -> BillLineRecord:
    return {
        "name": line.name,
        "when": line.when,
        "first": line.first,
        "present_value": line.present_value,
        "basis": line.basis,
    }


def _carbon_record(carbon: Carbon) -> CarbonRecord:
    return {
        "kg_first_year": carbon.kg_first_year,
        "kg_total": carbon.kg_total,
        "kg_per_thousand_inferences": carbon.kg_per_thousand_inferences,
    }


def _influence_record(item: Influence) -> InfluenceRecord:
    return {
        "input": item.input,
        "rank_correlation": item.rank_correlation,
        "first_order": item.first_order,
        "total": item.total,
    }
