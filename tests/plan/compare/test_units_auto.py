"""A network over the units of a part, its curves, and its cut between a device and a server."""

import json
import math
from statistics import median

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.cli.main import planner as command
from planner.cli.main import run
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import prepare
from planner.latency.memory_use import largest_batch
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.transfer.store import transfer_for
from planner.latency.units.split import Sent, Wire, split
from planner.plan.compare.load_curve import estimated_curve, stream_curve
from planner.plan.compare.units_auto import auto_units
from planner.zoo.source import read_model

ORIN = read_device("jetson-agx-orin-64")
RESNET = read_model("zoo:resnet50_v1.5")
BERT = read_model("zoo:bert_large_squad")

PUBLISHED = [
    ("jetson-agx-xavier-32", "resnet50_v1.5", 32, 2062),
    ("jetson-agx-xavier-32", "ssd_mobilenet_v1", 32, 2720),
    ("jetson-agx-xavier-32", "ssd_resnet34", 2, 54),
    ("jetson-agx-xavier-16", "mobilenet_v1_1.0", 32, 6521),
    ("jetson-agx-orin-64", "resnet50_v1.5", 32, 6246),
    ("jetson-agx-orin-64", "ssd_mobilenet_v1", 32, 6883),
    ("jetson-agx-orin-64", "ssd_resnet34", 8, 208),
]
"""MLPerf Inference, offline on GPU and two DLA in MAXN, closed entries of NVIDIA, mean of the rounds."""


def test_gpu_and_dla_together_are_within_a_third_of_what_was_published():
    ratios = []
    for device, model, batch, images_per_s in PUBLISHED:
        network = read_model(f"zoo:{model}", batch=batch)
        found = auto_units(network, read_device(device), mode="MAXN", precision="int8").together
        assert {stream.unit: stream.count for stream in found.units} == {"gpu": 1, "dla": 2}
        assert found.throughput_per_s > found.alone_per_s
        ratios.append(found.throughput_per_s / images_per_s)
    errors = [abs(math.log(ratio)) for ratio in ratios]
    assert math.exp(max(errors)) < 4 / 3
    assert math.exp(median(errors)) < 1.12


def test_the_fastest_unit_is_chosen_and_every_other_stands_beside_it():
    answer = auto_units(BERT, ORIN, precision="int8")
    assert answer.best.main == "gpu"
    assert [item.unit for item in answer.tried] == list(ORIN.units)
    dla = next(item for item in answer.tried if item.unit == "dla").placement
    assert dla.falls_back
    assert {layer.unit for layer in dla.falls_back} == {"gpu"}
    assert dla.estimate.latency_s.mid > answer.best.estimate.latency_s.mid


def test_a_unit_that_cannot_says_why_and_the_others_serve():
    answer = auto_units(RESNET, ORIN, precision="bf16")
    reasons = {item.unit: item.reason for item in answer.tried if item.placement is None}
    assert "int8" in reasons["dla"]
    assert answer.best.main == "gpu"


def test_where_no_unit_can_every_reason_is_told():
    with pytest.raises(InputError) as caught:
        auto_units(RESNET, ORIN, precision="fp8")
    named = {f"jetson-agx-orin-64/{unit}" for unit in ("gpu", "dla", "cpu")}
    assert {problem.where for problem in caught.value.problems} == named


def test_memory_is_shared_by_units_that_serve_together():
    network = read_model("zoo:ssd_mobilenet_v1", batch=32)
    found = auto_units(network, ORIN, mode="MAXN", precision="int8").together
    assert found.throughput_per_s <= sum(stream.throughput_per_s for stream in found.units)
    if found.bandwidth_share > 1:
        assert found.throughput_per_s < sum(stream.throughput_per_s for stream in found.units)
        assert "bandwidth" in found.limited_by


def sides(network, device_id, server_id, batch=1):
    here, there = point_for(read_device(device_id)), point_for(read_device(server_id))
    prepared = prepare(network, batch, here.precision, here.engine)
    found = [
        estimate_at(prepare(network, batch, point.precision, here.engine), point, transfer_for(point))
        for point in (here, there)
    ]
    return prepared, *found


PI_AND_T4 = sides(RESNET, "raspberry-pi-5", "t4")


def test_every_cut_is_there_and_the_ends_are_each_side_alone():
    prepared, device, server = PI_AND_T4
    found = split(prepared, device, server, Wire(1e6, 1e6, 0.01))
    assert len(found.cuts) == len(prepared.kernels) + 1
    assert found.all_device.latency_s.mid == pytest.approx(device.latency_s.mid)
    assert found.all_device.link_s == 0
    sent_s = 0.01 + (3 * 224 * 224 * 2 + 2 * 1000) / 1e6
    assert found.all_server.latency_s.mid == pytest.approx(server.latency_s.mid + sent_s)


