"""What a worker answers for one question: every part of it sized, priced and paid for year by year."""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

from planner.data_files import own_parts_from
from planner.errors import PlannerError
from planner.plan.cost.model import CostModel
from planner.plan.fleet.site_answer import Paid, PartAnswer, SiteAnswer, Swing
from planner.plan.money.bill import payments
from planner.plan.money.economics import SECONDS_PER_YEAR, years
from planner.plan.money.prices import price_of
from planner.plan.money.tariff import carbon_kg_per_j
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.evidence import asked_of
from planner.plan.sizing.result import SizedOption
from planner.plan.sizing.runner import Runner
from planner.plan.sizing.sized import size_scenario
from planner.plan.sweep.point import PointTask, estimator_of, source_of
from planner.rack.counts.results import Verdict
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import key_of

_RUNNER = Runner()
_ALL_PARTS = 1000
"""Every part of a site is simulated: any of them may become the standard."""


def answer_question(task: PointTask) -> dict[str, object]:
    """The answer of one question as plain values; one that is refused has its reason."""
    with own_parts_from(tuple(Path(folder) for folder in task["hardware"])):
        try:
            return cast("dict[str, object]", _answered(task))
        except PlannerError as error:
            return cast("dict[str, object]", _refused(str(error)))


def _answered(task: PointTask) -> SiteAnswer:
    source = source_of(task)
    scenario = source.scenario
    estimator = estimator_of(source.folder, scenario.models, asked_of(source))
    sizing = size_scenario(source, runner=_RUNNER, estimator=estimator, most_parts=_ALL_PARTS)
    failures = scenario.failures
    return {
        "refused": None,
        "currency": scenario.money.currency,
        "discount_rate": scenario.money.discount_rate_ratio,
        "horizon_years": scenario.money.horizon_years,
        "mtbf_s": None if failures is None else failures.mtbf_s,
        "requests_per_s": sum(stream.count * stream.rate_per_s for stream in scenario.streams),
        "sources": sum(stream.count for stream in scenario.streams),
        "parts": [_part(scenario, estimator, item) for item in sizing.options],
        "cannot": [[refusal.device, refusal.reason] for refusal in sizing.refusals],
    }


def _refused(reason: str) -> SiteAnswer:
    return {
        "refused": reason,
        "currency": "",
        "discount_rate": 0.0,
        "horizon_years": 0.0,
        "mtbf_s": None,
        "requests_per_s": 0.0,
        "sources": 0,
        "parts": [],
        "cannot": [],
    }


def _part(scenario: Scenario, estimator: Estimator, item: SizedOption) -> PartAnswer:
    option, tightest = item.option, item.tightest
    serves = option.feasible and item.verdict is not Verdict.FAIL
    model = _model(scenario, estimator, item) if serves else None
    bill = None if model is None else model.bill()
    limit = scenario.planning.utilisation_limit_ratio
    offered = option.offered_utilisation
    return {
        "device": option.device,
        "name": option.device_name,
        "mode": option.mode,
        "unit": option.unit,
        "engine": option.engine,
        "precision": str(option.precision),
        "batch": option.batch,
        "count": option.count,
        "spares": option.spares,
        "racks": option.racks,
        "verdict": item.verdict.value,
        "reason": str(item.verdict_reason),
        "reason_key": key_of(item.verdict_reason),
        "serves": serves,
        "utilisation": option.utilisation,
        "offered_utilisation": offered,
        "headroom": _finite(limit / offered - 1.0) if offered > 0 else None,
        "tightness": None if tightest is None else _finite(tightest.tightness),
        "power_w": option.heat.power_w,
        "temperature_c": option.heat.temperature_c,
        "provenance": option.provenance.value,
        "capital": option.cost.capital,
        "running_cost_per_year": option.cost.running_per_year,
        "total_cost": option.cost.total,
        "bill_total": None if bill is None else bill.total_cost,
        "price": None if model is None else model.price.mid,
        "installed": [] if model is None else [year.installed for year in model.life()],
        "energy_j": [] if model is None else _energy_j(scenario, model),
        "carbon_kg": [] if model is None else _carbon_kg(scenario, model),
        "paid": [] if model is None else _paid(scenario, model),
        "swings": [] if model is None else _swings(model),
    }


def _model(scenario: Scenario, estimator: Estimator, item: SizedOption) -> CostModel | None:
    """The option's money; None where its price is unknown."""
    if price_of(scenario, item.option.part) is None or item.option.cost.total is None:
        return None
    counts = tuple(year.count for year in item.years) or (item.option.count,)
    return CostModel(scenario, estimator, item.option, counts=counts)


def _energy_j(scenario: Scenario, model: CostModel) -> list[float]:
    """Of each year, cooling and losses included."""
    pairs = zip(years(scenario), model.life(), strict=True)
    return [year.draw.mean_w * scenario.site.pue * length * SECONDS_PER_YEAR for length, year in pairs]


def _carbon_kg(scenario: Scenario, model: CostModel) -> list[float | None]:
    energies = zip(_energy_j(scenario, model), model.life(), strict=True)
    found = []
    for energy_j, year in energies:
        intensity = carbon_kg_per_j(scenario, year.draw)
        found.append(None if intensity is None else energy_j * intensity)
    return found


def _paid(scenario: Scenario, model: CostModel) -> list[Paid]:
    items = payments(scenario, model.device, model.price, model.life())
    return [
        (item.year, item.length, item.name, item.when, item.amount, item.present_value(scenario))
        for item in items
    ]


def _swings(model: CostModel) -> list[Swing]:
    """The total cost at either end of each input's band."""
    return [
        (item.name, model.bill({item.name: 0.0}).total_cost, model.bill({item.name: 1.0}).total_cost)
        for item in model.inputs
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
