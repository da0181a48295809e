"""Estimates of whole networks: sums, monotony, and published latencies inside the planning band."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import planner
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import prepare
from planner.latency.one_unit import estimate_at
from planner.latency.planning import planning_band, shortfall
from planner.latency.point import point_for
from planner.provenance import Provenance
from planner.schema.hardware.device import Precision
from planner.zoo.source import read_model

ORIN = read_device("jetson-agx-orin-64")
NETWORK = read_model("zoo:mobilenet_v2_1.0")
RESNET = read_model("zoo:resnet50_v1.5")
POINT = point_for(ORIN, precision="int8", mode="MAXN")
PREPARED = prepare(NETWORK, 1, POINT.precision, POINT.engine)


def test_layers_and_the_fixed_cost_sum_to_the_network():
    result = estimate(NETWORK, ORIN, precision="int8", transfer=False)
    band = result.latency_s
    assert sum(layer.time.low_s for layer in result.layers) + result.fixed_s == pytest.approx(band.low)
    assert sum(layer.time.mid_s for layer in result.layers) + result.fixed_s == pytest.approx(band.mid)
    assert sum(layer.time.high_s for layer in result.layers) + result.fixed_s == pytest.approx(band.high)
    assert sum(layer.macs for layer in result.layers) == NETWORK.macs


def test_time_is_at_least_each_roof_of_the_whole_network():
    result = estimate(RESNET, ORIN, precision="fp16", mode="MAXN")
    assert result.latency_s.mid >= 2 * RESNET.macs / 42.6e12
    assert result.latency_s.mid >= RESNET.parameters * 2 / 204.8e9


@given(st.floats(1, 100), st.floats(1, 100))
def test_a_better_unit_is_never_slower(compute, bandwidth):
    better = replace(
        POINT,
        peaks_ops_per_s=MappingProxyType({k: v * compute for k, v in POINT.peaks_ops_per_s.items()}),
        vector_ops_per_s=POINT.vector_ops_per_s * compute,
        bandwidth_bytes_per_s=POINT.bandwidth_bytes_per_s * bandwidth,
    )
    plain, faster = estimate_at(PREPARED, POINT), estimate_at(PREPARED, better)
    assert faster.latency_s.low <= plain.latency_s.low
    assert faster.latency_s.high <= plain.latency_s.high


@given(st.integers(1, 16))
def test_throughput_never_falls_with_the_batch_on_a_roofline(batch):
    one = estimate(NETWORK, ORIN, precision="int8", transfer=False)
    many = estimate(NETWORK, ORIN, precision="int8", batch=batch, transfer=False)
    assert many.throughput_per_s >= one.throughput_per_s * (1 - 1e-9)
    assert many.latency_s.mid >= one.latency_s.mid * (1 - 1e-9)


@pytest.mark.parametrize("device_id", ["jetson-agx-orin-64", "jetson-orin-nano-8", "jetson-nano-4"])
def test_lower_precision_is_not_slower_and_energy_is_at_least_idle(device_id):
    device = read_device(device_id)
    fp32 = estimate(RESNET, device, precision="fp32")
    fp16 = estimate(RESNET, device, precision="fp16")
    int8 = estimate(RESNET, device, precision="int8")
    assert fp32.latency_s.mid >= fp16.latency_s.mid >= int8.latency_s.mid
    idle_w = next(mode for mode in device.modes if mode.default).idle_w.value
    for result in (fp32, fp16, int8):
        assert result.energy_j >= idle_w * result.latency_s.mid
        assert sum((result.bound.compute, result.bound.memory, result.bound.overhead)) == pytest.approx(1)


def test_power_modes_differ():
    """30W powers half the TPCs at half the clock: 4.25 times less INT8 peak than MAXN."""
    fast = estimate(RESNET, ORIN, precision="int8", mode="MAXN", batch=32)
    slow = estimate(RESNET, ORIN, precision="int8", mode="30W", batch=32)
    assert 2 < slow.latency_s.mid / fast.latency_s.mid < 4.25


def test_a_datasheet_estimate_says_so_and_warns():
    result = estimate(NETWORK, ORIN, transfer=False)
    assert result.provenance is Provenance.DATASHEET
    assert result.precision is Precision.FP16
    assert any("no calibration" in warning for warning in result.warnings)


def test_gpu_and_dla_are_apart():
    gpu = estimate(RESNET, ORIN, precision="int8", mode="MAXN")
    dla = estimate(RESNET, ORIN, precision="int8", mode="MAXN", unit="dla")
    assert dla.latency_s.mid > gpu.latency_s.mid
    assert {layer.unit for layer in dla.layers} == {"dla"}
    assert any("average pooling" in warning for warning in dla.warnings)


def test_what_a_dla_lacks_is_named():
    bert = read_model("zoo:bert_large_squad")
    result = estimate(bert, ORIN, precision="int8", mode="MAXN", unit="dla")
    assert any("LayerNormalization" in warning and "Gather" in warning for warning in result.warnings)


def test_what_cannot_be_asked_is_refused_with_what_can():
    with pytest.raises(InputError, match="expected one that jetson-agx-orin-64/dla computes in"):
        estimate(NETWORK, ORIN, unit="dla", precision="bf16")
    with pytest.raises(UnknownIdError, match="power mode"):
        estimate(NETWORK, ORIN, mode="40W")
    with pytest.raises(UnknownIdError, match="engine"):
        estimate(NETWORK, ORIN, unit="gpu", engine="acl")


@pytest.mark.parametrize(
    ("device_id", "mode", "measured_s", "source"),
    [
        ("jetson-agx-orin-64", "MAXN", 0.63041e-3, "MLPerf Inference v3.0 closed, NVIDIA, single stream"),
        ("jetson-agx-xavier-32", "MAXN", 1.82028e-3, "MLPerf Inference v1.1 closed, NVIDIA, single stream"),
        ("jetson-agx-xavier-32", "MAXN", 1.951492e-3, "MLPerf Inference v1.0 closed, NVIDIA, single stream"),
        ("jetson-agx-xavier-32", "MAXN", 2.115206e-3, "MLPerf Inference v0.7 closed, NVIDIA, single stream"),
        (
            "jetson-agx-xavier-32",
            "MAXN",
            2.259561e-3,
            "MLPerf Inference v0.7 closed, Dividiti, single stream",
        ),
    ],
)
def test_published_resnet50_lies_in_the_planning_band(device_id, mode, measured_s, source):
    """INT8, batch 1, TensorRT, every published run: outside the wide band, a peak or count is wrong.

    The shortfall was taken from these rows among others, so this is no measure of accuracy.
    """
    device = read_device(device_id)
    result = estimate(RESNET, device, precision="int8", mode=mode)
    band = planning_band(result, shortfall(device, result))
    assert band.low <= measured_s <= band.high, source


def test_energy_of_a_batch_is_power_times_latency():
    found = planner.estimate("zoo:resnet18", "t4", precision="fp16", batch=4)
    assert found.energy_j == pytest.approx(found.power_w.mid * found.latency_s.mid)
    assert found.energy_j / 4 == pytest.approx(found.energy_per_inference_j.mid)


def test_half_precision_of_an_engine_that_converts_nothing_is_said():
    """ONNX Runtime computes in the formats of the file; TensorRT converts when it builds."""

    def says_so(**asked):
        found = estimate(read_model("zoo:resnet18"), read_device("jetson-orin-nano-8"), **asked)
        return any("convert it to fp16" in text for text in found.warnings)

    assert says_so(engine="onnxruntime")
    assert not says_so(engine="onnxruntime", precision="fp32")
    assert not says_so(engine="tensorrt")
