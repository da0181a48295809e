"""A cooler that is sold apart is bought with each device, and its currency needs a rate as any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.data_files import scenarios_dir
from planner.hardware.catalog import read_device
from planner.plan.cost.model import CostModel
from planner.plan.money.economics import capital_of, coolers_price
from planner.plan.money.prices import missing_price
from planner.plan.options.coolers import cooled
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import read_scenario, read_workloads
from planner.plan.sizing.closed_form import size
from planner.plan.study.purchase import purchase
from planner.schema.scenario.scenario import Scenario

PI = "raspberry-pi-5"


def cabinet(tmp_path: Path, cooler: str, *edits: tuple[str, str]) -> Scenario:
    """The cabinet with one part and one cooler."""
    text = (scenarios_dir() / "traffic-cabinet.yaml").read_text()
    edits = (("cooler: active", f"cooler: {cooler}"), *edits)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "cabinet.yaml"
    path.write_text(text)
    return read_scenario(path).scenario


def test_a_stated_cooler_is_bought_with_each_device(tmp_path):
    """Seven at 45 USD are 315 USD; with the devices' and carriers' prices they are the capital."""
    with_price = cabinet(tmp_path, "{resistance: 3 K/W, price: 45 USD}")
    without = cabinet(tmp_path, "{resistance: 3 K/W}")
    part = read_device(PI)
    priced, free = (cooled(part, found.cooler_of(PI)) for found in (with_price, without))
    assert coolers_price(with_price, priced, 7) == pytest.approx(315.0)
    assert coolers_price(without, free, 7) == 0.0
    more = (capital_of(with_price, priced, 7) or 0.0) - (capital_of(without, free, 7) or 0.0)
    assert more == pytest.approx(315.0)


def test_the_bill_and_the_order_have_a_line_of_coolers(tmp_path):
    devices = ("devices: [jetson-orin-nano-8, jetson-orin-nx-16, jetson-agx-orin-64, jetson-xavier-nx-8, "
               "raspberry-pi-5, rk3588]", "devices: [jetson-orin-nano-8]")  # fmt: skip
    cabinet(tmp_path, "{resistance: 2 K/W, price: 45 USD}", devices)
    source = read_scenario(tmp_path / "cabinet.yaml")
    estimator = Estimator(read_workloads(source))
    option = size(source.scenario, estimator).options[0]
    bill = CostModel(source.scenario, estimator, option).bill()
    (line,) = (item for item in bill.lines if item.name == "coolers")
    assert line.when == "at purchase"
    assert line.first == pytest.approx(45.0 * (option.count + option.spares))
    assert bill.capital == pytest.approx(option.cost.capital)
    (ordered,) = (item for item in purchase(source.scenario, option) if item.kind == "cooler")
    assert ordered.amount == pytest.approx(line.first)


def test_a_price_in_a_currency_without_a_rate_is_asked_for(tmp_path):
    found = cabinet(tmp_path, "{resistance: 3 K/W, price: 40 GBP}")
    part = cooled(read_device(PI), found.cooler_of(PI))
    assert coolers_price(found, part, 2) is None
    assert capital_of(found, part, 2) is None
    problem = missing_price(found, part)
    assert problem is not None
    assert problem.where == "money.exchange_rates.GBP"
    assert "its cooler stated costs 40 GBP" in problem.got
