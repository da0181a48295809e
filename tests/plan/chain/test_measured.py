"""A chain on this machine: run where PyAV and OpenCV are installed, predicted by hand in any case."""

from __future__ import annotations

import pytest

from planner import api
from planner.engines.chain import video
from planner.engines.chain.measure import ChainTimes
from planner.engines.session import EngineError
from planner.errors import InputError
from planner.plan.chain_study import measured
from planner.plan.chain_study.record import measured_record


@pytest.fixture
def asked(monkeypatch) -> dict[str, object]:
    """What was asked of the machine, which answers with times of ours."""
    found: dict[str, object] = {}

    def answer(stream, networks, **more):
        found.update(stream=stream, networks=networks, **more)
        alone = {"decode": 0.004, "convert": 0.002, "vehicles": 0.08, "plates crop": 0.001, "plates": 0.03}
        alone |= {"reader crop": 0.0002, "reader": 0.008}
        return ChainTimes(alone, {}, {}, 0.05, 100)

    monkeypatch.setattr(measured, "measure_chain", answer)
    return found


def test_a_chain_is_predicted_from_its_parts(asked):
    """Of four frames that the camera sends one is looked at, with 2.5 vehicles and 1.5 plates on average."""
    found = api.measure_chain("parking-lpr", precision="int8", time_s=3.0)
    vehicles, plates, reader = asked["networks"]
    assert (vehicles.every, vehicles.objects, plates.every) == (4, None, 1)
    means = [sum(net.objects) / len(net.objects) for net in (plates, reader)]
    assert means == pytest.approx([2.5, 1.5], rel=0.02)
    objects_s = means[0] * 0.031 + means[1] * 0.0082
    assert found.predicted_s == pytest.approx(0.004 + (0.002 + 0.08 + objects_s) / 4)
    assert found.error == pytest.approx(found.predicted_s / 0.05 - 1)
    assert found.left_out == ("track",)
    assert asked["precision"] == "int8"
    # 4 Mbit/s, as the scenario says.
    assert asked["stream"].bits_per_s == pytest.approx(4e6)
    record = measured_record(found)
    assert [step["step"] for step in record["steps"]][:3] == ["decode", "convert", "vehicles"]


@pytest.mark.usefixtures("asked")
def test_a_scenario_without_video_has_no_chain_to_run():
    with pytest.raises(InputError, match="a stream with `video`"):
        api.measure_chain("line-inspection")
    with pytest.raises(InputError, match="a stream 'yard' with `video`"):
        api.measure_chain("parking-lpr", stream="yard")


def test_a_package_that_is_missing_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setattr(video.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"needs the package av.*edge-ai-planner\[video\]"):
        video.require_video()


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["parking-lpr", "three-hundred-cameras"])
def test_chains_of_this_machine_come_out_within_15_percent(scenario):
    for package in ("av", "cv2", "onnxruntime"):
        pytest.importorskip(package)
    assert abs(api.measure_chain(scenario, time_s=10.0).error) < 0.15
