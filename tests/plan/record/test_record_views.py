"""What the report shows beyond the answer: the grid to turn, heat three ways, money, prediction."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from planner.errors import InputError
from planner.plan.record.study import study_record
from planner.plan.study.latency_tables import roofline_of
from planner.plan.study.study import run_study
from planner.plan.what_if.grid import LOADS
from planner.rack.studies.day import HOURS, changes_by_hour
from planner.schema.hardware.device import Precision
from planner.schema.record import read_study
from planner.wording.message import Message


@pytest.fixture(scope="module")
def study(line):
    return run_study(line(devices="jetson-orin-nano-8"))


@pytest.fixture(scope="module")
def record(study):
    return study_record(study)


def test_the_record_has_the_published_shape_in_both_languages(study, record):
    read_study(record)
    chinese = study_record(study, "zh")
    read_study(chinese)
    assert chinese["language"] == "zh"
    assert "机柜" in chinese["answer"]["paragraph"]
    assert chinese["options"][0]["power_w"] == record["options"][0]["power_w"]
    assert not isinstance(chinese["answer"]["headline"], Message)


def test_the_first_page_says_the_rate_of_all_streams_together(study, record):
    """24 cameras at 15 frames and, in the line, its other streams: counts times rates, added up."""
    rates = [stream["count"] * stream["rate_per_s"] for stream in record["streams"]]
    assert f"carry {sum(rates):,.0f} requests per second" in record["answer"]["paragraph"]
    chosen, answer = record["chosen"], record["answer"]
    assert answer["headline"].startswith(f"{chosen['count']} × {chosen['name']}")
    assert f"{chosen['precision'].upper()}, batches of up to {chosen['batch']}" in answer["headline"]
    assert f"draws {study.simulated.result.power_w:,.0f} W" in answer["paragraph"]


def test_the_roofs_that_were_measured_are_those_of_mode_and_precision(study):
    """Orin Nano: a matrix product of 4096 and the best of STREAM in each mode; none was measured in INT8."""
    chosen = study.simulated.option
    device, estimate = chosen.part, chosen.networks[0].estimate
    for power_mode in device.modes:
        mode = power_mode.id
        for precision in ("fp16", "int8"):
            first = roofline_of(device, replace(estimate, mode=mode, precision=precision))
            roofs = [(row.ops_per_s, row.bytes_per_s) for row in first.ceilings]
            by_mode = device.units[chosen.unit].ceilings_ops_per_s.get(Precision(precision), {})
            stream = device.memory.ceilings_bytes_per_s.get(mode)
            expected = [(by_mode[mode].value, None)] if mode in by_mode else []
            assert roofs == expected + ([(None, stream.value)] if stream else [])
    fastest = next(item for item in device.modes if item.id == "MAXN_SUPER")
    first = roofline_of(device, replace(estimate, mode=fastest.id, precision="fp16"))
    assert (None, 94e9) in [(row.ops_per_s, row.bytes_per_s) for row in first.ceilings]


def test_the_grid_holds_the_chosen_option_as_it_was_sized(study):
    grid, chosen = study.what_if, study.simulated.option
    place = (
        grid.precisions.index(str(chosen.precision)),
        grid.batches.index(chosen.batch),
        LOADS.index(1.0),
        grid.devices.index(chosen.count),
    )
    sizes = (len(grid.batches), len(LOADS), len(grid.devices))
    point = grid.points[((place[0] * sizes[0] + place[1]) * sizes[1] + place[2]) * sizes[2] + place[3]]
    assert (point.count, point.batch) == (chosen.count, chosen.batch)
    assert point.heat == chosen.heat
    assert point.utilisation == chosen.utilisation


def test_more_devices_or_less_load_never_make_a_device_busier(study):
    grid = study.what_if
    n, loads = len(grid.devices), len(LOADS)
    for start in range(0, len(grid.points), n):
        busy = [point.offered_utilisation for point in grid.points[start : start + n] if point]
        assert busy == sorted(busy, reverse=True)
    for start in range(0, len(grid.points), n * loads):
        busy = [p.offered_utilisation for p in grid.points[start : start + n * loads : n] if p]
        assert busy == sorted(busy)


def test_a_day_follows_the_supply_air_less_what_the_fan_takes(study, record):
    hours = record["day"]
    supply_c = study.source.scenario.site.supply_by_hour_c
    assert [hour["supply_c"] for hour in hours] == supply_c
    cool, warm = hours[2], hours[15]
    hotter, warmer = (warm[key] - cool[key] for key in ("temperature_mean_c", "supply_c"))
    # A fan that speeds up takes some of it; where it need not, the die follows the air, in runs of their own.
    assert 0.5 * warmer < hotter < 1.02 * warmer
    assert {hour["load_ratio"] for hour in hours} == {1.0}


def test_where_no_hour_differs_there_is_no_day(study):
    rack = study.simulated.rack
    assert not changes_by_hour(rack, [30.0] * HOURS)
    assert changes_by_hour(rack, [29.0] + [30.0] * (HOURS - 1))


def test_slots_are_the_devices_of_the_simulation(study, record):
    slots = record["slots"]
    assert len(slots["time_s"]) == len(slots["temperature_c"]) <= 240
    assert {len(row) for row in slots["temperature_c"]} == {study.simulated.rack.count}
    hottest = max(max(row) for row in slots["temperature_c"])
    assert hottest <= study.simulated.result.devices.temperature_c.max + 1e-9
    elevation = record["elevation"]
    assert elevation["carriers"] * elevation["slots"] >= elevation["count"] + elevation["spares"]


def test_the_density_curve_ends_at_its_limit(record):
    density = record["density"]
    assert density["limit"]["devices"] in [row["devices"] for row in density["rows"]]


def test_money_over_the_years_adds_up(study, record):
    spending, chosen = record["spending"], study.simulated.option
    first = spending["lines"][0]
    assert first["device"] == chosen.device
    assert first["spent"][0] == chosen.cost.capital
    assert first["spent"][-1] == pytest.approx(chosen.cost.total)
    steps = [after - before for before, after in pairwise(first["spent"])]
    assert steps == pytest.approx([chosen.cost.running_per_year] * 5)


def test_the_tornado_is_widest_first_and_holds_the_plan(record):
    tornado = record["spending"]["tornado"]
    widths = [abs(s["total_cost_at_high"] - s["total_cost_at_low"]) for s in tornado["swings"]]
    assert widths == sorted(widths, reverse=True)
    for swing in tornado["swings"]:
        assert swing["total_cost_at_low"] <= tornado["total_cost"] * (1 + 1e-9)
        assert swing["total_cost_at_high"] >= tornado["total_cost"] * (1 - 1e-9)


def test_validation_names_the_fit_and_whether_it_saw_the_part(study, record):
    rows = record["validation"]
    assert [row["model"] for row in rows] == ["yolov5s", "mobilenet_v2_1.0"]
    for row in rows:
        assert row["basis"] == "transferred"
        assert row["low"] < 1 < row["high"]
        assert row["device_seen"] is ("jetson-orin-nano-8" in row["devices"])
    assert json.dumps(record["validation"])


def test_an_infeasible_study_has_none_of_it(line):
    study = run_study(line(("power_limit: 1200 W", "power_limit: 30 W"), devices="jetson-orin-nano-8"))
    assert study.simulated is None
    record = study_record(study)
    for key in ("elevation", "slots", "day", "density", "what_if"):
        assert record[key] is None
    assert record["spending"]["lines"] == []
    assert record["spending"]["tornado"] is None
    assert record["validation"] == []


def test_a_supply_above_the_planned_one_is_refused(line):
    with pytest.raises(InputError, match="supply_by_hour"):
        line(("supply: 30 degC", "supply: 29 degC"))
