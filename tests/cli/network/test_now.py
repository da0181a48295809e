"""`estimate --now`: the prediction beside a measurement of this machine."""

from dataclasses import replace

import pytest

from planner import api
from planner.calibration import beside
from planner.engines.measure import EngineRun
from planner.engines.session import EngineError
from planner.engines.timing import Sample, summarise
from planner.errors import InputError
from planner.workload.asked import Asked

NETWORK = "zoo:mobilenet_v2_0.5"


@pytest.fixture(scope="module")
def predicted():
    return replace(api.estimate(NETWORK, "jetson-orin-nano-8", caller="none"), device="this-machine")


def run_of(median_s, reason=None):
    timing = None if reason else summarise([Sample(median_s, median_s, 1e-3, 0.0)] * 20)
    return EngineRun(
        "net", "onnxruntime", "1.0", "cpu", 1, 1, 0.1, 0.1, timing, 1, finite=True, reason=reason
    )


def measured(predicted, monkeypatch, run):
    monkeypatch.setattr(beside, "measure", lambda *_, **__: run)
    workload = api.read_onnx(NETWORK, asked=Asked())
    return beside.measured_now(workload, None, predicted, None, None, seconds=0.1, limit_s=10.0)


@pytest.mark.parametrize(("factor", "inside"), [(1.0, True), (100.0, False), (0.01, False)])
def test_the_error_is_of_the_prediction(predicted, monkeypatch, factor, inside):
    took_s = predicted.latency_s.mid * factor
    found = measured(predicted, monkeypatch, run_of(took_s))
    assert found.error == pytest.approx(1 / factor - 1)
    assert found.inside_band is inside
    record = found.record()
    assert record["drift"] is None
    assert (record["median_s"], record["noise"], record["low_s"]) == (took_s, "quiet", took_s)


def test_an_engine_that_refuses_the_network_is_said(predicted, monkeypatch):
    with pytest.raises(EngineError, match="expected tensorrt to run it, got: no such kernel"):
        measured(predicted, monkeypatch, run_of(1.0, "no such kernel"))


def test_another_part_cannot_be_measured_here(call):
    found = call("estimate", NETWORK, "--device", "jetson-orin-nano-8", "--now")
    assert found.status == 2
    assert "--now: expected the part this-machine, got jetson-orin-nano-8" in found.err
    assert "planner measure MODEL" in found.err


def test_another_part_is_refused_in_python():
    found = api.estimate(NETWORK, "jetson-orin-nano-8")
    with pytest.raises(InputError, match="this-machine"):
        api.measure_beside(found, NETWORK)
