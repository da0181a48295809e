"""The shortfalls in the database are those that the benchmark finds on the published rows."""

import importlib.util
import sys
from pathlib import Path

import pytest

from planner.hardware.catalog import read_engine

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "datasheet_error.py"


@pytest.fixture(scope="module")
def summaries():
    spec = importlib.util.spec_from_file_location("datasheet_error", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["datasheet_error"] = module
    spec.loader.exec_module(module)
    return module.summaries()


@pytest.mark.parametrize(
    ("engine", "kind", "group"),
    [
        ("tensorrt", "gpu", ("tensorrt", "gpu")),
        ("ncnn", "cpu", ("ncnn", "cpu")),
        ("acl", "npu", ("acl", "npu")),
        ("generic", "dla", ("any", "any")),
    ],
)
def test_shortfall_in_the_database_is_that_of_the_rows(summaries, engine, kind, group):
    costs = read_engine(engine).units[kind]
    found = summaries[group]
    assert costs.shortfall_median_ratio.value == pytest.approx(found.median, abs=0.006)
    assert costs.shortfall_p90_ratio.value == pytest.approx(found.p90, abs=0.006)
