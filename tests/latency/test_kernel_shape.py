"""What a fit sees of a kernel: how a transposition moves values, which decides its code."""

import itertools

import pytest

from planner.latency.kernels.prepared import prepare_run
from planner.latency.kernels.shape import shapes_of
from planner.schema.hardware.device import Precision
from planner.workload.workload import read_workload
from planner.zoo.builder import NetworkBuilder


def kind_of(order):
    net = NetworkBuilder("transposed")
    x = net.input("x", tuple(range(2, 2 + len(order))))
    workload = read_workload(net.finish(net.transpose(x, order)))
    prepared = prepare_run(workload, 2, Precision.FP32, "onnxruntime")
    (shape,) = shapes_of(prepared.workload, prepared.kernels, None)
    return shape.kind


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ((0, 2, 1, 3), "Transpose"),
        ((0, 1, 3, 2, 4, 5), "Transpose"),
        ((0, 2, 3, 1), "Transpose inner"),
        ((0, 3, 1, 2), "Transpose inner"),
        ((0, 1, 3, 2), "Transpose inner"),
        ((0, 3, 2, 1), "Transpose scattered"),
        ((0, 3, 1, 4, 2), "Transpose scattered"),
        ((0, 1, 4, 3, 2), "Transpose scattered"),
    ],
)
def test_rows_one_axis_or_all_values_move(order, kind):
    assert kind_of(order) == kind


def test_of_three_axes_only_a_reversal_scatters():
    kinds = {order: kind_of(order) for order in itertools.permutations(range(3)) if order != (0, 1, 2)}
    assert [order for order, kind in kinds.items() if kind == "Transpose scattered"] == [(2, 1, 0)]
