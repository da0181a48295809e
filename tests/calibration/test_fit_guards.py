"""What keeps a fit from going astray: times that cannot be, kernels done away with, trends not spanned."""

from dataclasses import replace

import numpy as np
import pytest

from planner.calibration.fit import MeasuredKernel, fit_base, fit_class
from planner.latency.calibrated.calibration import NetworkError
from planner.latency.calibrated.kernel_model import CORE_CACHE_BYTES, work_of
from planner.latency.kernels.channel_layout import BlockRule, layouts_of
from planner.latency.kernels.features import FEATURES
from planner.latency.kernels.prepared import kernels_of
from planner.latency.kernels.shape import KernelShape
from planner.workload.workload import read_workload
from planner.zoo.builder import NetworkBuilder

RATE = 1e11
SHAPE = KernelShape("conv", "Conv", 10_000_000, 20_000_000, 40_000, 40_000, 36_000, 1, 64, 784, 576, 9)


def convolutions(count: int, footprint_bytes: int = 10_000_000) -> list[MeasuredKernel]:
    random = np.random.default_rng(0)
    found = []
    for _ in range(count):
        macs = int(6e6 * np.exp(random.uniform(0, 3)))
        shape = replace(
            SHAPE, macs=macs, flops=2 * macs, columns=macs // (64 * 576),
            footprint_bytes=int(footprint_bytes * np.exp(random.uniform(-1, 1))),
        )  # fmt: skip
        found.append(MeasuredKernel(shape, macs / RATE * np.exp(0.02 * random.standard_normal())))
    return found


def test_a_time_far_beyond_the_fastest_others_leaves_its_neighbours_alone():
    kernels = convolutions(120)
    fault = MeasuredKernel(kernels[0].shape, kernels[0].seconds / 3.6)
    clean, spoilt = fit_class("conv", kernels[1:]), fit_class("conv", [fault, *kernels[1:]])
    assert fault.seconds not in spoilt.seconds
    asked = [kernels[0].shape]
    assert spoilt.predict(asked)[0][0] == pytest.approx(clean.predict(asked)[0][0], rel=1e-6)


def test_a_few_kernels_that_are_done_away_with_do_not_hold_the_base_down():
    kernels = convolutions(60)
    seconds = np.array([kernel.seconds for kernel in kernels])
    seconds[:6] = 1e-7
    base = fit_base([kernel.shape for kernel in kernels], seconds)
    rest = [kernel.shape for kernel in kernels[6:]]
    assert base.seconds(rest) == pytest.approx(seconds[6:], rel=0.25)


@pytest.mark.parametrize(("footprint_bytes", "learnt"), [(10_000_000, False), (80_000_000, True)])
def test_a_trend_over_footprints_is_learnt_only_where_probes_span_it(footprint_bytes, learnt):
    model = fit_class("conv", convolutions(80, footprint_bytes))
    length = model.hyperparameters.lengths[FEATURES.index("footprint")]
    assert (length < 1e3) is learnt


def lstm(hidden: int, steps: int) -> KernelShape:
    weights = 4 * hidden * 2 * hidden * 4
    return KernelShape(
        "recurrent", "LSTM", 0, 0, 0, 0, weights, steps, 4 * hidden, 1, 2 * hidden, steps=steps
    )


def test_weights_between_steps_come_again_with_every_step_once_they_outgrow_the_cache():
    small, large = work_of([lstm(128, 100), lstm(1024, 100)])[:, 3]
    assert small < 0.01 * 100 * 4 * 128 * 128 * 4
    assert large == pytest.approx(100 * 4 * 1024 * 1024 * 4, rel=0.01)
    assert 4 * CORE_CACHE_BYTES < 4 * 1024 * 1024 * 4


def test_with_channels_last_only_the_ends_of_a_network_are_reordered():
    net = NetworkBuilder("groups")
    x = net.relu(net.conv(net.input("image", (1, 3, 16, 16)), 12, 3))
    x = net.relu(net.conv(x, 12, 3, groups=3))
    workload = read_workload(net.finish(net.add(x, net.conv(x, 12, 1))))
    layouts = layouts_of(workload, kernels_of(workload, "openvino"), BlockRule(1, 1))
    assert layouts[0].reorder_in_bytes > 0
    assert layouts[-1].reorder_out_bytes > 0
    assert all(layout.reorder_in_bytes == 0 for layout in layouts[1:])
    assert all(layout.reorder_out_bytes == 0 for layout in layouts[:-1])


def test_a_band_of_one_sitting_is_widened_by_how_machines_move_between_two():
    shapes, one = [SHAPE], np.ones(1)
    still = NetworkError(floor=0.05, share=0.0, own=0.0, quantile=2.0, level=0.9)
    moving = replace(still, between_runs=0.04)
    assert still.half_width(shapes, one, one) == pytest.approx(0.10)
    assert moving.half_width(shapes, one, one) == pytest.approx(np.hypot(0.10, 1.6449 * 0.04), rel=1e-4)
