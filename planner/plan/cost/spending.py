"""What the chosen option and its best rivals have cost by the end of each year, with the sensitivity."""

from __future__ import annotations

from dataclasses import asdict

from planner.hardware.catalog import read_device
from planner.plan.cost.model import CostModel
from planner.plan.cost.sensitivity import tornado
from planner.plan.money.prices import price_of
from planner.plan.options.option import Option
from planner.plan.study.study import Study

MOST_RIVALS = 3


def spending_record(study: Study) -> dict[str, object]:
    """Capital and what follows year by year; parts without a price are left out."""
    terms = study.source.scenario.money
    years = _years(terms.horizon_years)
    lines = [_line(option, years) for option in _shown(study) if option.cost.capital is not None]
    return {
        "currency": terms.currency,
        "horizon_years": terms.horizon_years,
        "years": years,
        "lines": lines,
        "tornado": _tornado(study),
    }


def _tornado(study: Study) -> dict[str, object] | None:
    """Sensitivity of the sum to each input; None where nothing was chosen or the price is unknown."""
    if study.simulated is None:
        return None
    scenario, option = study.source.scenario, study.simulated.option
    if price_of(scenario, read_device(option.device)) is None:
        return None
    return asdict(tornado(CostModel(scenario, study.estimator, option)))


def _years(horizon: float) -> list[float]:
    whole = [float(year) for year in range(int(horizon) + 1)]
    return whole if whole[-1] == horizon else [*whole, horizon]


def _shown(study: Study) -> list[Option]:
    """The chosen option, then the best feasible one of each other part."""
    if study.simulated is None:
        return []
    best: dict[str, Option] = {study.simulated.option.device: study.simulated.option}
    for option in study.options:
        if option.feasible:
            best.setdefault(option.device, option)
    return list(best.values())[: MOST_RIVALS + 1]


def _line(option: Option, years: list[float]) -> dict[str, object]:
    capital = option.cost.capital or 0.0
    return {
        "device": option.device,
        "name": option.device_name,
        "count": option.count,
        "capital": option.cost.capital,
        "running_cost_per_year": option.cost.running_per_year,
        "spent": [capital + year * option.cost.running_per_year for year in years],
    }
