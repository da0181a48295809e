"""Every model of the onnx package's own backend suite is read: counted, or listed with its reason.

The reasons stand in backend_suite_reasons.csv; a model that becomes countable, or ceases to be, changes it.
The table is that of one onnx version, as later ones add models.
"""

import csv
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from planner.errors import InputError, PlannerError, UnsupportedModelError
from planner.workload.asked import Asked
from planner.workload.file.onnx_file import read_graph
from planner.workload.shapes.resolve import resolve
from planner.workload.workload import Workload, read_workload

TABLE = Path(__file__).with_name("backend_suite_reasons.csv")
TABLE_VERSION = "1.23"
DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"


def models() -> Iterator[tuple[str, bytes]]:
    """Name and content of each model: generated node tests, and those that the package has as files."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        yield case.name, case.model.SerializeToString()
    for path in sorted(DATA.rglob("*.onnx")):
        yield path.relative_to(DATA).as_posix().removesuffix("/model.onnx"), path.read_bytes()


@pytest.fixture(scope="module")
def suite(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("suite")
    files = {}
    for index, (name, content) in enumerate(models()):
        files[name] = folder / f"{index}.onnx"
        files[name].write_bytes(content)
    return files


@pytest.fixture(scope="module")
def outcomes(suite) -> dict[str, Workload | PlannerError]:
    found: dict[str, Workload | PlannerError] = {}
    for name, path in suite.items():
        try:
            found[name] = read_workload(path, name="model")
        except (InputError, UnsupportedModelError) as error:
            found[name] = error
    return found


def reason_rows(outcomes) -> list[tuple[str, str, str, str]]:
    """Model, outcome, place and reason; nodes that only depend on such a one are left out."""
    rows = []
    for name, outcome in sorted(outcomes.items()):
        if isinstance(outcome, InputError):
            problem = outcome.problems[0]
            rows.append((name, "refused", problem.where, f"expected {problem.expected}, got {problem.got}"))
        elif isinstance(outcome, UnsupportedModelError):
            rows.append((name, "refused", "operators", str(outcome).partition("the first is ")[2]))
        else:
            causes = [u for u in outcome.unresolved if not u.reason.startswith("depends on")]
            rows += [(name, "unresolved", f"{u.name} ({u.op_type})", u.reason) for u in causes]
    return rows


def test_the_suite_is_whole(suite):
    assert len(suite) > 1700


def test_what_is_not_counted_is_in_the_table(outcomes):
    rows = reason_rows(outcomes)
    assert all(reason for *_, reason in rows)
    with TABLE.open(newline="") as file:
        expected = [tuple(row) for row in list(csv.reader(file))[1:]]
    if onnx.__version__.startswith(TABLE_VERSION):
        assert rows == expected
    shared = {name for name, *_ in expected} & outcomes.keys()
    assert shared
    counted = Counter(isinstance(outcome, Workload) for outcome in outcomes.values())
    assert counted[True] > 0.97 * len(outcomes)


def test_what_is_counted_has_costs_or_moves_nothing(outcomes):
    """No operator is free by accident: one that neither computes nor moves is a view."""
    for name, outcome in outcomes.items():
        for operator in outcome.operators if isinstance(outcome, Workload) else ():
            moved = operator.input_bytes + operator.output_bytes + operator.weight_bytes
            empty = all(0 in outcome.tensors[access.tensor].shape for access in operator.writes)
            inner = operator.op_class == "control"  # no round, or branches of constants
            assert operator.flops or moved or operator.op_class == "view" or empty or inner, (name, operator)


def test_shapes_agree_with_those_that_the_suite_declares(suite):
    """Told from the inputs alone, the types of outputs are those that the models' authors wrote down."""
    compared = 0
    for name, path in suite.items():
        graph = read_graph(path)
        try:
            _, resolved = resolve(replace(graph, declared={}), Asked())
        except PlannerError:
            continue
        if resolved.assumptions or resolved.failures:
            continue
        for output in graph.outputs:
            noted = graph.declared.get(output)
            if noted is None or not all(isinstance(dim, int) for dim in noted.shape):
                continue
            compared += 1
            assert resolved.tensors[output].shape == noted.shape, (name, output)
            assert resolved.tensors[output].dtype == noted.dtype, (name, output)
    assert compared > 1400
