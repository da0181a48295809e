from __future__ import annotations

import re
from pathlib import Path

import pytest

from planner.hardware.catalog import read_device
from planner.plan.options.estimator import Estimator
from planner.plan.rack.rack_model import build_rack
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.plan.sizing.closed_form import size
from planner.rack.description.life import Failures, Life, Outage
from planner.rack.description.rack import NetworkShare
from planner.rack.description.rolling_update import RollingUpdate
from planner.rack.description.streams import Bursts, DayProfile, DropOuts
from planner.rack.policies.clock import PowerCap, TwoThresholds
from planner.rack.policies.openness import AvoidHot, ResourceGuard, StableScheduler
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "scenario.md"


@pytest.fixture(scope="module")
def rack():
    """The guide's scenario with every key of work and control set."""
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    text = text.replace(
        "    arrivals: periodic\n",
        "    arrivals: mmpp\n    bursts: {calm: 10 s, burst: 2 s, factor: 4}\n"
        "    profile: {shares: [20 %, 100 %], start: 6 h}\n    drop_outs: {up: 1 h, down: 30 s}\n"
        "    priority: 2\n    queue_limit: 5\n    overflow: skip_frame\n",
    )
    text = text.replace(
        "  seed: 7\n",
        "  seed: 7\n  events:\n    outages: [{at: 20 s, lasts: 5 s, first: 1}]\n"
        "    failures: {mtbf: 1 h, mttr: 1 min}\n    update: {at: 30 s, interruption: 4 s, first: 50 %, "
        "soak: 5 s, drain: 2 s, new_time: 130 %, new_power: 90 %, roll_back_over: 120 %}\n"
        "  shares: {zoo:yolov5s: 100 %}\n  dispatch: least_energy\n"
        "  control: {clock: two_threshold, power_cap: 40 W, scheduler: stable, "
        "avoid_hot: 70 degC, forecast: 5 s, guard: 80 degC}\n",
    )
    document = parse_document(text, "guide")
    scenario = validate(document, Scenario)
    source = ScenarioFile(scenario, "guide", GUIDE.parent, document.sha256)
    option = size(scenario, Estimator(read_workloads(source))).options[0]
    device = read_device(option.device)
    return build_rack(scenario, device, option.mode, option.batch, option.services, count=2)


def test_work_reaches_the_rack(rack):
    (group,) = rack.streams
    assert group.bursts == Bursts(10.0, 2.0, 4.0)
    # The run begins where the day asks for most, at noon, whatever a search is told of its beginning.
    assert group.profile == DayProfile((0.2, 1.0), 86400.0, 43200.0, span_s=60.0)
    assert group.drop_outs == DropOuts(3600.0, 30.0)
    assert (group.priority, group.queue_limit, group.overflow) == (2, 5, "skip_frame")


def test_events_and_shares_reach_the_rack(rack):
    assert rack.shares == (NetworkShare("zoo:yolov5s", 1.0),)
    assert rack.life == Life(
        outages=(Outage(20.0, 5.0, 1, 1),),
        failures=Failures(3600.0, 60.0),
        update=RollingUpdate(30.0, 4.0, 1, 0.5, 5.0, 2.0, 1.3, 0.9, 1.2),
    )


def test_control_reaches_the_rack(rack):
    assert rack.dispatch == "least_energy"
    assert rack.policies == (
        TwoThresholds(), StableScheduler(), PowerCap(40.0), AvoidHot(70.0, 5.0), ResourceGuard(80.0),
    )  # fmt: skip
