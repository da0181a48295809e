"""Limits with their margins: what passes, what is open and names its input, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.hardware.surroundings import cooler_kinds
from planner.plan.options.estimator import Estimator
from planner.plan.options.margin import Margin, WeakestInput, binding, worst_of
from planner.plan.options.margin_text import binding_text, decider, weakest_text
from planner.plan.record.options import margin_record, option_record
from planner.plan.scenario.file import read_workloads
from planner.plan.sizing.closed_form import size
from planner.plan.sizing.sized import size_scenario
from planner.rack.counts.results import Verdict
from planner.rack.heat.air import air_density_kg_per_m3

ORIN = "jetson-orin-nano-8"
SUPPLY, AIRFLOW = "  supply: 30 degC\n", "  airflow: 120 CFM\n"


def sized(source):
    return size(source.scenario, Estimator(read_workloads(source))).options


def of(option, name):
    return next(margin for margin in option.margins if margin.name == name)


def temperature(value, best, worst, asked=10.0):
    return Margin("die", "c", value, 99.0, asked, 99.0 - best, 99.0 - worst)


@pytest.mark.parametrize(
    ("value", "best", "worst", "verdict"),
    [
        (60.0, 50.0, 85.0, Verdict.PASS),
        (85.0, 70.0, 98.0, Verdict.PASS),  # the margin as planned, the limit at the worst end
        (89.0, 89.0, 89.0, Verdict.PASS),  # measured: exactly the margin asked
        (89.5, 89.5, 89.5, Verdict.FAIL),  # measured: half a kelvin too little
        (85.0, 70.0, 99.0, Verdict.UNDECIDED),
        (99.0, 93.0, 125.0, Verdict.UNDECIDED),  # too near at best, past it at worst
        (95.0, 92.0, 97.0, Verdict.FAIL),  # too near at both ends: no measurement decides
        (120.0, 105.0, 150.0, Verdict.FAIL),
    ],
)
def test_a_verdict_turns_only_within_the_range_of_its_input(value, best, worst, verdict):
    margin = temperature(value, best, worst)
    assert margin.verdict is verdict
    assert margin.turns == (verdict is Verdict.UNDECIDED)


def test_the_worst_limit_decides_and_is_named_first():
    kept, turning = temperature(60.0, 50.0, 85.0), temperature(99.0, 85.0, 125.0)
    refused = temperature(120.0, 105.0, 150.0)
    assert worst_of((kept, turning)) is Verdict.UNDECIDED
    assert binding((kept, turning, refused)) == (refused,)
    assert binding((kept,)) == ()
    assert worst_of(()) is Verdict.PASS


def test_an_open_margin_names_its_input_with_range_and_status():
    ends = (1.17, 1.8, 3.46)
    weakest = WeakestInput("thermal.resistance", *ends, "k_per_w", "assumed", "judgement", "kit", 12.0)
    margin = replace(temperature(99.0, 85.0, 125.0), weakest=weakest)
    text = "thermal resistance under the developer kit's cooler 1.8 K/W, assumed, 1.17 K/W to 3.46 K/W"
    assert weakest_text(margin) == text
    assert "turns with thermal resistance under the developer kit's cooler 1.8 K/W" in binding_text((margin,))
    assert "one unit for an hour at 12 W" in decider(margin)
    record = margin_record(margin)
    assert (record["margin"], record["margin_asked"], record["turns"]) == (0.0, 10.0, True)
    assert record["weakest"] is not None
    assert record["weakest"]["provenance"] == "assumed"


def test_the_range_of_a_resistance_is_data_with_its_source():
    """A weaker status never has the narrower range: assumed, then what makers allow, then measurements."""
    found = cooler_kinds()
    assert found.kinds["unknown"].high_ratio.value == 1.92
    assert found.sources[found.kinds["unknown"].high_ratio.source].title.startswith("Published temperatures")
    widths = {
        name: spread.high_ratio.value / spread.low_ratio.value
        for name, spread in (*found.known.items(), *found.kinds.items())
    }
    assumed = min(widths[kind] for kind in found.kinds)
    assert widths["own"] < widths["measured"] < widths["stated"] < assumed


def test_a_die_is_hotter_by_the_range_of_its_resistance(line):
    """The rise over the inlet goes with the resistance; the inlet does not."""
    stated = line(("jetson-orin-nano-8: kit", "jetson-orin-nano-8: {resistance: 2 K/W}"), devices=ORIN)
    option = next(o for o in sized(stated) if o.mode == "25W" and o.batch == 4)
    die, heat = of(option, "die"), option.heat
    rise_k = heat.temperature_c - heat.inlet_c
    assert die.limit - die.best == pytest.approx(heat.inlet_c + 0.6 * rise_k)
    assert die.limit - die.worst == pytest.approx(heat.inlet_c + 1.4 * rise_k)
    assert die.asked == 10.0


def test_power_keeps_a_tenth_and_names_the_supply(line):
    option = sized(line(devices=ORIN))[0]
    power, devices_w = of(option, "power"), option.heat.worst_devices_w
    assert power.asked == pytest.approx(0.1 * 1200)
    assert power.best - power.margin == pytest.approx(devices_w / 0.9 - devices_w / 0.94)
    assert power.margin - power.worst == pytest.approx(devices_w / 0.85 - devices_w / 0.9)
    assert power.weakest is not None
    assert power.weakest.name == "site.supply_efficiency"
    stated = line((SUPPLY, SUPPLY + "  supply_efficiency: 80 %\n"), devices=ORIN)
    known = of(sized(stated)[0], "power")
    assert known.best == known.worst == known.margin
    assert known.value == pytest.approx(power.value + devices_w / 0.8 - devices_w / 0.9)


def test_one_cubic_foot_a_minute_cannot_carry_the_heat_off(line):
    """Q / (rho cp V) over 30 degC: hundreds of kelvins, whatever class the gear is of."""
    source = line(
        (AIRFLOW, "  airflow: 1 CFM\n"), ("recirculation: 20 %", "recirculation: 0 %"), devices=ORIN
    )
    option = sized(source)[0]
    flow_w_per_k = air_density_kg_per_m3(30.0) * 1006.0 * 0.3048**3 / 60.0
    by_hand_c = 30.0 + option.heat.power_w / flow_w_per_k
    assert option.heat.exhaust_c == pytest.approx(by_hand_c)
    assert by_hand_c > 150.0
    assert not option.feasible
    assert "reason.limit_exhaust" in {reason.key for reason in option.reasons}


def test_a_warm_inlet_is_open_until_the_class_is_stated(line):
    """Inlets of some 40 degC: past A2, which is assumed; within A4 and TS2; past a stated A2."""
    warm = (SUPPLY, "  supply: 40 degC\n")
    verdicts = {}
    for stated in ("", "A2", "A4", "TS2"):
        text = warm[1] + (f"  inlet_class: {stated}\n" if stated else "")
        verdicts[stated] = of(sized(line((SUPPLY, text), devices=ORIN))[0], "inlet").verdict
    assert verdicts == {
        "": Verdict.UNDECIDED, "A2": Verdict.FAIL, "A4": Verdict.PASS, "TS2": Verdict.PASS
    }  # fmt: skip


def test_gear_and_exhaust_that_are_stated_are_limits(line):
    text = SUPPLY + "  exhaust_limit: 31 degC\n  gear: [{name: modem, lowest: 31 degC, highest: 30 degC}]\n"
    with pytest.raises(InputError, match="below its `highest`"):
        line((SUPPLY, text), devices=ORIN)
    text = text.replace("lowest: 31 degC, highest: 30 degC", "lowest: 32 degC, highest: 55 degC")
    option = sized(line((SUPPLY, text), devices=ORIN))[0]
    assert of(option, "exhaust").verdict is Verdict.FAIL
    assert of(option, "gear.modem").verdict is Verdict.PASS
    assert of(option, "gear_low.modem").verdict is Verdict.FAIL
    keys = {reason.key for reason in option.reasons}
    assert {"reason.limit_exhaust", "reason.limit_gear_low"} <= keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  supply_efficiency: 0 %\n", "supply_efficiency"),
        ("  supply_efficiency: 120 %\n", "supply_efficiency"),
        ("  inlet_class: B1\n", "inlet_class"),
        ("  gear: [{name: a, highest: 50 degC}, {name: a, highest: 60 degC}]\n", "names of gear"),
        ("  exhaust_limit: 60 W\n", "exhaust_limit"),
    ],
)
def test_limits_that_say_nothing_are_refused(line, text, said):
    with pytest.raises(InputError, match=said):
        line((SUPPLY, SUPPLY + text), devices=ORIN)


@pytest.mark.parametrize("margins", ["{temperature: -1 K}", "{power: 100 %}", "{temperature: 10 W}"])
def test_margins_that_are_none_are_refused(line, margins):
    planned = ("  spares: 1\n", f"  spares: 1\n  margins: {margins}\n")
    with pytest.raises(InputError, match="margins"):
        line(planned, devices=ORIN)


def test_all_air_that_comes_back_needs_walls(line):
    with pytest.raises(InputError, match="below 100 %"):
        line(("recirculation: 20 %", "recirculation: 100 %"), devices=ORIN)


def test_high_up_devices_are_hotter(line):
    """3000 m: 0.69 of the density, so 1.45 times the rise of the air and 1.2 times the resistance."""
    one_store = "{resistance: 2 K/W, stores: [{resistance: 2 K/W, heat_capacity: 60 J/K}]}"
    stated = ("jetson-orin-nano-8: kit", f"jetson-orin-nano-8: {one_store}")
    low = sized(line(stated, devices=ORIN))
    high = sized(line(stated, (SUPPLY, SUPPLY + "  altitude: 3000 m\n"), devices=ORIN))
    by_setting = {(o.mode, o.precision, o.batch): o for o in low}
    ratio = (1.0 - 2.25577e-5 * 3000) ** -5.25588
    for option in high:
        sea = by_setting[option.mode, option.precision, option.batch]
        if option.count != sea.count:
            continue
        assert option.heat.inlet_c - 30 == pytest.approx(ratio * (sea.heat.inlet_c - 30))
        own_k = option.heat.temperature_c - option.heat.inlet_c
        assert own_k == pytest.approx(ratio**0.5 * (sea.heat.temperature_c - sea.heat.inlet_c))


def test_an_assumed_resistance_leaves_a_hot_plan_open_and_a_cool_one_passes(line):
    """As simulated: margins are those of the run, and the answer says what would decide it."""
    hot = line((SUPPLY, "  supply: 60 degC\n  inlet_class: TS2\n  exhaust_limit: 80 degC\n"), devices=ORIN)
    (best,) = size_scenario(hot).options
    if best.verdict is Verdict.UNDECIDED:
        assert any("thermal resistance" in text for text in best.would_decide)
        assert "thermal resistance" in best.verdict_reason
    die = of(best.option, "die")
    assert best.simulated is not None
    assert die.value == best.simulated.result.devices.temperature_c.max
    assert die.verdict is best.verdict
    (cool,) = size_scenario(line(devices=ORIN)).options
    assert cool.verdict is Verdict.PASS
    names = [item["name"] for item in option_record(cool.option)["margins"]]
    assert names[:3] == ["power", "height", "die"]
    assert {"inlet", "exhaust"} <= set(names)
