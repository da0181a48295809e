"""x86 processors: transferred models of their engines against rows, rates and datasheets."""

import statistics
from math import exp, log

import pytest

from planner.calibration.transfer.observations import network
from planner.hardware.catalog import read_device
from planner.hardware.measurements import read_measurements
from planner.latency.estimate import estimate
from planner.latency.point import point_for
from planner.latency.transfer.facts import ops_per_joule
from planner.latency.transfer.store import transfer_for
from planner.provenance import Provenance
from planner.zoo.source import read_model

RESNET = read_model("zoo:resnet50")
ONE_THREAD_A_CORE = ("intel-core-i3-8100", "intel-core-i5-8500", "xeon-e-2124g", "intel-atom-x7425e")


@pytest.mark.parametrize(
    ("engine", "model"),
    [("openvino", "openvino-x86"), ("onnxruntime", "onnxruntime-x86"), ("ncnn", "ncnn-x86")],
)
def test_an_x86_processor_that_nobody_measured_has_a_transferred_estimate(engine, model):
    part = read_device("i7-12700")
    found = estimate(RESNET, part, engine=engine, precision="fp32")
    assert transfer_for(point_for(part, engine=engine, precision="fp32")).id == model
    assert found.provenance is Provenance.TRANSFERRED
    assert found.latency_s.level == 0.9
    plain = estimate(RESNET, part, engine=engine, precision="fp32", transfer=False)
    assert plain.latency_s.low < found.latency_s.mid < 8 * plain.latency_s.high


def test_an_engine_without_a_model_on_x86_stays_a_roofline():
    found = estimate(RESNET, read_device("i7-12700"), engine="tflite", precision="fp32")
    assert found.provenance in (Provenance.DATASHEET, Provenance.ASSUMED)
    assert found.rests_on is None


def test_arm_processors_keep_their_own_models():
    part = read_device("raspberry-pi-5")
    assert transfer_for(point_for(part, engine="ncnn", precision="fp16")).id == "ncnn-arm"
    assert transfer_for(point_for(part, engine="openvino", precision="fp32")) is None


@pytest.mark.parametrize(
    ("part", "published_ms"),
    [("intel-core-i3-8100", 10.79), ("intel-celeron-6305e", 19.92), ("intel-atom-x6425e", 52.0)],
)
def test_resnet_in_int8_is_near_the_makers_table(part, published_ms):
    """OpenVINO 2024.1, one request at a time; these rows are in the fit, so this holds the level alone."""
    found = estimate(RESNET, read_device(part), engine="openvino", precision="int8")
    assert found.latency_s.mid * 1e3 == pytest.approx(published_ms, rel=0.2)


def test_fp32_agrees_with_rates_that_no_fit_has_seen():
    """One request keeps all cores of these parts busy, so one over the rate is nearly its latency.

    In INT8, where the table has both, latency x rate is 0.98 to 1.2 on them.
    """
    networks = ("resnet50", "mobilenet_v2_1.0", "yolov3_tiny")
    errors = []
    for row in read_measurements(corrected=True):
        rated = row.id.startswith("openvino-") and row.metric == "throughput_fps" and row.precision == "fp32"
        if rated and row.part in ONE_THREAD_A_CORE and row.model in networks:
            asked = network(row.model, row.input_shape or "", 1)
            found = estimate(asked, read_device(row.part), engine="openvino", precision="fp32")
            errors.append(abs(log(row.value * found.latency_s.mid)))
    assert len(errors) == 12
    assert exp(statistics.median(errors)) < 1.25


def test_a_processor_sustains_what_its_power_limit_feeds():
    """Ten cores at 35 W want more operations a joule than four of the family at 65 W; modules cap clocks."""
    frugal, ample = (
        point_for(read_device(name), engine="openvino", precision="int8")
        for name in ("intel-core-i9-10900te", "intel-core-i3-8100")
    )
    assert ops_per_joule(ample) == pytest.approx(460.8e9 / 65 * 1.25, rel=1e-6)  # of 2017
    assert ops_per_joule(frugal) > 2 * ops_per_joule(ample)
    module = point_for(read_device("jetson-agx-orin-64"), unit="gpu", engine="tensorrt", precision="int8")
    assert ops_per_joule(module) == 0


def test_rows_of_one_request_at_a_time_are_not_rows_of_one_thread():
    rows = {row.id: row for row in read_measurements(corrected=True)}
    assert rows["mlperf-07985"].streams_threads is None
    assert "streams-are-not-threads" in rows["mlperf-07985"].corrections
