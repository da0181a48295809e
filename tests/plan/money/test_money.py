"""Money by hand: discounting, lines of a bill, tariffs by hour, prices asked for or assumed, carbon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.hardware.catalog import device_ids, read_device
from planner.plan.cost.model import CostModel
from planner.plan.cost.study import cost_study
from planner.plan.money.bill import FOLLOWS_THE_LOAD
from planner.plan.money.economics import SECONDS_PER_YEAR, annuity, discounted
from planner.plan.money.prices import missing_price, price_of
from planner.plan.money.tariff import Draw, carbon_kg_per_j, energy_price_per_j, load_by_hour
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.plan.sizing.closed_form import size
from planner.plan.sizing.deployed import deployed_option
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

LINE = (scenarios_dir() / "line-inspection.yaml").read_text()
GIVEN = "deployment: {device: jetson-orin-nano-8, count: 5, precision: int8}\n"
MONEY = """money:
  currency: USD
  budget: 20000 USD
  electricity: 0.20 USD/kWh
  horizon_years: 5
  exchange_rates: {CNY: 0.14}
"""
J_PER_KWH = 3.6e6


def scenario(money: str = "", *, extra: str = "", without: tuple[str, ...] = ()) -> Scenario:
    """The main scenario with keys of money added, and others left out."""
    assert MONEY in LINE
    kept = [line for line in MONEY.splitlines() if not line.strip().startswith(without or "\0")]
    block = "".join(f"{line}\n" for line in kept)
    text = LINE.replace(MONEY, block + "".join(f"  {line}\n" for line in money.splitlines())) + extra
    return validate(parse_document(text, "changed.yaml"), Scenario)


def source(made: Scenario) -> ScenarioFile:
    return ScenarioFile(made, "changed.yaml", scenarios_dir(), "0" * 64)


@pytest.fixture(scope="module")
def estimator() -> Estimator:
    return Estimator(read_workloads(source(scenario())))


def given_bill(estimator: Estimator, made: Scenario):
    option = deployed_option(made, made.deployment, estimator)
    return option, CostModel(made, estimator, option).bill()


@given(rate=st.floats(0.001, 0.5), years=st.integers(1, 40))
def test_an_annuity_is_the_textbooks(rate, years):
    """(1 - (1 + r)^-n) / r, Brealey and Myers, Principles of Corporate Finance, ch. 2."""
    made = scenario()
    terms = made.money.model_copy(update={"discount_rate_ratio": rate, "horizon_years": float(years)})
    made = made.model_copy(update={"money": terms})
    assert annuity(made) == pytest.approx((1 - (1 + rate) ** -years) / rate, rel=1e-9)
    assert discounted(made, 1) == pytest.approx(1 / (1 + rate))


def test_a_part_of_a_year_counts_as_a_part():
    terms = scenario().money.model_copy(update={"horizon_years": 2.5})
    assert annuity(scenario().model_copy(update={"money": terms})) == 2.5


def test_every_line_by_hand(estimator):
    money = "discount_rate: 6 %\nspace: 100 USD\nmaintenance: 4 %\nuplink: 600 USD\nresidual: 10 %"
    made = scenario(money, extra=GIVEN)
    option, bill = given_bill(estimator, made)
    capital = 6 * (299 + 180)
    energy = option.heat.power_w / 1e3 * 365.25 * 24 * 0.20
    yearly = {
        "energy": energy,
        "cooling and losses": 0.3 * energy,
        "space": 6 * 100,
        "maintenance": 0.04 * capital,
        "uplink": 600,
    }
    lines = {line.name: line for line in bill.lines}
    assert lines["devices"].first == 5 * 299
    assert lines["spares"].first == 299
    assert lines["carriers"].first == 6 * 180
    worth = (1 - 1.06**-5) / 0.06
    for name, amount in yearly.items():
        assert lines[name].first == pytest.approx(amount)
        assert lines[name].present_value == pytest.approx(amount * worth)
    left = 0.1 * capital * 1.06**-5
    assert lines["residual value"].present_value == pytest.approx(-left)
    total = capital + sum(yearly.values()) * worth - left
    assert bill.total_cost == pytest.approx(total)
    assert (bill.capital, bill.running_cost_per_year) == pytest.approx((capital, sum(yearly.values())))
    assert option.cost.total == pytest.approx(total)
    requests_per_year = (24 * 15 + 4 * 10) * SECONDS_PER_YEAR
    assert bill.cost_per_thousand_inferences == pytest.approx(1e3 * total / (requests_per_year * worth))
    assert bill.energy_j == pytest.approx(option.heat.power_w * 1.3 * 5 * SECONDS_PER_YEAR)
    standing = sum(line.present_value for line in bill.lines if line.name not in FOLLOWS_THE_LOAD)
    unused = 1 - option.offered_utilisation * 5 / 6
    assert bill.unabsorbed_share == pytest.approx(unused)
    assert bill.unabsorbed_cost == pytest.approx(unused * standing)
    assert bill.carbon is None


def test_sized_options_and_their_bills_agree(estimator):
    made = scenario("discount_rate: 5 %\nmaintenance: 3 %\nspace: 50 USD\nresidual: 5 %")
    options = [option for option in size(made, estimator).options if option.feasible]
    for option in options[::9]:
        bill = CostModel(made, estimator, option).bill()
        assert bill.total_cost == pytest.approx(option.cost.total, rel=1e-9)
        assert bill.capital == pytest.approx(option.cost.capital)
        assert bill.running_cost_per_year == pytest.approx(option.cost.running_per_year)


NIGHT = "tariff: [{hours: 22-6, price: 0.10 USD/kWh}, {hours: 6-22, price: 0.25 USD/kWh}]"


def test_a_tariff_is_weighed_by_when_power_is_drawn():
    made = scenario(NIGHT, without=("electricity",))
    day, night = 0.25 / J_PER_KWH, 0.10 / J_PER_KWH
    mean = (16 * day + 8 * night) / 24
    assert energy_price_per_j(made, Draw(100, 0)) == pytest.approx(mean)
    assert energy_price_per_j(made, Draw(0, 100)) == pytest.approx(mean)
    only_at_night = made.streams[0].model_copy(
        update={"profile": profile_of(made, [1.0] * 6 + [0.0] * 16 + [1.0] * 2)}
    )
    dark = made.model_copy(update={"streams": [only_at_night]})
    assert energy_price_per_j(dark, Draw(0, 100)) == pytest.approx(night)
    assert energy_price_per_j(dark, Draw(100, 100)) == pytest.approx((mean + night) / 2)


def profile_of(made: Scenario, shares: list[float]):
    kind = type(made.streams[0]).model_fields["profile"].annotation.__args__[0]
    return kind.model_validate({"shares": [f"{100 * share} %" for share in shares]})


@given(st.lists(st.floats(0.1, 1.0), min_size=1, max_size=60))
def test_the_load_of_a_day_keeps_its_mean_whatever_its_parts(shares):
    made = scenario()
    stream = made.streams[0].model_copy(update={"profile": profile_of(made, shares)})
    hours = load_by_hour([stream])
    assert hours.mean() == pytest.approx(1.0)
    if len(shares) == 24:
        assert hours == pytest.approx(np.array(shares) / np.mean(shares))


def test_gaps_overlaps_and_wrong_hours_of_a_tariff_are_refused():
    entries = "tariff: [{hours: 0-6, price: 0.1 USD/kWh}, {hours: 5-9, price: 0.2 USD/kWh}, "
    with pytest.raises(InputError) as refused:
        scenario(entries + "{hours: 12-22, price: 0.3 USD/kWh}]", without=("electricity",))
    assert "expected every hour of the day, got none for 9-12, 22-24" in str(refused.value)
    assert "got two for 5-6 (0-6 and 5-9)" in str(refused.value)
    with pytest.raises(InputError, match="hours of the day such as"):
        scenario("tariff: [{hours: 7-25, price: 0.1 USD/kWh}]", without=("electricity",))
    with pytest.raises(InputError, match="either `electricity` or a `tariff` by hour, got both"):
        scenario(NIGHT)
    with pytest.raises(InputError, match=r"tariff\[0\].price: expected price in USD, got EUR"):
        scenario("tariff: [{hours: 0-24, price: 0.1 EUR/kWh}]", without=("electricity",))
    with pytest.raises(InputError) as refused:
        scenario("space: 9 EUR\ntariff: [{hours: 7-22, price: 0.1 USD/kWh}]", without=("electricity",))
    assert "2 problems" in str(refused.value)


def test_carbon_by_the_hour_stands_beside_the_money(estimator):
    flat = scenario(extra=GIVEN + "carbon: {intensity: 400 g/kWh, note: an example}\n")
    option, bill = given_bill(estimator, flat)
    kwh = option.heat.power_w / 1e3 * 1.3 * 365.25 * 24
    assert bill.carbon.kg_first_year == pytest.approx(0.4 * kwh)
    assert bill.carbon.kg_total == pytest.approx(5 * 0.4 * kwh)
    assert bill.carbon.kg_per_thousand_inferences == pytest.approx(0.4 * kwh / (400 * SECONDS_PER_YEAR) * 1e3)
    hours = "{hours: 8-20, intensity: 200 g/kWh}, {hours: 20-8, intensity: 500 g/kWh}"
    by_hour = f"carbon: {{by_hour: [{hours}]}}\n"
    assert carbon_kg_per_j(scenario(extra=by_hour), Draw(1, 0)) == pytest.approx(0.35 / J_PER_KWH)
    with pytest.raises(InputError, match="got none for 0-8, 20-24"):
        scenario(extra="carbon: {by_hour: [{hours: 8-20, intensity: 200 g/kWh}]}\n")


def test_a_missing_price_is_asked_for_by_name():
    problem = missing_price(scenario(), read_device("atlas-200-dk"))
    assert problem.where == "money.prices.atlas-200-dk"
    assert "Atlas 200 DK" in problem.expected
    assert missing_price(scenario(), read_device("jetson-orin-nano-8")) is None
    with pytest.raises(InputError, match=r"money.prices.atlas-200-dk: expected the price of"):
        cost_study(source(scenario()), device="atlas-200-dk")


def test_a_stated_price_or_range_stands_in_for_the_databases(estimator):
    quoted = '{low: 3000 CNY, high: 5000 CNY, date: "2026-10", source: a quotation}'
    made = scenario(f"prices: {{jetson-orin-nano-8: 250 USD, atlas-200-dk: {quoted}}}")
    firm = price_of(made, read_device("jetson-orin-nano-8"))
    assert (firm.low, firm.mid, firm.high) == (250, 250, 250)
    ranged = price_of(made, read_device("atlas-200-dk"))
    assert (ranged.low, ranged.mid, ranged.high) == pytest.approx((420, 560, 700))
    assert (ranged.quoted.currency, ranged.rate, ranged.date, ranged.source) == (
        "CNY",
        0.14,
        "2026-10",
        "a quotation",
    )
    with pytest.raises(InputError, match="`high` of at least 500"):
        scenario("prices: {t4: {low: 500 USD, high: 400 USD}}")


def test_an_assumed_price_is_a_range_of_parts_of_its_form_and_is_flagged():
    made = scenario("missing_prices: assume")
    device = read_device("atlas-200-dk")
    price = price_of(made, device)
    quoted = [
        other.price.amount_money.value
        for other in map(read_device, device_ids())
        if other.form == device.form and other.price is not None
    ]
    rates = {"USD": 1.0, "CNY": 0.14}
    known = [money.amount * rates[money.currency] for money in quoted if money.currency in rates]
    assert (price.low, price.high) == pytest.approx((min(known), max(known)))
    assert price.status == "assumed"
    assert price.source.startswith("assumed: the ")


def test_a_currency_without_a_rate_is_refused_with_the_price_that_needs_it():
    made = scenario(without=("exchange_rates",))
    with pytest.raises(InputError, match="expected the price of one CNY in USD") as refused:
        cost_study(source(made), device="atlas-300i-pro")
    assert "money.exchange_rates.CNY" in str(refused.value)
    assert "30,000 CNY" in str(refused.value)


def test_growth_buys_when_the_load_needs_it(estimator):
    made = scenario("discount_rate: 8 %", extra="growth: {per_year: 40 %}\n")
    option = next(o for o in size(made, estimator).options if o.feasible)
    model = CostModel(made, estimator, option)
    bill = model.bill()
    steady = CostModel(scenario("discount_rate: 8 %"), estimator, option).bill()
    assert model.count() > option.count
    assert bill.capital == steady.capital
    assert bill.total_cost > steady.total_cost
    assert bill.inferences > steady.inferences * 1.8
    devices = next(line for line in bill.lines if line.name == "devices")
    bought = model.count() * model.price.mid
    assert devices.first < devices.present_value < bought
    assert model.count({"growth": 0.0}) <= model.count() <= model.count({"growth": 1.0})


def test_candidates_without_a_price_are_named_beside_those_that_have_one():
    study = cost_study(source(scenario()), draws=10)
    assert "money.prices.atlas-200-dk" in {problem.where for problem in study.missing}
    totals = [item.bill.total_cost for item in study.options]
    assert totals == sorted(totals)
    frame = study.to_frame()
    assert list(frame["device"]) == [item.option.device for item in study.options]
    assert {"power_w", "total_cost", "carbon_kg", "currency"} <= set(frame.columns)
    assert Path(study.source.file).suffix == ".yaml"


def test_replacements_by_hand(estimator):
    """Each of 6 devices and 6 carriers fails once in MTBF + MTTR; a failure costs half of the price."""
    failures = (
        (
            "failures: {mtbf: 9900 h, mttr: 100 h, target: 99 %, carrier: {mtbf: 49 kh, mttr: 1 kh}, "
            "replacement: 50 %}\n"
        )
        .replace("49 kh", "49000 h")
        .replace("1 kh", "1000 h")
    )
    made = scenario(extra=GIVEN + failures)
    option, bill = given_bill(estimator, made)
    hours = 365.25 * 24
    yearly = 0.5 * (6 * 299 * hours / 10_000 + 6 * 180 * hours / 50_000)
    line = next(line for line in bill.lines if line.name == "replacements")
    assert (line.first, line.present_value) == pytest.approx((yearly, 5 * yearly))
    assert option.cost.total == pytest.approx(bill.total_cost)
    without, _ = given_bill(estimator, scenario(extra=GIVEN))
    assert option.cost.running_per_year - without.cost.running_per_year == pytest.approx(yearly)
