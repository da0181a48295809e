"""Networks that do not fit a data-flow chip: their contexts, and what a batch of them costs."""

import numpy as np
import pytest

from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import prepare
from planner.latency.transfer.kernels import kernel_table
from planner.latency.transfer.model import UnitFacts, kernel_times, resident_share
from planner.schema.hardware.device import Precision
from planner.zoo.source import read_model

CHIP = UnitFacts(20e12, 20e12, 4e9, 1.0, 10e6, 0.0, 0.0)
SHARP = {"resident": 1.0, "sharpness": 60.0}


def table(name, batch=1):
    return kernel_table(prepare(read_model(f"zoo:{name}", batch=batch), batch, Precision.INT8, "hailort"))


def test_a_chip_is_full_by_its_memory_or_by_its_layers():
    """ResNet-18 has 11.7 MB of weights and 21 layers with products: 10 MB are too few, 20 layers as well."""
    found = table("resnet18")
    assert found.layers[0] == 21
    assert found.products[0] == 0
    roomy = UnitFacts(20e12, 20e12, 4e9, 1.0, 20e6, 0.0, 0.0)
    assert resident_share(SHARP, found, CHIP) == pytest.approx(0.0, abs=1e-3)
    assert resident_share(SHARP, found, roomy) == pytest.approx(1.0, abs=1e-3)
    # One layer for each TOPS of 20: one layer too many.
    assert resident_share({**SHARP, "layers_per_tops": 1.0}, found, roomy) < 0.1
    assert resident_share({**SHARP, "layers_per_tops": 1.2}, found, roomy) > 0.9


def test_half_a_chip_holds_half_the_layers():
    found, model = table("mobilenet_v2_1.4"), {**SHARP, "layers_per_tops": 3.0}
    whole, half = (UnitFacts(peak, peak, 4e9, 1.0, 100e6, 0.0, 0.0) for peak in (26e12, 13e12))
    # 53 layers with products: below 78, above 39.
    assert resident_share(model, found, whole) > 0.99
    assert resident_share(model, found, half) < 0.01


def test_contexts_are_counted_by_hand():
    """1 ms a context: a full chip more for each 10 MB of weights, and two for each product of activations."""
    found = table("deit_tiny")
    assert found.products[0] == 24
    full = found.all_weight_bytes[0] / 10e6
    model = {**SHARP, "attention_mb": 1000.0, "cut": 2.0, "switch_us": 1000.0}
    with_switches = kernel_times(model, found, CHIP).total_s.sum()
    without = kernel_times({**model, "switch_us": 0.0}, found, CHIP).total_s.sum()
    assert with_switches - without == pytest.approx(1e-3 * (1 + full + 2 * 24), rel=1e-6)


def test_a_batch_shares_what_a_context_costs():
    """Eight images cost eight times the work and the switches once."""
    model = {**SHARP, "switch_us": 1000.0, "share.conv": 1.0}
    one, eight = (
        kernel_times(model, table("resnet50_v1.5", batch), CHIP).overhead_s.sum() for batch in (1, 8)
    )
    assert eight == pytest.approx(one)


def test_a_unit_with_memory_of_its_own_has_no_contexts():
    found = table("resnet18")
    plain = kernel_times({"switch_us": 0.0}, found, CHIP).total_s
    assert np.allclose(kernel_times({"cut": 5.0, "layers_per_tops": 0.1}, found, CHIP).total_s, plain)


def test_small_networks_go_through_both_chips_and_larger_ones_are_cut_on_the_half():
    """A batch of eight gains nothing where the network stays on the chip, as published for both chips."""
    gains = {}
    for device_id in ("hailo-8", "hailo-8l"):
        for name in ("squeezenet_v1.1", "efficientnet_lite2"):
            one, eight = (
                estimate(
                    read_model(f"zoo:{name}"), read_device(device_id), precision="int8", batch=batch
                ).latency_s.mid
                for batch in (1, 8)
            )
            gains[device_id, name] = one / (eight / 8)
    assert gains["hailo-8", "squeezenet_v1.1"] < 1.2
    assert gains["hailo-8l", "squeezenet_v1.1"] < 1.2
    assert gains["hailo-8", "efficientnet_lite2"] < 1.3
    assert gains["hailo-8l", "efficientnet_lite2"] > 1.5
