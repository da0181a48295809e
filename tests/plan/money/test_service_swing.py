"""How service scatters as an input of a cost: its band, its ends, and the devices that they take."""

import pytest

from planner.plan.cost.model import SERVICE, CostModel
from planner.plan.cost.sensitivity import tornado
from planner.plan.cost.service_variation import SPREAD, at_end, band_of, variation_at
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import read_scenario, read_workloads
from planner.plan.sizing.closed_form import size
from planner.plan.sizing.deployed import deployed_option
from planner.rack.description.rack import Service
from planner.rack.description.variation import Replayed, Variation, varying

GIVEN = varying(0.2, next_one=0.6, over_ten=0.4, over_hundred=0.2, outlier_share=0.01, outlier_ratio=3.0)
PLAN = """schema: 1
id: gate
title: Cameras at a gate
question: How many?
date: 2026-11-22
streams:
  - {name: cameras, count: 60, model: "zoo:resnet18", arrivals: poisson, rate: 10 /s,
     slo: {latency: 12 ms, quantile: 99 %}}
candidates: {devices: [jetson-orin-nano-8], modes: [25W], precisions: [int8], max_batch: 1}
site: {supply: 30 degC, airflow: 120 CFM, recirculation: 20 %, fan: 25 W, rack_units: 12, power_limit: 600 W,
  pue: 1.3, carriers: {module: {slots: 1, power: 5 W, price: 180 USD, rack_units: 1, note: carrier board}}}
money: {currency: USD, electricity: 0.20 USD/kWh, horizon_years: 1}
planning: {utilisation_limit: 95 %, plan_for: typical}
simulation: {duration: 20 s, warmup: 2 s, replications: 2, seed: 1}
"""
VARIED = "variation: {cv: 50 %, next: 70 %, over_ten: 50 %, over_hundred: 10 %}\n"


def _model(tmp_path, text, device="jetson-orin-nano-8"):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    source = read_scenario(path)
    estimator = Estimator(read_workloads(source))
    options = size(source.scenario, estimator).options
    chosen = next(option for option in options if option.feasible and option.device == device)
    return CostModel(source.scenario, estimator, chosen)


def test_the_ends_of_a_process_by_hand():
    """Scatter and outliers times 1.5; a memory of 1 / (1 - 0.9) = 10 batches is 15 of them long then."""
    asked = Variation(0.2, 0.5, 0.9, 0.3, 0.4, 0.01, 3.0)
    high = variation_at(asked, 1.5)
    assert (high.cv, high.outlier_share) == pytest.approx((0.3, 0.015))
    assert high.slow_correlation == pytest.approx(1 - 0.1 / 1.5)
    assert high.fast_correlation == pytest.approx(1 - 0.6 / 1.5)
    low = variation_at(asked, 0.5)
    assert (low.cv, low.slow_correlation, low.fast_correlation) == pytest.approx((0.1, 0.8, 0.0))
    assert variation_at(asked, 1.0) == asked


def test_the_ends_of_any_process_are_processes():
    # Outliers in runs have a share that such runs can have, and none is ever all.
    runs = Variation(0.0, outlier_share=0.45, outlier_ratio=2.0, outlier_next=0.0)
    for factor in (0.4, 1.6):
        for given in (GIVEN, runs, varying(0.4)):
            assert variation_at(given, factor).cv == pytest.approx(factor * given.cv)


def test_the_band_is_wider_where_nobody_has_measured():
    services = (Service("net", (0.01,), 0.5, 1.0, variation=GIVEN),)
    assert SPREAD["prior"] > SPREAD["measured"]
    band = band_of(services, "measured")
    assert (band.low, band.mid, band.high) == pytest.approx((0.12, 0.2, 0.28))
    assert band_of((Service("net", (0.01,), 0.5, 1.0),), "prior") is None
    replayed = (Service("net", (0.01,), 0.5, 1.0, variation=Replayed((1.0, 2.0))),)
    assert band_of(replayed, "stated") is None
    assert at_end(replayed, 1.4) == replayed


def test_constant_service_has_no_such_input(tmp_path):
    plain = _model(tmp_path, PLAN)
    assert plain.simulated == ()
    assert SERVICE not in {swing.input for swing in tornado(plain).swings}


def test_scatter_moves_the_bill_by_the_devices_that_simulation_finds(tmp_path):
    """Each device more costs the same; the ends are those that a search with that scatter finds."""
    model = _model(tmp_path, PLAN + VARIED)
    (item,) = model.simulated
    assert (item.band.low, item.band.high) == pytest.approx((30.0, 70.0))
    swing = next(swing for swing in tornado(model).swings if swing.input == SERVICE)
    assert swing.count_at_low < swing.count_at_high
    devices = swing.count_at_high - swing.count_at_low
    part, carrier = model.price.mid, 180
    more = swing.total_cost_at_high - swing.total_cost_at_low
    # What is left is the power that devices draw at idle.
    assert devices * (part + carrier) < more < 1.2 * devices * (part + carrier)
    assert model.bill({SERVICE: 0.5}) == model.bill()


def test_scatter_is_not_drawn_in_monte_carlo_nor_asked_of_a_given_rack(tmp_path):
    assert SERVICE not in {item.name for item in _model(tmp_path, PLAN + VARIED).inputs}
    given = "deployment: {count: 5, device: jetson-orin-nano-8, mode: 25W, precision: int8}\n"
    path = tmp_path / "given.yaml"
    path.write_text(PLAN + VARIED + given)
    source = read_scenario(path)
    estimator = Estimator(read_workloads(source))
    option = deployed_option(source.scenario, source.scenario.deployment, estimator)
    assert CostModel(source.scenario, estimator, option).simulated == ()
