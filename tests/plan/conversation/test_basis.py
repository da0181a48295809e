"""What an answer on conversations rests on: limits, heat, money, sources, what to measure."""

from dataclasses import replace

import pytest

from planner import api
from planner.plan.conversation.tornado import conversation_bill, conversation_tornado
from planner.plan.money.prices import price_of
from planner.plan.record.conversation.record import conversation_record
from planner.rack.counts.results import Verdict
from planner.report.blocks import Heading, Signature
from planner.report.conversation.blocks import conversation_blocks
from planner.wording.message import Wording

SHORT = {"simulation.duration": "120 s", "simulation.replications": 3}
ONE = {"deployment": {"device": "jetson-orin-nano-8", "count": 1, "mode": "25W"}, **SHORT}


@pytest.fixture
def study(scenario):
    return api.converse(
        scenario({**SHORT, "money.budget": "5000 USD", "carbon": {"intensity": "0.4 kg/kWh"}})
    )


def test_the_record_has_all_that_a_buyer_signs(study):
    found = conversation_record(study)
    basis = found["basis"]
    chosen = study.chosen
    names = [str(item["name"]) for item in basis["constraints"]]
    assert len(names) == len(chosen.margins) + 1 + 1 + 2  # budget, cache, two promises
    assert sum(line["amount"] for line in basis["purchase"]) == pytest.approx(chosen.cost.capital)
    known = {item["id"] for item in basis["sources"]}
    assert {item["source"] for item in basis["figures"]} <= known
    assert all(item["url"] or item["id"].endswith(("fit", "judgement")) or item["title"]
               for item in basis["sources"])  # fmt: skip
    assert {item["status"] for item in basis["assumptions"]} == {"assumed", "derived", "stated"}
    assert basis["scenario"]["sha256"] == study.source.sha256
    assert 1 <= len(basis["risks"]) <= 4
    energy_kwh = chosen.heat.power_w / 1000 * 24 * 365.25 * 4
    assert basis["carbon_kg"] == pytest.approx(0.4 * energy_kwh)
    assert conversation_record(study, basis=False)["basis"] is None


def test_each_input_moves_the_cost_by_what_it_costs(study):
    scenario, chosen = study.source.scenario, study.chosen
    swings = {swing.input: swing for swing in study.tornado.swings}
    price = price_of(scenario, chosen.part)
    part = swings["price of the part"]
    assert part.width == pytest.approx(chosen.count * (price.high - price.low))
    electricity = swings["electricity"]
    energy = chosen.heat.power_w * 4 * 365.25 * 86400 / 3.6e6 * 0.20
    assert electricity.width == pytest.approx(0.5 * energy)  # a quarter either way
    assert swings["latency"].count_at_low <= chosen.count <= swings["latency"].count_at_high
    assert swings["power"].total_cost_at_low < swings["power"].total_cost_at_high
    assert swings["thermal resistance"].width == 0
    assert swings["thermal resistance"].hottest_c_at_low < swings["thermal resistance"].hottest_c_at_high
    planned = conversation_bill(scenario, chosen, price)
    assert planned.total_cost == pytest.approx(chosen.cost.total)
    assert planned.cost_per_thousand_inferences * 1e3 == pytest.approx(
        conversation_record(study)["options"][0]["cost_per_million_tokens"], rel=1e-6
    )


def test_what_to_measure_is_worth_the_devices_that_it_moves(scenario):
    tight = {**SHORT, "streams.0.count": 24, "streams.0.think": "1 s", "site.rack_units": 42,
             "site.power_limit": "3 kW"}  # fmt: skip
    found = api.converse(scenario(tight)).to_measure
    assert found.devices_open >= 1
    assert 0 < found.chance <= 1
    each = found.money_open / found.devices_open
    assert 0 < found.worth <= found.money_open + each
    assert any("llama-bench" in text for text in found.on_the_part)
    given = api.converse(scenario(ONE)).to_measure
    assert given.devices_open == 0


def test_a_hot_site_throttles_and_slows_decode(scenario):
    """The same device and people at 25 and at 72 degC: clocks fall, tokens take longer, the limit says so."""
    busy = {**ONE, "streams.0.think": "0 s", "streams.0.turns": 1, "simulation.duration": "240 s"}
    hot = {**busy, "site.supply": "72 degC", "site.recirculation": "0 %"}
    cool_one, hot_one = (api.converse(scenario(changes)).chosen for changes in (busy, hot))
    assert cool_one.ends.high.heat.throttled_share == 0
    seen = hot_one.ends.high.heat
    assert seen.throttled_share > 0.1
    assert seen.least_clock < 1
    assert seen.runs == 3
    slow, fast = (item.ends.high.talks[0].times["time_per_token"].p50 for item in (hot_one, cool_one))
    assert slow > fast
    margins = {margin.name: margin for margin in hot_one.margins}
    assert margins["throttled"].verdict is not Verdict.PASS
    assert hot_one.verdict is not Verdict.PASS
    assert any(text.key == "conversation.throttled" for text in hot_one.warnings)


def test_heat_does_not_depend_on_the_engine(scenario):
    hot = {**ONE, "site.supply": "66 degC", "streams.0.think": "0 s", "simulation.duration": "60 s"}
    plain, compiled = (api.converse(scenario(hot), engine=engine) for engine in ("reference", "compiled"))
    assert plain.chosen.ends == compiled.chosen.ends
    assert plain.chosen.ends.high.heat is not None


def test_devices_draw_idle_and_what_their_work_adds(scenario):
    option = api.converse(scenario(ONE)).chosen
    planned = option.ends.high
    idle_w = option.prepared.point.idle_w
    assert option.step_w == pytest.approx(idle_w + planned.dynamic_w / planned.worked)
    assert planned.heat.device_w >= idle_w + 0.9 * planned.dynamic_w * planned.worked


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_has_every_chapter(study, language):
    say = Wording(language)
    blocks = conversation_blocks(conversation_record(study), say)
    anchors = {block.anchor for block in blocks if isinstance(block, Heading)}
    assert {"purchase", "in-full", "comparison", "limits", "spending", "assumptions", "numbers"} <= anchors
    first = next(place for place, block in enumerate(blocks) if isinstance(block, Signature))
    later = [place for place, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 1]
    assert first < min(later)


def test_a_plan_without_a_price_has_no_tornado_and_says_so(study):
    part = study.chosen.part.model_copy(update={"price": None})
    assert conversation_tornado(study.asked, replace(study.chosen, part=part)) is None