@settings(max_examples=30, deadline=None)
@given(st.floats(1e3, 1e12), st.floats(0, 1.0))
def test_the_best_cut_is_never_worse_than_an_end_and_a_free_link_takes_all(rate, trip_s):
    prepared, device, server = PI_AND_T4
    found = split(prepared, device, server, Wire(rate, rate, trip_s))
    ends = (found.all_device.latency_s.mid, found.all_server.latency_s.mid)
    assert found.best.latency_s.mid <= min(ends)
    if rate < 2e3:
        assert found.best is found.all_device
    if rate > 1e11 and trip_s < 1e-3:
        assert found.best is found.all_server


def test_what_is_sent_as_something_else_takes_that_size():
    prepared, device, server = PI_AND_T4
    found = split(prepared, device, server, Wire(1e6, 1e6, 0.0), Sent(50_000, 100))
    assert (found.all_server.up_bytes, found.all_server.down_bytes) == (50_000, 100)
    assert found.cuts[1].up_bytes > 50_000, "behind the first kernel it is activations that are sent"


def test_a_link_that_sends_nothing_is_refused():
    prepared, device, server = PI_AND_T4
    with pytest.raises(InputError, match="rates above zero"):
        split(prepared, device, server, Wire(0.0, 1.0, 0.0))


def test_a_curve_rises_to_its_knee_and_past_it_only_latency_grows():
    curve = estimated_curve("batch", 32, lambda size: estimate(RESNET, ORIN, precision="int8", batch=size))
    assert [point.at for point in curve.points] == [1, 2, 4, 8, 16, 32]
    rates = [point.throughput_per_s for point in curve.points]
    assert max(rates) / rates[0] == pytest.approx(curve.knee_at)
    assert curve.points[-1].latency_s.mid > curve.points[0].latency_s.mid


def test_streams_follow_the_bounds_of_a_closed_system():
    """Below the knee the rate is proportional, above it that of the unit; Little's law holds at each."""
    found = estimate(RESNET, ORIN, precision="int8")
    around_s, instances = 3e-3, 2
    curve = stream_curve(64, found, around_s, instances)
    for point in curve.points:
        in_flight = point.throughput_per_s * (point.latency_s.mid + around_s)
        assert in_flight == pytest.approx(point.at)
        assert point.throughput_per_s <= instances / found.latency_s.mid * (1 + 1e-9)
    assert curve.knee_at == pytest.approx(instances * (1 + around_s / found.latency_s.mid))


def test_a_batch_that_does_not_fit_names_the_largest_that_does():
    part = read_device("raspberry-pi-zero-2w")
    result = estimate(RESNET, part, batch=256)
    assert not result.fits
    largest = largest_batch(RESNET, point_for(part), 256)
    assert any(f"a batch of {largest} fits" in text for text in result.warnings)
    assert estimate(RESNET, part, batch=largest).fits
    assert not estimate(RESNET, part, batch=largest + 1).fits


def test_the_commands_answer_in_json():
    def answered(*arguments):
        done = CliRunner().invoke(command, [*arguments, "--format", "json"], standalone_mode=False)
        return json.loads(done.output)

    auto = answered("estimate", "zoo:resnet50_v1.5", "--device", "jetson-agx-orin-64", "--unit", "auto",
                    "--precision", "int8")  # fmt: skip
    assert auto["placement"]["main"] == auto["unit"]
    assert auto["together"]["throughput_per_s"] > auto["together"]["alone_per_s"]
    cut = answered("split", "zoo:resnet50_v1.5", "--device", "raspberry-pi-5", "--server", "t4", "--up",
                   "10 Mbit/s", "--round-trip", "20 ms")  # fmt: skip
    assert len(cut["cuts"]) > 50
    assert cut["best"]["latency_s"]["mid"] <= cut["all_device"]["latency_s"]["mid"]
    curve = answered("curve", "zoo:mobilenet_v2_1.0", "--device", "raspberry-pi-5", "--over", "threads")
    assert [row["threads"] for row in curve["rows"]] == [1, 2, 4]


SPLIT = ["split", "zoo:resnet50_v1.5", "--device", "t4", "--server", "t4"]
ESTIMATE = ["estimate", "zoo:resnet50_v1.5", "--device", "raspberry-pi-5"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*ESTIMATE, "--unit", "gpu"],
        [*ESTIMATE, "--unit", "auto", "--threads", "2"],
        [*SPLIT, "--up", "0 Mbit/s", "--round-trip", "1 ms"],
        [*SPLIT, "--up", "1 Mbit/s", "--round-trip", "soon"],
        [
            "curve",
            "zoo:resnet50_v1.5",
            "--device",
            "jetson-agx-orin-64",
            "--unit",
            "gpu",
            "--over",
            "threads",
        ],
        ["what-if", "zoo:resnet50_v1.5", "--device", "t4", "--channels", "140%"],
    ],
)
def test_wrong_input_is_refused_with_what_would_work(arguments, capsys):
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert "expected" in told or "unknown" in told
    assert "Traceback" not in told
