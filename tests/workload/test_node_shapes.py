"""Shapes and values from our reader beside the outputs of onnx's node tests, for every model of an operator.

Inputs are told by shape, and small ones by what they hold, as a user would with --shape and --input. What is
left open then are texts, sequences given from outside, and operators of training.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from planner.errors import PlannerError
from planner.workload.asked import Asked
from planner.workload.file.execution_order import in_execution_order
from planner.workload.file.from_proto import graph_from_proto
from planner.workload.file.functions import inlined
from planner.workload.graph import Graph, TensorSpec
from planner.workload.shapes.resolve import resolve

TOLD = 1024
OPEN = re.compile(
    r"test_(adagrad|adam|nesterov_momentum|momentum)(_multiple)?"  # of training
    r"|test_image_decoder_.*|test_string_split_.*|test_strnormalizer_.*"  # what a text or an image file holds
    r"|test_(identity|identity_opt)_?sequence|test_sequence_(map|insert|erase|at|length)_.*|test_loop13_seq"
    r"|test_(optional|loop16)_.*"  # several tensors in one input
)


def node_tests() -> list[Any]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [case for case in collect_testcases(None) if case.data_sets]


def graph_of(case: Any) -> Graph:
    model = inlined(case.model, case.name) if len(case.model.functions) else case.model
    graph = in_execution_order(graph_from_proto(model, case.name), case.name)
    return replace(graph, declared={})  # types that the file notes would tell what is to be worked out


def told(case: Any, graph: Graph) -> Asked:
    given = dict(zip((value.name for value in case.model.graph.input), case.data_sets[0][0], strict=False))
    arrays = {
        name: np.asarray(value)
        for name, value in given.items()
        if name in graph.inputs and isinstance(value, np.ndarray | np.generic)
    }
    full = {name: array for name, array in arrays.items() if array.size}
    return Asked(
        shapes={n: a.shape for n, a in full.items() if a.shape and graph.inputs[n].shape},
        values={n: a for n, a in full.items() if a.size <= TOLD and a.dtype.kind in "iufbV"},
    )


def shapes(found: TensorSpec | Any) -> object:
    """The shape of a tensor, or those of all tensors of a sequence."""
    if isinstance(found, TensorSpec):
        return found.shape if found.items is None else [item.shape for item in found.items]
    if isinstance(found, list):
        return [np.asarray(item).shape for item in found]
    return tuple(found.dims) if isinstance(found, TensorProto) else np.asarray(found).shape


def differences(cases: list[Any]) -> Iterator[tuple[str, object, object]]:
    for case in cases:
        graph = graph_of(case)
        try:
            _, resolved = resolve(graph, told(case, graph))
        except PlannerError as error:
            yield case.name, str(error), None
            continue
        for name, expected in zip(graph.outputs, case.data_sets[0][1], strict=True):
            reason = next(iter(resolved.failures.values()), None)
            found = reason or shapes(resolved.tensors[name])
            if expected is not None and found != shapes(expected):
                yield case.name, found, shapes(expected)


def wrong_values(cases: list[Any]) -> Iterator[str]:
    """Tests with an output that is worked out here and is not the expected one."""
    for case in cases:
        graph = graph_of(case)
        try:
            _, resolved = resolve(graph, told(case, graph))
        except PlannerError:
            continue
        for name, expected in zip(graph.outputs, case.data_sets[0][1], strict=True):
            found = resolved.values.get(name)
            if found is None or not isinstance(expected, np.ndarray | np.generic):
                continue
            if np.asarray(expected).dtype.kind in "iufb" and not np.allclose(
                found.astype(np.float64), np.asarray(expected, np.float64), 1e-2, 1e-3, equal_nan=True
            ):
                yield case.name


def test_shapes_of_a_sample_are_those_of_its_outputs():
    cases = node_tests()
    closed = [case for case in cases if not OPEN.fullmatch(case.name)]
    assert len(cases) > 1600  # 1,615 in onnx 1.19, more in later ones
    assert len(closed) > 0.95 * len(cases)
    assert list(differences(closed[::36])) == []
    assert list(wrong_values(closed[::36])) == []


@pytest.mark.slow
def test_shapes_of_every_node_test_are_those_of_its_outputs():
    cases = node_tests()
    assert [row for row in differences(cases) if not OPEN.fullmatch(row[0])] == []
    assert sum(not OPEN.fullmatch(case.name) for case in cases) > 0.95 * len(cases)
    assert [name for name in wrong_values(cases) if not OPEN.fullmatch(name)] == []
