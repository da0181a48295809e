"""Every unit of a part competes: the one taken is the best at the cautious end, everywhere the same one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planner import api
from planner.cli.main import run
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.latency.planning import planning_band, shortfall
from planner.latency.units.compete import instances_of
from planner.plan.compare.compare import compare
from planner.plan.compare.units_auto import auto_units
from planner.plan.options.estimator import Estimator
from planner.plan.rack.rack_model import services_of
from planner.plan.record.options import comparison_record, option_record
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.plan.sizing.closed_form import size
from planner.plan.sizing.deployed import deployed_option
from planner.provenance import Provenance
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario
from planner.zoo.source import read_model

CAMERAS = """
schema: 1
id: boards
title: Cameras on boards
question: How many boards do four cameras take?
date: 2026-11-29
streams:
  - {name: cameras, count: 4, model: zoo:yolov8n, arrivals: periodic, rate: 10 FPS, slo: {latency: 200 ms}}
candidates: {devices: [rk3588], precisions: [int8]}
site:
  supply: 25 degC
  airflow: 60 CFM
  recirculation: 15 %
  fan: 10 W
  rack_units: 42
  power_limit: 6 kW
  pue: 1.5
  carriers:
    board: {slots: 1, power: 2 W, price: 40 USD, rack_units: 1, note: case}
    module: {slots: 1, power: 2 W, price: 40 USD, rack_units: 1, note: carrier}
money: {currency: USD, electricity: 0.2 USD/kWh, horizon_years: 5, missing_prices: assume}
simulation: {duration: 20 s, warmup: 5 s, replications: 2, seed: 7}
"""
PARTS = ("rk3588", "rk3566", "amlogic-a311d", "core-ultra-155h", "imx8mp", "jetson-agx-orin-64")
YOLO = read_model("zoo:yolov8n")


def cautious_s(device, found) -> float:
    return planning_band(found, shortfall(device, found)).high / found.batch


def scenario(*changes: tuple[str, str]) -> Scenario:
    text = CAMERAS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return validate(parse_document(text, "cameras.yaml"), Scenario)


def estimator_of(asked: Scenario) -> Estimator:
    return Estimator(read_workloads(ScenarioFile(asked, "cameras", Path(), "")))


@pytest.mark.parametrize("part", PARTS)
def test_no_unit_is_better_at_the_cautious_end_than_the_one_taken(part):
    device = read_device(part)
    taken = estimate(YOLO, device, precision="int8")
    each = []
    for unit in device.units:
        try:
            each.append(cautious_s(device, estimate(YOLO, device, unit=unit, precision="int8")))
        except InputError:
            continue
    assert cautious_s(device, taken) == pytest.approx(min(each))
    assert {taken.unit, *(other.unit for other in taken.others)} == set(device.units)
    assert all(other.reason for other in taken.others)


@pytest.mark.parametrize("part", PARTS)
def test_estimate_compare_auto_and_size_take_the_same_unit(part):
    device = read_device(part)
    taken = estimate(YOLO, device, precision="int8")
    compared = compare(YOLO, [device], precisions=[Precision.INT8]).candidates[0]
    asked = scenario(("[rk3588]", f"[{part}]"))
    option = size(asked, estimator_of(asked)).options[0]
    for found in (compared.estimate, auto_units(YOLO, device, precision="int8").best.estimate):
        assert (found.unit, found.engine, found.precision) == (taken.unit, taken.engine, taken.precision)
        assert found.latency_s.mid == pytest.approx(taken.latency_s.mid)
    assert (option.unit, option.engine) == (taken.unit, taken.engine)
    assert option.slowest.planning_latency_s.high == pytest.approx(cautious_s(device, taken))


def test_a_board_is_planned_on_what_it_is_bought_for():
    """Users measure 27.5 ms for YOLOv5s on a core of an RK3588 (airockchip/rknn-toolkit2, issue 129)."""
    found = compare(
        read_model("zoo:yolov5s"), [read_device("rk3588"), read_device("raspberry-pi-5")],
        precisions=[Precision.INT8],
    )  # fmt: skip
    best = found.candidates[0].estimate
    assert (best.device, best.unit, best.engine) == ("rk3588", "npu", "rknn")
    assert best.latency_s.low < 27.5e-3 < best.latency_s.high


def test_a_roofline_wins_only_where_its_cautious_end_does():
    """The GPU and NPU of a Core Ultra have no fitted model: their 90th percentile is what competes."""
    device = read_device("core-ultra-155h")
    taken = estimate(YOLO, device, precision="int8")
    cpu = next(other for other in taken.others if other.unit == "cpu")
    assert taken.provenance is Provenance.ASSUMED
    assert cpu.provenance is Provenance.TRANSFERRED
    assert cautious_s(device, taken) < cpu.planning_latency_s.high


def test_nobody_falls_to_eight_bits_unasked_while_another_accelerator_computes_in_floats():
    device, network = read_device("jetson-agx-orin-64"), read_model("zoo:resnet18")
    assert estimate(network, device).unit == "gpu"
    assert estimate(network, device, precision="int8").unit == "dla"
    assert estimate(network, read_device("imx8mp")).unit == "npu", "no other accelerator there"


def test_a_kind_or_an_id_narrows_the_units():
    device = read_device("rk3588")
    found = estimate(YOLO, device, unit="cpu", precision="int8")
    assert (found.unit, found.others) == ("cpu", ())
    orin = read_device("jetson-agx-orin-64")
    assert compare(YOLO, [orin], unit="gpu").candidates[0].estimate.unit == "gpu"
    lacking = compare(YOLO, [device], unit="gpu")
    assert not lacking.candidates
    assert "rk3588" in lacking.refusals[0].reason
    with pytest.raises(UnknownIdError, match="unit of rk3588"):
        estimate(YOLO, device, unit="vpu")
    with pytest.raises(UnknownIdError, match="engine of rk3588"):
        estimate(YOLO, device, engine="tensorrt")


def test_all_cores_of_an_npu_serve_side_by_side():
    """Four cameras at 10 frames/s keep three cores busy for 40 x t / 3 of the time."""
    asked = scenario()
    estimator = estimator_of(asked)
    option = size(asked, estimator).options[0]
    service_s = option.services[0].batch_s[0]
    assert (option.unit, option.instances, option.count) == ("npu", 3, 1)
    assert service_s == pytest.approx(option.slowest.planning_latency_s.high)
    assert option.utilisation == pytest.approx(40 * service_s / 3)
    assert option.throughput_per_s == pytest.approx(3 / service_s)
    mode = option.power_mode
    all_busy_w = 3 * option.services[0].busy_w
    assert all_busy_w <= mode.power_limit_w.value - mode.idle_w.value + 1e-9


def test_cores_that_share_a_memory_read_no_faster_than_it():
    """A network of a sixteenth of the bandwidth's time: three cores at once wait for their memory."""
    asked = scenario()
    estimator = estimator_of(asked)
    device = read_device("rk3588")
    slow = device.memory.model_copy(
        update={
            "bandwidth_bytes_per_s": {
                name: rate.model_copy(update={"value": rate.value / 16})
                for name, rate in device.memory.bandwidth_bytes_per_s.items()
            }
        }
    )
    device = device.model_copy(update={"memory": slow})
    networks = estimator.on_part(device, "default", Precision.INT8, 1, unit="npu")
    moved = sum(layer.bytes for layer in networks[0].estimate.layers)
    [service] = services_of(asked, estimator, device, networks)
    least_s = 3 * moved / slow.bandwidth_bytes_per_s["default"].value
    assert service.batch_s[0] == pytest.approx(max(least_s, networks[0].planning_latency_s.high))
    assert service.batch_s[0] >= least_s * (1 - 1e-9)


