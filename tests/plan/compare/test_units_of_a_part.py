"""Units of a part that serve beside the one that its plan rests on, and work around inference, from the
file."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.latency.band import planned_bound
from planner.plan.options.estimator import Estimator
from planner.plan.rack.rack_model import build_rack, services_of
from planner.plan.rack.units_beside import units_beside
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.rack.description.rack import Host
from planner.rack.description.streams import HostStep
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

LINE = Path(__file__).resolve().parents[3] / "scenarios" / "line-inspection.yaml"


def scenario_with(*changes: tuple[str, str]) -> Scenario:
    text = LINE.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return validate(parse_document(text, "changed.yaml"), Scenario)


STEPS = (
    "    jitter: 3 ms\n",
    "    jitter: 3 ms\n    before: [{where: host, time: 6 ms, what: decode}, {where: copy, time: 0.4 ms}]\n"
    "    after: [{where: unit, time: 1 ms}]\n",
)
HOST = ("site:\n", "host: {cores: 4, core: 1.5 W, copies: 2}\n\nsite:\n")
BESIDE = ("  max_batch: 4\n", "  max_batch: 4\n  beside: [dla, cpu]\n")


@pytest.fixture(scope="module")
def planned():
    scenario = scenario_with(BESIDE, STEPS, HOST)
    source = ScenarioFile(scenario, "line", LINE.parent, "")
    device = read_device("jetson-agx-xavier-32")
    estimator = Estimator(read_workloads(source))
    mode = next(mode.id for mode in device.modes if mode.default)
    networks = estimator.on_part(device, mode, Precision("fp16"), 4)
    return scenario, estimator, device, networks


def test_units_of_the_kinds_asked_for_serve_within_the_power_limit(planned):
    scenario, estimator, device, networks = planned
    point = networks[0].estimate
    beside = units_beside(scenario, estimator, device, networks)
    assert device.units[point.unit].kind not in {unit.kind for unit in beside}
    assert {unit.kind for unit in beside} <= {"dla", "cpu"}
    assert beside
    mode = next(mode for mode in device.modes if mode.id == point.mode)
    main_w = services_of(scenario, estimator, device, networks)[0].busy_w
    all_w = main_w + sum(unit.count * max(s.busy_w for s in unit.services) for unit in beside)
    assert mode.idle_w.value + all_w <= mode.power_limit_w.value + 1e-9
    for unit in beside:
        times_s = unit.services[0].batch_s
        assert len(times_s) == 4
        assert times_s[0] > 0


def test_a_bound_moves_every_unit(planned):
    scenario, estimator, device, networks = planned
    assert planned_bound(scenario.planning.plan_for) == "high"
    low, high = (units_beside(scenario, estimator, device, networks, bound) for bound in ("low", "high"))
    for one, other in zip(low, high, strict=True):
        assert one.services[0].batch_s[0] < other.services[0].batch_s[0]


def test_steps_and_host_reach_the_rack(planned):
    scenario, estimator, device, networks = planned
    services = services_of(scenario, estimator, device, networks)
    beside = units_beside(scenario, estimator, device, networks)
    rack = build_rack(scenario, device, networks[0].estimate.mode, 4, services, 2, beside=beside)
    cameras, readers = rack.streams
    assert cameras.before == (HostStep("host", 0.006), HostStep("copy", 0.0004))
    assert cameras.after == (HostStep("unit", 0.001),)
    assert readers.before == ()
    assert rack.device.host == Host(4, 1.5, 2)
    assert rack.device.beside == beside


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((STEPS,), "host: {cores"),
        ((STEPS, HOST, ("  seed: ", "  dispatch: central_queue\n  seed: ")), "names the device on arrival"),
        ((HOST, ("max_batch: 4", "max_batch: 4\n  beside: [tpu]")), "candidates.beside"),
        (((STEPS[0], STEPS[1].replace("6 ms", "-6 ms")), HOST), "before"),
    ],
)
def test_what_does_not_fit_is_refused(changes, said):
    with pytest.raises(InputError) as refused:
        scenario_with(*changes)
    assert said in str(refused.value)
