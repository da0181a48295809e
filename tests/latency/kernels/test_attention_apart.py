"""Whether attention runs as one kernel: by version, unit, number format and size of heads."""

from __future__ import annotations

import pytest

from planner import api
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.hardware.fusion_rules import ALL_RULES
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import attends, prepare, spelt_out
from planner.latency.point import point_for
from planner.latency.record import estimate_record
from planner.latency.transfer.kernels import kernel_table
from planner.wording.message import key_of
from planner.workload.workload import read_workload
from planner.zoo.source import read_model
from tests.workload.test_attention_cache import spelt

VIT = read_model("zoo:deit_tiny")
SWIN = read_model("zoo:swin_tiny")
LAYERS = 12
"""Of both networks: each has one attention in each layer."""


def ready(network, device, precision="fp16", version=None):
    point = point_for(read_device(device), precision=precision, engine_version=version)
    return prepare(network, 1, point.precision, point.engine, point.fusing)


@pytest.mark.parametrize(
    ("device", "precision", "version", "apart"),
    [
        ("t4", "fp16", None, 0),
        ("t4", "fp16", "8.6", 0),
        ("t4", "fp16", "8.5.3", LAYERS),
        ("t4", "fp32", None, LAYERS),
        ("nvidia-l4", "fp32", None, LAYERS),  # runs as TF32
        ("v100-pcie-32", "fp16", "8.6", LAYERS),
        ("jetson-agx-xavier-32", "fp16", None, LAYERS),
        ("jetson-agx-orin-64", "fp16", "8.6.1", LAYERS),
        ("jetson-agx-orin-64", "fp16", "8.6.11", 0),
        ("atlas-300i-pro", "fp16", None, LAYERS),
    ],
)
@pytest.mark.parametrize("network", [VIT, SWIN], ids=["deit", "swin"])
def test_where_attention_is_spelt_out(network, device, precision, version, apart):
    prepared = ready(network, device, precision, version)
    assert spelt_out(prepared) == apart
    assert attends(prepared)


def test_scores_go_through_memory_where_attention_is_spelt_out():
    """DeiT-Tiny has 3 heads over 197 tokens: 3 x 197 x 197 scores of two bytes, in and out of a softmax."""
    prepared = ready(VIT, "t4", version="8.4")
    softmaxes = [kernel for kernel in prepared.kernels if kernel.op_types == ("Softmax",)]
    assert {(kernel.input_bytes, kernel.output_bytes) for kernel in softmaxes} == {(2 * 3 * 197 * 197,) * 2}
    table = kernel_table(prepared)
    assert table.spelt_out.all()
    assert not kernel_table(ready(VIT, "t4")).spelt_out.any()


def test_an_old_version_is_slower_and_the_estimate_says_why():
    part = read_device("t4")
    new, old = (estimate(VIT, part, precision="fp16", engine_version=name) for name in (None, "8.4"))
    assert old.latency_s.mid > 1.1 * new.latency_s.mid
    assert (new.engine_version, old.engine_version) == ("10.3", "8.4")
    assert estimate_record(old)["engine_version"] == "8.4"
    assert "estimated.attention_apart" in map(key_of, old.warnings)
    assert "estimated.attention_apart" not in map(key_of, new.warnings)
    assert "estimated.attention_joint" in map(key_of, new.warnings)


def test_a_network_without_attention_is_the_same_in_every_version():
    network, part = read_model("zoo:resnet18"), read_device("t4")
    new, old = (estimate(network, part, precision="fp16", engine_version=name) for name in (None, "8.4"))
    assert new.latency_s == old.latency_s
    assert not {"estimated.attention_apart", "estimated.attention_joint"} & set(map(key_of, old.warnings))


@pytest.mark.parametrize(
    ("width", "version", "apart"), [(64, None, 0), (12, None, 1), (12, "10.14", 0), (264, None, 1)]
)
def test_sizes_of_heads_decide(width, version, apart):
    """Heads of 16 to 256 in steps of 8; from 10.14 on others are padded, but for small ones."""
    network = read_workload(spelt(1, 4, 4, 128, 0, width if width != 12 or version is None else 20))
    assert spelt_out(ready(network, "nvidia-l4", version=version)) == apart


def test_in_8_bits_softmax_norms_and_products_of_attention_stay_in_floats():
    prepared = ready(VIT, "t4", "int8")
    kept = [kernel for kernel in prepared.kernels if kernel.kept]
    assert {kernel.kept for kernel in kept} == {"fp16"}
    assert sum("Softmax" in kernel.op_types for kernel in kept) == LAYERS
    assert sum("LayerNormalization" in kernel.op_types for kernel in kept) == 2 * LAYERS + 1
    assert not any(kernel.weights and kernel.macs for kernel in kept)
    point = point_for(read_device("t4"), precision="int8")
    whole = prepare(VIT, 1, point.precision, point.engine, ALL_RULES)
    bytes_of = {kernel.name: kernel.input_bytes for kernel in whole.kernels}
    assert all(kernel.input_bytes == 2 * bytes_of[kernel.name] for kernel in kept)


def test_what_stays_in_floats_runs_at_their_peak():
    found = estimate(VIT, read_device("t4"), precision="int8")
    attention = [layer for layer in found.layers if layer.op_class == "matmul"]
    products = [layer for layer in found.layers if layer.op_class == "gemm"]
    assert {layer.precision for layer in attention} == {"fp16"}
    assert {layer.precision for layer in products} == {"int8"}
    assert "estimated.kept_in_floats" in map(key_of, found.warnings)


def test_versions_are_refused_where_they_are_none_or_make_no_difference():
    with pytest.raises(
        InputError, match=r"engine_version: expected numbers with points between, .* got '8\.4\.x'"
    ):
        api.estimate("zoo:deit_tiny", "t4", engine_version="8.4.x")
    with pytest.raises(InputError, match="no difference between versions of ncnn is known"):
        api.estimate("zoo:deit_tiny", "rk3588", unit="cpu", engine="ncnn", engine_version="1.0")
    with pytest.raises(InputError, match="--engine_version: expected none beside --unit auto"):
        api.estimate("zoo:deit_tiny", "t4", unit="auto", engine_version="8.4")