def test_instances_that_wait_for_another_unit_count_once():
    """The DLAs of an Orin hand YOLOv5's boxes to the one GPU: two of them are no two servers."""
    device, network = read_device("jetson-agx-orin-64"), read_model("zoo:yolov5l")
    helped = estimate(network, device, unit="dla", precision="int8")
    alone = estimate(read_model("zoo:resnet18"), device, unit="dla", precision="int8")
    assert {layer.unit for layer in helped.layers} == {"dla", "gpu"}
    assert {layer.unit for layer in alone.layers} == {"dla"}
    assert instances_of(device, [helped]) == 1
    assert instances_of(device, [alone]) == 2
    assert instances_of(device, [alone, helped]) == 1, "one unit serves all networks"


def test_a_scenario_narrows_units_by_kind_and_a_deployment_names_one():
    asked = scenario(("precisions: [int8]", "precisions: [int8], units: [cpu]"))
    options = size(asked, estimator_of(asked)).options
    assert {option.unit for option in options} == {"cpu"}
    nothing = scenario(("precisions: [int8]", "precisions: [int8], units: [dla]"))
    sized = size(nothing, estimator_of(nothing))
    assert not sized.options
    assert "rk3588" in sized.refusals[0].reason
    given = "deployment: {device: rk3588, count: 2, unit: cpu_little}\nsimulation:"
    named = scenario(("simulation:", given))
    assert deployed_option(named, named.deployment, estimator_of(named)).unit == "cpu_little"
    best = scenario(("simulation:", given.replace(", unit: cpu_little", "")))
    assert deployed_option(best, best.deployment, estimator_of(best)).unit == "npu"
    with pytest.raises(InputError, match="units"):
        scenario(("precisions: [int8]", "precisions: [int8], units: [vpu]"))


def test_tables_and_records_name_unit_engine_and_provenance():
    found = compare(YOLO, [read_device("rk3588")], precisions=[Precision.INT8])
    row = found.to_frame().iloc[0]
    assert (row["unit"], row["units"], row["engine"], row["provenance"]) == ("npu", 3, "rknn", "transferred")
    record = comparison_record(found)["candidates"][0]
    assert {other["unit"] for other in record["other_units"]} == {"cpu", "cpu_little"}
    assert all("times as long as npu" in other["reason"] for other in record["other_units"])
    asked = scenario()
    option = option_record(size(asked, estimator_of(asked)).options[0])
    assert (option["unit"], option["units"], option["engine"]) == ("npu", 3, "rknn")
    assert {other["unit"] for other in option["other_units"]} == {"cpu", "cpu_little"}


def test_alternatives_of_a_network_stay_on_one_unit():
    curve = api.curve(YOLO, "rk3588", precision="int8", up_to=2)
    assert curve.first.unit == "npu"
    made = [variant.estimate for variant in api.what_if(YOLO, "rk3588") if variant.estimate]
    assert {found.unit for found in made} == {"npu"}


def test_commands_name_what_they_took_and_why_not_the_others(capsys):
    asked = ["zoo:yolov8n", "--precision", "int8", "--format", "json"]
    assert run(["estimate", *asked, "--device", "rk3588"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["unit"], record["engine"]) == ("npu", "rknn")
    assert {other["unit"] for other in record["other_units"]} == {"cpu", "cpu_little"}
    assert run(["compare", *asked, "--devices", "rk3588", "--unit", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out)["candidates"][0]["unit"] == "cpu"
    assert run(["estimate", *asked, "--device", "rk3588", "--unit", "vpu"]) == 2
    assert "unit of rk3588" in capsys.readouterr().err
