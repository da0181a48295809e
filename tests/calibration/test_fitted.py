"""A calibration of an engine whose times follow a known formula finds the formula again."""

import math
from dataclasses import replace

import numpy as np
import pytest

from planner.calibration.calibrate import TooNoisyError, fitted
from planner.engines.session import EngineError
from planner.hardware.catalog import read_device
from planner.latency.calibrated.network import by_calibration
from planner.latency.kernels.prepared import prepare
from planner.latency.kernels.shape import KernelShape
from planner.latency.point import point_for
from planner.schema.hardware.device import Precision
from planner.workload.graph import Graph, Initializer, Node, TensorSpec
from planner.workload.workload import read_workload
from planner.zoo.source import read_model


@pytest.mark.parametrize(
    "name", ["resnet50_v1.5", "mobilenet_v2_1.0", "yolov5n", "deit_tiny", "densenet121", "shufflenet_v2"]
)
def test_networks_never_seen_are_predicted_within_their_band(calibration, synthetic, name):
    _, shapes = synthetic.kernels_of_network(read_model(f"zoo:{name}"))
    truth = sum(synthetic.true_seconds(shape) for shape in shapes) + synthetic.FIXED_S
    found = calibration.predict(shapes)
    assert found.latency_s.mid == pytest.approx(truth, rel=0.10)
    assert found.latency_s.low <= truth * 1.03
    assert found.latency_s.high >= truth * 0.97
    assert found.latency_s.level == 0.9


def test_the_profiler_is_weighed_out(calibration, synthetic):
    assert calibration.conditions.profiler_scale == pytest.approx(synthetic.SCALE, abs=0.01)
    assert calibration.conditions.profiler_per_node_s == pytest.approx(synthetic.PER_NODE_S, abs=0.4e-6)
    assert calibration.fixed_s == pytest.approx(synthetic.FIXED_S, abs=6e-6)


def test_a_shape_far_from_every_probe_has_a_wide_band(calibration):
    usual = KernelShape("pointwise", "Conv in blocks", 12_845_056, 25_690_112, 802_816, 3_211_264, 5_120,
                        rows=64, columns=12_544, depth=16, extent=112)  # fmt: skip
    far = KernelShape("pointwise", "Conv in blocks", 10**13, 2 * 10**13, 10**9, 10**9, 10**10,
                      rows=10**5, columns=10**4, depth=10**4, extent=7)  # fmt: skip
    _, (near_spread, far_spread) = calibration.kernels([usual, far])
    assert far_spread > 2 * near_spread


def test_a_kind_without_probes_is_named_and_wider(calibration):
    known = KernelShape("elementwise", "Relu", 0, 10**5, 4 * 10**5, 4 * 10**5, 0, extent=56)
    unknown = KernelShape("elementwise", "Imaginary", 0, 10**5, 4 * 10**5, 4 * 10**5, 0, extent=56)
    strange = KernelShape("sort", "TopK", 0, 10**5, 4 * 10**5, 4 * 10**3, 0, extent=56)
    _, spreads = calibration.kernels([known, unknown, strange])
    assert spreads[1] >= spreads[0]
    assert spreads[2] == 1.0
    notes = calibration.predict([known, unknown, strange]).notes
    assert any("'Imaginary'" in note for note in notes)
    assert any("'TopK'" in note for note in notes)


def test_the_same_probes_give_the_same_calibration(results, calibration, synthetic):
    again = fitted(synthetic.SETUP, results, "1.0")
    # The day of the fit is written down, and may change between the two.
    dated = replace(again, setting=replace(again.setting, date=calibration.setting.date))
    assert dated == calibration


def test_the_band_holds_its_level_on_probes_never_used(calibration, synthetic):
    held = []
    for seed in range(90, 190):
        _, shapes = synthetic.kernels_of_network(synthetic.read_workload(synthetic.network_of(seed, "fp32")))
        truth = sum(synthetic.true_seconds(shape) for shape in shapes) + synthetic.FIXED_S
        if truth > 2e-4:
            band = calibration.predict(shapes).latency_s
            held.append(band.low <= truth <= band.high)
    assert np.mean(held) >= 0.8


def test_disturbed_probes_are_left_out_and_too_few_are_refused(results, synthetic):
    from dataclasses import replace

    disturbed = [replace(result, cpu_share=0.5) for result in results[:75]] + results[75:]
    with pytest.raises(EngineError, match="got 15 of 90"):
        fitted(synthetic.SETUP, disturbed, "1.0")


def test_a_machine_whose_speed_moves_too_much_is_refused(results, synthetic):
    from dataclasses import replace

    random = np.random.default_rng(1)
    noisy = [
        replace(result, reference_s=200e-6 * math.exp(0.25 * random.standard_normal())) for result in results
    ]
    with pytest.raises((TooNoisyError, EngineError)):
        fitted(synthetic.SETUP, noisy, "1.0")


@pytest.mark.parametrize(
    ("form", "least", "most"), [("int8", 1 / 0.23, 1 / 0.08), ("uint8", 1 / 1.7, 1 / 0.4)]
)
def test_quantised_forms_without_probes_take_longer_by_what_was_measured(calibration, form, least, most):
    """A file of operators on int8 is no float network on this machine, nor one of uint8 by int8."""
    plain, quantised = (
        read_workload(
            Graph(
                name="form", opset=17, outputs=("y",), nodes=(node,),
                inputs={"x": TensorSpec(dtype, (1, 64, 56, 56))},
                initializers={"w": Initializer(TensorSpec(dtype, (64, 64, 3, 3))), **settings},
            )
        )
        for dtype, node, settings in (
            ("float", Node("c", "Conv", ("x", "w"), ("y",)), {}),
            (form, Node("c", "QLinearConv", ("x", "s", "z", "w", "s", "z", "s", "z"), ("y",)),
             {"s": Initializer(TensorSpec("float", ()), np.array(0.1, dtype=np.float32)),
              "z": Initializer(TensorSpec(form, ()), np.array(0, dtype=form))}),
        )
    )  # fmt: skip
    server = point_for(read_device("xeon-gold-6240r"), engine="onnxruntime", precision="fp32")
    slow, whole = (
        by_calibration(prepare(found, 1, Precision.FP32, "onnxruntime"), server, calibration)
        for found in (quantised, plain)
    )
    assert least < slow.band.mid / whole.band.mid < most
    assert slow.band.level is None
    assert slow.band.low < slow.band.mid < slow.band.high
