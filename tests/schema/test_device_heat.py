"""Stores, fans, caps and clock steps of a part, of a device given by numbers, and the fans of a rack."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from planner.errors import InputError
from planner.hardware.datasheet import device_record
from planner.plan.rack.heat import thermal_of_part
from planner.plan.rack.rack_model import rack_air, rack_fan_w
from planner.plan.rack.synthetic import synthetic_rack
from planner.plan.scenario.file import read_scenario
from planner.rack.description.heat_path import DeviceFan, HeatNode
from planner.schema.hardware.device import Device
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.record.hardware.device_blocks import DeviceRecord
from planner.schema.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
NANO = (ROOT / "hardware_db" / "devices" / "jetson-orin-nano-8.yaml").read_text()
DENSITY = (ROOT / "scenarios" / "article-density.yaml").read_text()
RESISTANCE, CAPACITY = 1.8, 80.0
STORES = f"""  stores:
    - {{heat_capacity: 2 J/K, resistance: 0.3 K/W, source: judgement, status: assumed, note: die}}
    - {{heat_capacity: {CAPACITY - 2:g} J/K, resistance: {RESISTANCE - 0.3:g} K/W, source: judgement,
       status: assumed, note: sink}}
"""
FAN = """  fan: {trips: [50 degC, 65 degC], speeds: [30 %, 60 %, 100 %], hysteresis: 4 K, rated: 1.2 W,
    fixed: 20 %, source: judgement, status: assumed, note: guessed}
"""
CAP = "  power_cap: {value: 20 W, source: judgement, status: assumed, note: guessed}\n"


def nano(extra: str) -> Device:
    """The part with one resistance in place of its coolers, as one's own part may be written."""
    alone = (
        f"  resistance: {{value: {RESISTANCE} K/W, note: guessed}}\n"
        f"  heat_capacity: {{value: {CAPACITY} J/K, note: guessed}}\n{extra}"
    )
    text = re.sub(r"^  cooler:.*?(?=^  throttle:)", lambda _: alone, NANO, flags=re.MULTILINE | re.DOTALL)
    assert text != NANO
    return validate(parse_document(text, "nano.yaml"), Device)


def test_a_part_with_everything_reaches_the_rack():
    thermal = thermal_of_part(nano(STORES + FAN + CAP))
    assert thermal.nodes[0] == HeatNode(2.0, 0.3)
    assert thermal.resistance_k_per_w == pytest.approx(RESISTANCE)
    assert thermal.fan == DeviceFan((50.0, 65.0), (0.3, 0.6, 1.0), 4.0, 1.2, 0.2)
    assert thermal.power_cap_w == 20.0


def test_a_part_with_everything_can_be_written_as_json():
    record = json.loads(json.dumps(device_record(nano(STORES + FAN + CAP))))
    TypeAdapter(DeviceRecord).validate_python(record, strict=True)
    assert record["thermal"]["fan"]["speeds_ratio"] == [0.3, 0.6, 1.0]
    assert record["thermal"]["stores"][0]["heat_capacity_j_per_k"] == 2.0


def test_all_problems_of_a_parts_heat_are_named_at_once():
    wrong = (STORES + FAN).replace("2 J/K", "5 J/K").replace("0.3 K/W", "0.9 K/W")
    wrong = wrong.replace("[50 degC, 65 degC]", "[65 degC, 50 degC]").replace("30 %, 60 %", "60 %, 130 %")
    with pytest.raises(InputError) as refused:
        nano(wrong.replace("fixed: 20 %", "fixed: 120 %"))
    text = str(refused.value)
    assert "5 problems" in text
    for said in ("K/W in all", "J/K in all", "trips that rise", "rise to at most 100 %", "a share from 0"):
        assert said in text


def test_a_trip_at_the_shutdown_is_refused():
    text = re.sub(r"throttle: {value: [\d.]+ degC", "throttle: {value: 200 degC", NANO)
    assert text != NANO
    with pytest.raises(InputError, match="below the shutdown"):
        validate(parse_document(text, "nano.yaml"), Device)


def density(*changes: tuple[str, str]) -> Scenario:
    text = DENSITY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return validate(parse_document(text, "density.yaml"), Scenario)


GIVEN = (
    "    throttled_clock: 50 %\n",
    "    throttled_clock: 50 %\n    clock_steps: [90 %, 70 %]\n    power_cap: 80 W\n"
    "    stores: [{heat_capacity: 30 J/K, resistance: 0.1 K/W}, "
    "{heat_capacity: 270 J/K, resistance: 0.2 K/W}]\n"
    "    fan: {trips: [60 degC], speeds: [40 %, 100 %], hysteresis: 3 K, rated: 2 W}\n",
)


def test_a_device_given_by_numbers_may_have_the_same():
    thermal = synthetic_rack(density(GIVEN)).device.thermal
    assert [node.resistance_k_per_w for node in thermal.nodes] == [0.1, 0.2]
    assert thermal.clocks == pytest.approx((1.0, 0.9, 0.7, 0.5))
    assert (thermal.fan, thermal.power_cap_w) == (DeviceFan((60.0,), (0.4, 1.0), 3.0, 2.0), 80.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("resistance: 0.1 K/W", "resistance: 0.4 K/W", "add up to the resistance"),
        ("[90 %, 70 %]", "[70 %, 90 %]", "fall from 100 %"),
        ("speeds: [40 %, 100 %]", "speeds: [40 %]", "2 speeds"),
        ("power_cap: 80 W", "power_cap: 0 W", "power_cap"),
        ("shutdown: 105 degC", "shutdown: 90 degC", "below the shutdown"),
    ],
)
def test_heat_that_does_not_fit_is_refused(old, new, said):
    with pytest.raises(InputError) as refused:
        density(GIVEN, (old, new))
    assert said in str(refused.value)


FANS = (
    "  fan: 0 W\n",
    "  fan: 0 W\n  fans: {count: 2, stall: 100 Pa, free: 0.1 m3/s, rated: 30 W, speed: 50 %, at: 0.1 m3/s,\n"
    "    empty: 10 Pa, per_device: 1 Pa}\n",
)


def test_fans_move_less_air_past_more_devices():
    """Two fans, so 0.2 m3/s free; k = (10 + N) / 0.01; V = 0.5 x 0.2 / sqrt(1 + k 0.04 / 100)."""
    scenario = density(FANS)
    for count in (20, 60):
        expected = 0.1 / (1 + (10 + count) / 0.01 * 0.04 / 100) ** 0.5
        assert rack_air(scenario, devices=count).airflow_m3_per_s == pytest.approx(expected)
    three = rack_air(scenario, racks=3, devices=60).airflow_m3_per_s
    assert three == pytest.approx(3 * rack_air(scenario, devices=20).airflow_m3_per_s)
    assert rack_fan_w(scenario.site) == pytest.approx(2 * 30 / 8)
    rack = synthetic_rack(scenario)
    assert (rack.fan_w, rack.air) == (7.5, rack_air(scenario, devices=20))


def test_a_trip_below_the_room_is_refused():
    source = read_scenario(ROOT / "scenarios" / "article-density.yaml")
    warm = source.scenario.site.model_copy(update={"supply_c": 97.0})
    with pytest.raises(InputError, match="an idle device would already throttle"):
        synthetic_rack(source.scenario.model_copy(update={"site": warm}))
