"""Scenarios about the rack itself, from the file to the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.density.study import density_curve
from planner.plan.rack.life_record import life_record
from planner.plan.rack.promises import needed_of
from planner.plan.rack.questions import (
    claim_holds,
    clock_savings,
    failure_answer,
    offload_answer,
    update_answer,
)
from planner.plan.rack.synthetic import synthetic_rack
from planner.plan.rack.theory import compare_with_theory, matching_queue
from planner.plan.record.density import density_record
from planner.plan.scenario.file import read_scenario
from planner.plan.study.study import run_study
from planner.rack.description.variation import Variation
from planner.rack.heat.air import inlets_c
from planner.rack.simulation import simulate
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario


def shipped(name: str):
    return read_scenario(scenarios_dir() / f"{name}.yaml")


def changed(name: str, *edits: tuple[str, str]) -> Scenario:
    text = (scenarios_dir() / f"{name}.yaml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return validate(parse_document(text, name), Scenario)


@pytest.fixture(scope="module")
def article_density():
    return density_curve(shipped("article-density"))


def test_the_published_densities_come_out_within_half_a_kelvin_and_half_a_watt(article_density):
    assert [residual.devices for residual in article_density.residuals] == [20, 40, 60]
    for residual in article_density.residuals:
        assert abs(residual.rise_error_k) <= 0.5
        assert abs(residual.power_error_w) <= 0.5


def test_the_density_answer_says_what_the_rows_leave_open(article_density):
    best = article_density.airflows[0].model
    assert (best.name, best.fitted) == ("offset", 2)
    record = density_record(article_density)
    keys = {
        "devices",
        "inlet_c",
        "temperature_rise_k",
        "power_per_device_w",
        "throttled_share",
        "throughput_per_s",
    }
    assert all(keys <= set(row) for row in record["rows"])
    assert set(record["limit"]) == {"devices", "reason"}
    assert "throttle at 95" in record["limit"]["reason"]
    text = " ".join(record["remarks"])
    assert "offset and power_law hold" in text
    assert "0.103, 0.088, 0.085 m3/s" in text
    assert [leak["per_k"] for leak in record["leakages"]] == [0.01, 0.02, 0.03, 0.04]
    assert all(pue > 1 for pue in article_density.pue.values())


def test_a_density_may_end_at_the_power_limit_or_the_inlet_class():
    source = shipped("article-density")
    poor = replace(source, scenario=changed("article-density", ("power_limit: 20 kW", "power_limit: 2500 W")))
    assert density_curve(poor).limit.devices == 32
    assert "limit is 2,500 W" in density_curve(poor).limit.reason
    classed = changed("article-density", ("  most: 200\n", "  most: 200\n  inlet_class: A2\n"))
    limit = density_curve(replace(source, scenario=classed)).limit
    assert "class allows 35" in limit.reason
    assert 20 <= limit.devices <= 24, "15 K over the supply lie between the rows of 20 (12 K) and 40 (28 K)"
    high = changed(
        "article-density",
        ("  most: 200\n", "  most: 200\n  inlet_class: A2\n"),
        ("  carriers: {}\n", "  carriers: {}\n  altitude: 2400 m\n"),
    )
    assert density_curve(replace(source, scenario=high)).limit.devices < limit.devices


def test_a_scenario_without_a_density_section_has_a_curve_too():
    curve = density_curve(shipped("line-inspection"))
    assert curve.rows[0].devices == 1
    assert "rack units" in curve.limit.reason
    assert curve.airflows == ()


def test_readings_need_three_published_rows():
    with pytest.raises(InputError, match="three published densities"):
        changed(
            "article-density", ("    - {devices: 20, temperature_rise: 12 K, power_per_device: 75 W}\n", "")
        )


@pytest.mark.parametrize(("name", "model"), [("theory-md1", "M/D/1"), ("theory-mmc", "M/M/4")])
def test_theory_scenarios_are_the_queues_they_say(name, model):
    rack = synthetic_rack(shipped(name).scenario)
    assert matching_queue(rack).model == model
    assert matching_queue(replace(rack, dispatch="round_robin", count=rack.count + 1)) is None
    assert matching_queue(replace(rack, streams=(replace(rack.streams[0], arrivals="periodic"),))) is None


def test_scattered_service_times_have_means_and_no_p99_to_compare():
    """Pollaczek and Khinchine give a mean wait of (1 + cv^2) / 2 times that of M/M/1, and no quantile."""
    rack = synthetic_rack(shipped("theory-md1").scenario)
    (service,) = rack.device.services
    scattered = replace(service, variation=Variation(0.5))
    rack = replace(rack, device=replace(rack.device, services=(scattered,)), replications=4)
    found = compare_with_theory(rack, simulate(rack, engine="compiled"))
    rows = {row.quantity: row for row in found.rows}
    use = rows["utilisation"].theory
    assert found.model == "M/G/1"
    assert set(rows) == {"utilisation", "mean latency", "mean wait", "mean number in the rack"}
    assert rows["mean wait"].theory == pytest.approx(
        use / (1 - use) * service.batch_s[0] * (1 + scattered.variation.squared_cv) / 2
    )
    assert rows["mean wait"].error == pytest.approx(0.0, abs=0.1)


def test_the_published_update_is_reproduced():
    answer = update_answer(shipped("article-update").scenario)
    assert answer.full.interruption_s == pytest.approx(45.0, abs=0.1)
    assert answer.delta.interruption_s == pytest.approx(12.0, abs=0.1)
    assert answer.delta_ratio == pytest.approx(86 / 1200)
    assert [round(reading.fixed_s, 1) for reading in answer.readings] == [9.5, 6.9]
    assert any("stated" in remark for remark in answer.remarks)


def test_an_update_is_measured_on_two_files(tmp_path: Path):
    old = np.random.default_rng(0).normal(size=50_000).astype("<f4")
    new = old.copy()
    new[:500] = 0.0
    for name, content in (("old.onnx", old), ("new.onnx", new)):
        (tmp_path / name).write_bytes(content.tobytes())
    files = f"  old_file: {tmp_path}/old.onnx\n  new_file: {tmp_path}/new.onnx\n  devices: 20"
    scenario = changed("article-update", ("  devices: 20", files))
    answer = update_answer(scenario)
    assert answer.measured.new_bytes == 200_000
    assert answer.delta_ratio < 0.05
    (tmp_path / "new.onnx").unlink()
    with pytest.raises(InputError, match="no such file"):
        update_answer(scenario)


def test_the_claimed_saving_holds_only_for_light_loads():
    scenario = shipped("article-dvfs").scenario
    even, diurnal, light = clock_savings(scenario)
    assert claim_holds(scenario.clock_scaling, even) == ()
    assert len(claim_holds(scenario.clock_scaling, diurnal)) == 3
    assert len(claim_holds(scenario.clock_scaling, light)) == 5
    assert set(life_record(scenario, synthetic_rack(scenario))) == {"clock_scaling"}
    update = shipped("article-update").scenario
    assert set(life_record(update, synthetic_rack(update))) == {"update"}


LIFE = """
failures: {mtbf: 995 h, mttr: 5 h, target: 99 %, hot_spares: 1}
offload:
  share: 50 %
  round_trip: 40 ms
  up: 20 Mbit/s
  down: 40 Mbit/s
  loss: 0 %
  timeout: 200 ms
  request: 10 kB
  answer: 1 kB
  service: 20 ms
  price_per_million: 10 USD
