"""Tornado and Monte Carlo against arithmetic: swings that follow from a line, Sobol' indices of a sum."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from planner.data_files import scenarios_dir
from planner.latency.band import Band
from planner.plan.cost.model import CostModel, Input
from planner.plan.cost.sensitivity import QUANTILES, monte_carlo, tornado
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import read_scenario, read_workloads
from planner.plan.sizing.closed_form import size


@pytest.fixture(scope="module")
def models() -> list[CostModel]:
    source = read_scenario(scenarios_dir() / "line-inspection.yaml")
    estimator = Estimator(read_workloads(source))
    best = {}
    for option in size(source.scenario, estimator).options:
        if option.feasible:
            best.setdefault(option.device, option)
    return [CostModel(source.scenario, estimator, option) for option in best.values()]


def test_swings_follow_from_the_lines_and_the_widest_comes_first(models):
    model = models[0]
    found = tornado(model)
    bill = model.bill()
    lines = {line.name: line.present_value for line in bill.lines}
    swings = {swing.input: swing for swing in found.swings}
    energy = lines["energy"] + lines["cooling and losses"]
    assert swings["electricity"].width == pytest.approx(0.5 * energy)
    price = model.price
    installed = model.option.count + model.option.spares
    assert swings["price of the part"].width == pytest.approx(installed * (price.high - price.low))
    assert swings["latency"].count_at_low < swings["latency"].count_at_high == model.option.count
    widths = [swing.width for swing in found.swings]
    assert widths == sorted(widths, reverse=True)
    assert found.total_cost == bill.total_cost
    assert list(found.to_frame()["input"]) == [swing.input for swing in found.swings]


def test_more_latency_power_or_price_never_costs_less(models):
    for model in models:
        for item in model.inputs:
            totals = [model.bill({item.name: place}).total_cost for place in np.linspace(0, 1, 9)]
            assert totals == sorted(totals), item.name


def test_draws_are_the_same_for_a_seed_and_options_share_what_is_shared(models):
    found = monte_carlo(models[:2], draws=64, seed=3)
    assert found == monte_carlo(models[:2], draws=64, seed=3)
    assert found != monte_carlo(models[:2], draws=64, seed=4)
    for model, spread in zip(models, found.options, strict=False):
        ends = [model.bill({item.name: end for item in model.inputs}).total_cost for end in (0.0, 1.0)]
        assert ends[0] <= spread.total_cost[0] <= spread.total_cost[-1] <= ends[1]
        assert list(spread.total_cost) == sorted(spread.total_cost)
    assert sum(spread.cheapest_share for spread in found.options) == pytest.approx(1.0)
    assert sum(found.counts) == 64
    assert len(found.to_frame()) == 2


@dataclass
class WeightedCost:
    """A cost that is a weighted sum of its inputs' places: 100 + 30 x + 10 y, all places alike."""

    weights: dict[str, float] = field(default_factory=lambda: {"x": 30.0, "y": 10.0})
    option = SimpleNamespace(device="line")
    scenario = SimpleNamespace(money=SimpleNamespace(currency="USD", budget_money=None))

    @property
    def inputs(self):
        return tuple(Input(name, "-", Band(0, 0.5, 1), 0.5, "") for name in self.weights)

    def bill(self, places):
        total = 100 + sum(weight * places[name] for name, weight in self.weights.items())
        return SimpleNamespace(total_cost=total, cost_per_thousand_inferences=total / 10, capital=total)

    def count(self, _):
        return 1


def test_quantiles_and_variance_of_a_sum_are_the_theorys():
    """Var = (30^2 + 10^2) / 12, of which x has 0.9 (Saltelli et al., Global Sensitivity Analysis, 2008)."""
    found = monte_carlo([WeightedCost()], draws=2000, seed=11)
    (spread,) = found.options
    assert spread.mean_total_cost == pytest.approx(120, abs=0.1)
    grid = 100 + 30 * np.linspace(0, 1, 1001)[:, None] + 10 * np.linspace(0, 1, 1001)[None, :]
    assert spread.total_cost == pytest.approx(np.quantile(grid, QUANTILES), abs=0.6)
    x, y = found.inputs
    assert (x.first_order, x.total) == pytest.approx((0.9, 0.9), abs=0.03)
    assert (y.first_order, y.total) == pytest.approx((0.1, 0.1), abs=0.03)
    assert x.rank_correlation > 0.9 > y.rank_correlation > 0.2


def test_a_cost_that_nothing_moves_has_no_shares():
    (item,) = monte_carlo([WeightedCost({"x": 0.0})], draws=8, seed=1).inputs
    assert item.first_order is None
