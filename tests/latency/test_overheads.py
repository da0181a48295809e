"""Costs around inference: each told, unknown where nobody knows, zero only where it is known to be none."""

import json

import pytest
from click.testing import CliRunner

import planner
from planner.cli.main import planner as command
from planner.hardware.catalog import read_device
from planner.latency.kernels.flow import crossings, cut_bytes, kernel_flow, output_bytes
from planner.latency.kernels.prepared import prepare
from planner.latency.overhead import outside, overhead_data, unknown
from planner.latency.units.placement import place
from planner.zoo.source import read_model

IDS = [
    "engine_build",
    "first_run",
    "copies",
    "preprocess",
    "postprocess",
    "reformat",
    "dynamic_axes",
    "provider_switches",
    "fallback",
]
RESNET = read_model("zoo:resnet50_v1.5")
BERT = read_model("zoo:bert_large_squad")
ORIN = read_device("jetson-agx-orin-64")


def costs_of(network, device, **asked):
    found = planner.estimate(network, device, **asked)
    assert [cost.id for cost in found.hidden] == IDS
    return {cost.id: cost for cost in found.hidden}, found


def test_shared_memory_needs_no_copy_and_says_why():
    costs, _ = costs_of(RESNET, "jetson-agx-orin-64", precision="int8")
    assert costs["copies"].time_s.high == 0
    assert "one memory" in costs["copies"].reason


def test_a_card_copies_inputs_and_outputs_over_its_link():
    """An image of 3 x 640 x 640 and its boxes, in 8 bits, over 91 % of 31.5 GB/s at best."""
    costs, _ = costs_of(read_model("zoo:yolov5s"), "atlas-300i-pro", precision="int8")
    copied = costs["copies"]
    rate = read_device("atlas-300i-pro").host_link.bandwidth_bytes_per_s.value
    transfers = 1 + len(read_model("zoo:yolov5s").outputs)
    assert copied.time_s.low == pytest.approx(copied.size_bytes / (0.91 * rate) + transfers * 1e-6, rel=1e-3)
    assert copied.time_s.low < copied.time_s.mid < copied.time_s.high
    assert copied.source


def test_what_nobody_knows_is_unknown_and_not_zero():
    costs, found = costs_of(RESNET, "raspberry-pi-5")
    assert costs["first_run"].time_s is None
    assert costs["preprocess"].time_s is None
    assert {"first_run", "preprocess"} <= set(unknown(found.hidden))
    assert costs["engine_build"].time_s.mid == 0, "ncnn interprets its file"


def test_an_engine_that_chooses_kernels_takes_minutes_once():
    costs, found = costs_of(RESNET, "jetson-orin-nano-8", precision="int8")
    assert costs["engine_build"].when == "build"
    assert 60 < costs["engine_build"].time_s.mid < 3600
    assert outside(found.hidden).mid < 1e-2, "minutes of a build are no part of an inference"


def test_what_a_dla_lacks_costs_passages_and_time_elsewhere():
    costs, _ = costs_of(BERT, "jetson-agx-orin-64", precision="int8", unit="dla")
    one = overhead_data().crossing.mid_s.value
    crossed = place(BERT, ORIN, "dla", precision="int8")
    assert costs["provider_switches"].time_s.mid == pytest.approx(one * len(crossed.crossings))
    assert costs["fallback"].time_s is not None
    assert "LayerNormalization" in " ".join(crossed.estimate.warnings)


def test_a_placement_holds_every_kernel_once_and_sums_to_its_latency():
    placed = place(BERT, ORIN, "dla", precision="int8")
    found = placed.estimate
    assert sum(placed.kernels.values()) == len(found.layers)
    assert {layer.unit for layer in found.layers} == {"dla", "gpu"}
    total = sum(layer.time.mid_s for layer in found.layers) + found.fixed_s
    assert found.latency_s.mid == pytest.approx(total)
    assert found.latency_s.level is None, "a passage has no measured band"


def test_flows_are_cut_where_kernels_are():
    """Before the first kernel the inputs pass, behind the last nothing; a unit per kernel crosses all."""
    prepared = prepare(RESNET, 1, "fp16", "tensorrt")
    flow = kernel_flow(prepared)
    sizes = cut_bytes(flow)
    assert sizes[0] == 3 * 224 * 224 * 2
    assert sizes[-1] == 0
    assert min(sizes[:-1]) > 0
    assert output_bytes(flow, 0) == 1000 * 2
    assert crossings(flow, [0] * len(prepared.kernels)) == ()
    half = [int(place >= 20) for place in range(len(prepared.kernels))]
    assert sum(size for _, size, _, _ in crossings(flow, half)) == sizes[20]


def test_the_json_has_each_cost_with_its_reason():
    done = CliRunner().invoke(
        command,
        ["estimate", "zoo:mobilenet_v2_1.0", "--device", "jetson-orin-nano-8", "--format", "json"],
        standalone_mode=False,
    )
    record = json.loads(done.output)
    assert [cost["id"] for cost in record["hidden_costs"]] == IDS
    assert all(cost["reason"] for cost in record["hidden_costs"])
    assert record["outside_latency_s"]["mid"] > 0
    assert "first_run" in record["outside_latency_s"]["unknown"]