"""


def test_failures_and_offloading_of_a_shipped_rack():
    """19 devices and a spare at 0.995: enough up 99.5 % of the time; half of 720 requests a second away."""
    scenario = changed("article-update", ("\nnotes:\n", f"{LIFE}\nnotes:\n"))
    rack = synthetic_rack(scenario)
    failures = failure_answer(scenario, rack, needed_of(scenario, rack))
    assert failures.device_availability == pytest.approx(0.995)
    assert failures.enough_up == pytest.approx(0.9955, abs=5e-4)
    assert failures.spares_for_target == 0
    assert len(failures.rows) == 5
    assert failures.needed < rack.count
    assert failures.availability >= failures.enough_up, "half idle: fewer than the count suffice"
    away = offload_answer(scenario, rack)
    assert away.sent.sent_per_s == pytest.approx(360.0)
    assert away.sent.link_utilisation == pytest.approx(360 * 10e3 / 2.5e6)
    assert not away.sent.link_holds
    assert away.largest_share == pytest.approx(0.8 / 2.88)
    assert away.price_per_year == pytest.approx(360e-6 * 10 * 31_557_600)
    record = life_record(scenario, rack, failures)
    assert set(record) == {"update", "failures", "offload"}
    assert record["failures"]["availability"] == record["failures"]["carried"] == failures.availability


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("model: synthetic", "model: zoo:yolov5s"), "deployment.synthetic"),
        (("serving: 25 W", "serving: 1 W"), "at least the idle"),
        (("must_serve: 19", "must_serve: 20"), "fewer than 20"),
        (("  delta: 86 MB\n", ""), "to measure it from"),
        (("  devices: 20\n", "  devices: 20\n  old_file: a.onnx\n"), "or neither"),
        (("deployment:\n", "deployment:\n  device: t4\n"), "either `device` or `synthetic`"),
    ],
)
def test_contradictions_in_the_file_are_refused(edit, said):
    with pytest.raises(InputError, match=said):
        changed("article-update", edit)


def test_what_needs_real_parts_refuses_a_synthetic_device():
    with pytest.raises(InputError, match="planner density"):
        run_study(shipped("theory-md1"))


def test_a_sealed_cabinet_limits_by_its_walls():
    """Tens of devices in an open rack; walls of 20 W/K in the sun hold a few."""
    sealed = changed(
        "article-density",
        ("airflow: sixth_root", "airflow: site"),
        ("  carriers: {}\n", "  carriers: {}\n  sealed: {loss: 20 W/K, solar: 100 W}\n"),
    )
    curve = density_curve(replace(shipped("article-density"), scenario=sealed))
    ten = next(row for row in curve.rows if row.devices == 10)
    expected_c = 20.0 + (100.0 + 10 * ten.power_per_device_w) / 20.0
    assert ten.inlet_c == pytest.approx(expected_c, abs=0.01)
    assert 10 <= curve.limit.devices < 20


def test_rising_exhaust_warms_the_top():
    rising = changed(
        "article-density",
        ("recirculation: 100 %", "recirculation: 0 %"),
        ("  carriers: {}\n", "  carriers: {}\n  rising_exhaust: {own: 5 %, above: 30 %, decay: 80 %}\n"),
    )
    rack = synthetic_rack(rising)
    inlet_c = inlets_c(rack.air, np.full(rack.count, 75.0))
    assert (np.diff(inlet_c) > 0).all()


@pytest.mark.parametrize(
    ("recirculation", "edit"),
    [
        ("100 %", "rising_exhaust: {own: 5 %, above: 30 %, decay: 80 %}"),
        ("0 %", "rising_exhaust: {own: 50 %, above: 50 %, decay: 80 %}"),
        ("100 %", "sealed: {loss: 0 W/K}"),
        ("20 %", "sealed: {loss: 5 W/K}"),
    ],
)
def test_ways_of_the_air_must_fit_together(recirculation, edit):
    with pytest.raises(InputError, match=r"site"):
        changed(
            "article-density",
            ("recirculation: 100 %", f"recirculation: {recirculation}"),
            ("  carriers: {}\n", f"  carriers: {{}}\n  {edit}\n"),
        )


def test_each_limit_of_a_density_has_its_own_count_and_weight(article_density):
    """Heat ends it; power would allow 200. With flow as N ** -1/6 a tenth more air holds 1.1 ** 6/7."""
    weights = {weight.name: weight for weight in article_density.weights}
    assert set(weights) == {"heat", "inlet_class", "exhaust", "power"}
    assert not (weights["inlet_class"].met and weights["inlet_class"].devices < article_density.limit.devices)
    assert weights["heat"].devices == article_density.limit.devices == article_density.best.devices
    assert (weights["power"].devices, weights["power"].met) == (200, False)
    assert 0.97 < weights["heat"].used < 1
    assert 0.2 < weights["power"].used < 0.3
    more = article_density.limit.devices * 1.1 ** (6 / 7)
    assert weights["heat"].devices_with_a_tenth_more == pytest.approx(more, abs=1)
    assert weights["power"].devices_with_a_tenth_more == article_density.limit.devices
    assert article_density.best.binds == "heat"


def test_more_devices_than_fit_serve_less_once_they_throttle(article_density):
    best, rows = article_density.best, {row.devices: row for row in article_density.rows}
    assert best.fullest == best.devices
    assert rows[80].throughput_per_s < best.fullest_throughput_per_s


def test_cold_plates_move_the_limit_from_heat_to_what_is_left(article_density):
    """0.08 K/W at some 75 W over water at 30 degC; 85 % of 200 x 75 W in 0.5 L/s of water is 6 K."""
    liquid = article_density.liquid
    assert liquid.limit.devices == 200
    assert liquid.device_c == pytest.approx(30 + 0.08 * 74, abs=0.5)
    assert liquid.return_c == pytest.approx(30 + 0.85 * 200 * 74 / (997 * 4182 * 0.5e-3), abs=0.3)
    tight = changed("article-density", ("highest_return: 50 degC", "highest_return: 33 degC"))
    bound = density_curve(replace(shipped("article-density"), scenario=tight)).liquid.limit
    assert bound.devices < 120
    assert "return the water at" in bound.reason
