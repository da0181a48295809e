"""What the first page rests on: choices, bill of materials, nearest limits, risks, published points."""

import math
from dataclasses import replace

import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.hardware.catalog import part_file, read_device
from planner.plan.scenario.file import read_scenario
from planner.plan.study.choices import MORE, choices, load_factor
from planner.plan.study.constraints import FIRST_PAGE
from planner.plan.study.published import predicted_s
from planner.plan.study.purchase import purchase
from planner.plan.study.study import run_study
from planner.rack.counts.results import Verdict
from planner.schema.hardware.device import Device
from planner.schema.reading.yaml_file import parse_document, validate
from planner.wording.message import Wording, key_of


@pytest.fixture(scope="module")
def study(line):
    return run_study(line(devices="jetson-orin-nano-8, jetson-agx-xavier-32, atlas-300i-pro"))


def test_the_bill_of_materials_adds_up_to_what_it_costs_to_buy(study):
    lines = study.purchase
    assert [line.kind for line in lines] == ["device", "spare", "carrier"]
    assert sum(line.amount for line in lines) == pytest.approx(study.chosen.cost.capital)
    device, spare, carrier = lines
    assert (device.count, spare.count) == (study.chosen.count, study.chosen.spares)
    assert carrier.count == device.count + spare.count  # one slot a carrier
    assert device.price == study.chosen.part.price.amount_money.value.amount
    assert device.source == study.chosen.part.sources[study.chosen.part.price.amount_money.source].title
    assert key_of(carrier.source) == "purchase.scenario"


def test_a_price_that_the_buyer_states_is_named_with_its_source_and_day(study):
    part = study.chosen.part
    quoted = (
        "money:\n  prices: {jetson-orin-nano-8: {price: 250 USD, source: quotation 17, date: 2026-11-02}}\n"
    )
    text = (scenarios_dir() / "line-inspection.yaml").read_text().replace("money:\n", quoted)
    source = read_scenario(scenarios_dir() / "line-inspection.yaml")
    scenario = validate(parse_document(text, "changed.yaml"), type(source.scenario))
    device = purchase(scenario, study.chosen)[0]
    assert (device.name, device.price, device.date, device.source) == (
        part.name, 250, "2026-11-02", "quotation 17",
    )  # fmt: skip


def test_a_price_that_nobody_states_is_unknown_and_not_zero(study):
    part = study.chosen.part.model_copy(update={"price": None})
    scenario = study.source.scenario
    scenario = scenario.model_copy(
        update={"money": scenario.money.model_copy(update={"missing_prices": "unknown"})}
    )
    device = purchase(scenario, replace(study.chosen, part=part))[0]
    assert device.price is None
    assert device.amount is None


def test_a_part_that_is_no_computer_is_ordered_with_one():
    path = scenarios_dir() / "line-inspection.yaml"
    source = read_scenario(path)
    found = run_study(source)
    part = read_device("hailo-8")
    option = replace(found.chosen, part=part)
    lines = purchase(source.scenario, option)
    assert [line.kind for line in lines] == ["device", "spare", "host"]
    assert lines[-1].count == option.count + option.spares


def test_choices_carry_ever_more_and_good_is_the_chosen_one(study):
    found = study.choices
    factors = [line.load_factor for line in found.lines]
    assert found.lines[0].option is study.chosen
    assert found.lines[0].verdict is study.sized.verdict
    assert factors[0] == pytest.approx(1 / study.chosen.offered_utilisation)
    assert all(later >= MORE * factors[0] for later in factors[1:])
    assert factors == sorted(factors)
    feasible = [option for option in study.options if option.feasible]
    assert factors[-1] == pytest.approx(max(map(load_factor, feasible)), rel=0.01)
    assert (found.parts, found.settings) == (3, len(study.options))
    assert all(line.option.feasible for line in found.lines)


def test_better_is_the_cheapest_that_carries_a_tenth_more(study):
    chosen = study.chosen
    dear, cheap = (
        replace(
            chosen,
            offered_utilisation=chosen.offered_utilisation / factor,
            cost=replace(chosen.cost, total=chosen.cost.total * times),
        )
        for factor, times in ((2.0, 3.0), (1.2, 1.5))
    )
    little = replace(chosen, offered_utilisation=chosen.offered_utilisation / 1.05)
    lines = choices(chosen, Verdict.PASS, (chosen, dear, cheap, little), ()).lines
    assert [line.level for line in lines] == ["good", "better", "best"]
    assert [line.option for line in lines] == [chosen, cheap, dear]
    assert [line.verdict for line in lines] == [Verdict.PASS, None, None]
    alone = choices(chosen, Verdict.UNDECIDED, (chosen, little), ()).lines
    assert [line.level for line in alone] == ["good"]


def test_the_nearest_limits_hold_every_one_that_is_not_met(study):
    rows = study.constraints
    shown = [row for row in rows if row.nearest]
    assert all(row.nearest for row in rows if row.met is not True)
    assert len(shown) == max(FIRST_PAGE, sum(row.met is not True for row in rows))
    hidden = [row.used for row in rows if not row.nearest]
    assert min(row.used for row in shown if row.met) >= max(hidden)


def test_what_lint_finds_is_among_the_risks_and_accuracy_comes_first(study):
    risks = study.answer.risks
    mistakes = [risk for risk in risks if key_of(risk) in ("risk.mistake", "risk.more_like_it.one")]
    assert "accuracy" in mistakes[0]
    assert "INT8" in study.answer.headline
    assert len(risks) <= 5


def test_published_points_are_those_of_the_model_with_its_prediction(study):
    (found,) = study.published
    assert found.own == sum(row.device == "jetson-orin-nano-8" for row in found.rows) > 10
    assert [row.device for row in found.rows[: found.own]] == ["jetson-orin-nano-8"] * found.own
    row = found.rows[0]
    assert math.log(row.latency_s / predicted_s(row)) == pytest.approx(row.log_ratio)
    assert [item.model for item in found.planned] == list(study.workloads)
    assert found.low < 1 < found.high
    inside = sum(found.low <= math.exp(row.log_ratio) <= found.high for row in found.rows)
    assert inside / len(found.rows) > found.level  # of rows that were in the fit, more than of others


def test_an_order_code_needs_a_source_of_the_file():
    device = read_device("jetson-orin-nano-8")
    assert device.order_code.value == "900-13767-0030-000"
    assert device.order_code.source in device.sources
    text = (
        part_file("jetson-orin-nano-8").path.read_text().replace("source: part_numbers}", "source: nowhere}")
    )
    with pytest.raises(InputError, match=r"order_code.source: expected one of the sources .*got 'nowhere'"):
        validate(parse_document(text, "part.yaml"), Device)


def test_chinese_has_the_same_lines():
    say = Wording("zh")
    for name in ("purchase.title", "choices.better", "sign.approved", "measured.own"):
        assert say(name) != Wording("en")(name)
