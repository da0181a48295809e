"""`planner validate --serve` and `variation` of a scenario: what they take and what they refuse."""

import json
import math

import pytest

from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.rack.in_service import in_service, variation_note
from planner.plan.rack.synthetic import synthetic_rack
from planner.plan.scenario.file import read_scenario
from planner.plan.serving.live_rack import live_rack
from planner.rack.description.rack import Service
from planner.rack.description.variation import Replayed

THEORY = (scenarios_dir() / "theory-md1.yaml").read_text()
SERVED = """schema: 1
id: served
title: One worker
question: Does the simulation find what a server shows?
date: 2026-11-30
streams:
  - {name: requests, count: 1, model: "zoo:mobilenet_v2_0.5", arrivals: poisson, rate: 40 /s,
     slo: {latency: 300 ms, quantile: 99 %}}
deployment: {count: 1, device: raspberry-pi-5}
candidates: {devices: [raspberry-pi-5], precisions: [fp32]}
site: {supply: 25 degC, airflow: 60 CFM, recirculation: 0 %, fan: 5 W, rack_units: 4, power_limit: 500 W,
  pue: 1.0, carriers: {}}
money: {currency: USD, electricity: 0.20 USD/kWh, horizon_years: 1}
simulation: {duration: 20 s, warmup: 2 s, replications: 2, seed: 7}
"""


def _source(tmp_path, text):
    path = tmp_path / "asked.yaml"
    path.write_text(text)
    return read_scenario(path)


def _varied(given):
    return THEORY.replace("candidates:\n", f"variation: {given}\n\ncandidates:\n", 1)


def _rack(tmp_path, text):
    return synthetic_rack(_source(tmp_path, text).scenario)


def test_no_key_is_none_and_gives_the_rack_of_old(tmp_path):
    plain, none = _rack(tmp_path, THEORY), _rack(tmp_path, _varied("none"))
    assert plain == none
    assert not plain.varies
    assert "variation: none" in variation_note(_source(tmp_path, THEORY).scenario, "gpu")


def test_stated_numbers_make_service_longer_and_scatter(tmp_path):
    given = "{cv: 20 %, next: 60 %, over_ten: 30 %, outliers: 1 %, outlier_factor: 3, serving_factor: 1.2}"
    rack = _rack(tmp_path, _varied(given))
    (service,) = rack.device.services
    assert service.batch_s == pytest.approx((0.012,))
    assert service.variation.cv == pytest.approx(0.2)
    assert service.variation.correlation(1) == pytest.approx(0.6)
    assert service.variation.correlation(10) == pytest.approx(0.3)


def test_times_of_a_file_are_replayed_with_means_by_batch(tmp_path):
    (tmp_path / "times.csv").write_text("service_s,batch\n0.010,1\n0.030,2\n0.020,1\n0.050,2\n")
    text = _varied("{times: times.csv}").replace("service: 10 ms", "batches: [8 ms, 12 ms, 16 ms]")
    rack = _rack(tmp_path, text.replace("  devices: [", "  max_batch: 3\n  devices: ["))
    (service,) = rack.device.services
    # A size that was not served keeps its place: as much longer than stated as the largest one served.
    assert service.batch_s == pytest.approx((0.015, 0.040, 0.016 * 0.040 / 0.012))
    assert isinstance(service.variation, Replayed)
    assert service.variation.factors == pytest.approx((10 / 15, 30 / 40, 20 / 15, 50 / 40))
    assert rack.batching.max_size == 3


