"""The shortfalls in the database are those that the benchmark finds on the published rows."""

import importlib.util
import sys
from pathlib import Path

import pytest

from planner.hardware.catalog import read_device, read_engine
from planner.latency.estimate import estimate
from planner.latency.planning import planning_band, shortfall
from planner.zoo.source import read_model

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "datasheet_error.py"


FEW_ROWS = ("acl", "onnxruntime", "openvino")
"""Engines of few published rows stand for all in short runs: the same code reads every one."""


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("datasheet_error", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["datasheet_error"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def of_few(benchmark):
    return benchmark.summaries(only=FEW_ROWS)


@pytest.fixture(scope="module")
def of_all(benchmark):
    return benchmark.summaries()


@pytest.mark.parametrize(
    ("engine", "kind"), [("acl", "npu"), ("onnxruntime", "cpu"), ("onnxruntime", "gpu"), ("openvino", "cpu")]
)
def test_shortfall_in_the_database_is_that_of_few_rows(of_few, engine, kind):
    assert_kept(engine, kind, of_few[engine, kind])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "kind", "group"),
    [
        ("tensorrt", "gpu", ("tensorrt", "gpu")),
        ("ncnn", "cpu", ("ncnn", "cpu")),
        ("generic", "dla", ("any", "any")),
    ],
)
def test_shortfall_in_the_database_is_that_of_all_rows(of_all, engine, kind, group):
    assert_kept(engine, kind, of_all[group])


def assert_kept(engine, kind, found):
    costs = read_engine(engine).units[kind]
    assert costs.shortfall_median_ratio.value == pytest.approx(found.median, abs=0.006)
    assert costs.shortfall_p90_ratio.value == pytest.approx(found.p90, abs=0.006)
    assert costs.shortfall_pairs.value == found.pairs
    behind = costs.shortfall_rows
    assert (behind.rows, behind.networks, behind.parts) == (found.rows, found.networks, found.parts)


def test_few_pairs_are_no_ground_for_a_narrow_cautious_plan():
    """ONNX Runtime on GPUs has five pairs, under the ten that are enough: the generic figure holds."""
    device = read_device("jetson-agx-orin-64")
    result = estimate(
        read_model("zoo:resnet50_v1.5"),
        device,
        unit="gpu",
        engine="onnxruntime",
        precision="fp16",
        transfer=False,
    )
    own = read_engine("onnxruntime").units["gpu"]
    generic = read_engine("generic").units["gpu"]
    assert own.shortfall_pairs.value < 10
    assert shortfall(device, result).p90 == max(
        own.shortfall_p90_ratio.value, generic.shortfall_p90_ratio.value
    )


def test_no_plan_counts_on_less_than_the_middle_of_the_band():
    for device_id in ("jetson-agx-xavier-32", "atlas-300i-pro", "raspberry-pi-5"):
        device = read_device(device_id)
        result = estimate(read_model("zoo:resnet50_v1.5"), device, precision="int8")
        band = planning_band(result, shortfall(device, result))
        assert result.latency_s.mid <= band.mid <= band.high