def test_a_device_by_numbers_serves_several_networks_on_several_units(tmp_path):
    text = _varied("{neighbours: 15 %}").replace(
        "    service: 10 ms\n",
        "    networks:\n      door: {batches: [5 ms, 8 ms]}\n      hall: {batches: [7 ms, 9 ms]}\n"
        "    instances: 2\n",
    )
    text = text.replace("model: synthetic", "model: door").replace(
        "deployment:\n",
        "  - {name: more, count: 2, model: hall, arrivals: poisson, rate: 5 /s, "
        "slo: {latency: 1 s, quantile: 99 %}}\n\ndeployment:\n",
    )
    device = _rack(tmp_path, text.replace("  devices: [", "  max_batch: 2\n  devices: [")).device
    times_s = {service.network: service.batch_s for service in device.services}
    assert set(times_s) == {"door", "hall"}
    assert times_s["door"] == pytest.approx((0.005, 0.008))
    assert times_s["hall"] == pytest.approx((0.007, 0.009))
    assert (device.instances, device.contention) == (2, 0.15)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (_varied("{next: 30 %, over_ten: 50 %}"), "correlations that fall"),
        (_varied("{cv: 20 %, outliers: 1 %}"), "outlier_factor"),
        (_varied("{cv: 20 %, next: 100 %}"), "next"),
        (_varied("{times: nowhere.csv}"), "no such file"),
        (_varied("{times: ../other.csv}"), "outside"),
        (_varied("loud"), "variation"),
        (THEORY.replace("service: 10 ms", "service: 10 ms\n    batches: [10 ms]"), "one of `service`"),
        (THEORY.replace("    service: 10 ms\n", ""), "one of `service`"),
        (THEORY.replace("service: 10 ms", "networks: {door: {batches: [5 ms]}}"), "synthetic"),
    ],
)
def test_bad_variations_and_devices_are_refused(tmp_path, text, found):
    with pytest.raises(InputError, match=found):
        _source(tmp_path, text)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("seconds\n0.01\n", "a column service_s"),
        ("service_s\n0.01\n-0.02\n", "row 2"),
        ("service_s,batch\n0.01,1.5\n", "whole number"),
        ("service_s\n", "one to"),
        ("service_s,network\n0.01,other\n", "times of 'synthetic'"),
    ],
)
def test_bad_files_of_times_are_refused(tmp_path, table, found):
    (tmp_path / "times.csv").write_text(table)
    with pytest.raises(InputError, match=found):
        _rack(tmp_path, _varied("{times: times.csv}"))


def test_a_prior_is_named_with_its_spread_and_not_for_numbers(tmp_path):
    scenario = _source(tmp_path, SERVED.replace("candidates:", "variation: prior\ncandidates:")).scenario
    found = in_service(scenario, "cpu")
    assert found.factor == pytest.approx(1.2)
    assert "1.05 and 1.35" in variation_note(scenario, "cpu")
    with pytest.raises(InputError, match="device given by numbers"):
        _rack(tmp_path, _varied("prior"))


def test_measured_without_a_measurement_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    with pytest.raises(InputError, match="calibrate --serving"):
        _rack(tmp_path, _varied("measured"))


def test_only_scenarios_with_networks_and_a_length_are_served(tmp_path):
    with pytest.raises(InputError, match="networks to run"):
        live_rack(_source(tmp_path, THEORY).scenario)
    served = _source(tmp_path, SERVED).scenario
    assert live_rack(served).duration_s == 20.0
    assert live_rack(served, 5.0).warmup_s == 0.0
    with pytest.raises(InputError, match=r"1 s to 3600 s"):
        live_rack(served, 9000.0)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], "a network, or --serve SCENARIO"),
        (["zoo:resnet18"], "--engine"),
        (["zoo:resnet18", "--engine", "onnxruntime", "--duration", "3s"], "--serve SCENARIO beside it"),
        (["zoo:resnet18", "--serve", "theory-md1"], "none beside --serve"),
        (["--serve", "theory-md1"], "networks to run"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments, found, capsys):
    assert run(["validate", *arguments]) == 2
    assert found in capsys.readouterr().err


@pytest.mark.slow
def test_a_scenario_is_served_and_simulated(tmp_path, capsys):
    """Four seconds of a real server: the answer has every side, and the picture both distributions."""
    scenario, picture = tmp_path / "served.yaml", tmp_path / "served.svg"
    scenario.write_text(SERVED)
    asked = ["--serve", str(scenario), "--duration", "4s", "--plot", str(picture), "--format", "json"]
    assert run(["validate", *asked]) == 0
    record = json.loads(capsys.readouterr().out)
    sides = {side["side"]: side for side in record["sides"]}
    assert {"measured", "replayed", "process", "loop"} <= set(sides)
    measured, replayed = (sides[name]["streams"][0] for name in ("measured", "replayed"))
    assert measured["requests"] == replayed["requests"]
    assert record["serving_factor"] > 0.5
    assert picture.read_text().startswith("<?xml")


def test_the_spread_of_the_factor_widens_the_band_of_service(tmp_path):
    """Deviations add as squares: an estimate 30 % above its middle and a factor of 1.35 for 1.2."""
    scenario = _source(tmp_path, SERVED.replace("candidates:", "variation: prior\ncandidates:")).scenario
    found = in_service(scenario, "cpu")
    low, mid, high = (Service("net", (time_s,), 0.5, 1.0) for time_s in (0.008, 0.01, 0.013))
    ends = {
        at: found.applied(end, mid, at).batch_s[0] for at, end in (("low", low), ("mid", mid), ("high", high))
    }
    assert ends["mid"] == pytest.approx(0.012)
    assert ends["high"] == pytest.approx(0.012 * math.exp(math.hypot(math.log(1.3), math.log(1.35 / 1.2))))
    assert ends["low"] == pytest.approx(0.012 / math.exp(math.hypot(math.log(1.25), math.log(1.2 / 1.05))))
