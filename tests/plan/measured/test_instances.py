"""Several workers of one engine on one part: `instances` of candidates, deployments, the command line."""

from dataclasses import replace

import pytest
import yaml

from planner import api
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.record.simulated import setting_record
from planner.plan.scenario.evidence import estimator_for
from planner.plan.sizing.deployed import deployed_option
from planner.plan.study.study import run_study
from planner.schema.scenario.scenario import Scenario

PI = "raspberry-pi-5"


@pytest.fixture
def plan(tmp_path):
    """Two boards of four cores with one small network."""
    values = yaml.safe_load((scenarios_dir() / "line-inspection.yaml").read_text())
    stream = {**values["streams"][0], "model": "zoo:squeezenet_v1.1", "count": 4, "rate": "1 FPS"}
    values["streams"] = [{**stream, "slo": {"latency": "900 ms", "quantile": "90 %"}}]
    values["candidates"] |= {"devices": [PI], "precisions": ["fp32"], "max_batch": 1}
    values["candidates"].pop("coolers")
    values["deployment"] = {"device": PI, "count": 2, "precision": "fp32"}
    values["networks"] = {}
    values["simulation"] |= {"duration": "10 s", "warmup": "2 s", "replications": 2, "most_replications": 2}
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def planned(plan, **evidence):
    source = api.with_evidence(plan, api.evidence(**evidence))
    return deployed_option(source.scenario, source.scenario.deployment, estimator_for(source))


def test_workers_share_the_cores_and_serve_side_by_side(plan):
    """Four workers of a thread each take as long as one with one thread, and carry four times as much."""
    alone, four = planned(plan, threads=1), planned(plan, instances=4)
    assert (alone.instances, four.instances) == (1, 4)
    assert four.networks[0].estimate.latency_s == alone.networks[0].estimate.latency_s
    assert four.utilisation == pytest.approx(alone.utilisation / 4)
    two = planned(plan, instances=2)
    assert two.networks[0].estimate.latency_s == planned(plan, threads=2).networks[0].estimate.latency_s


def test_the_simulated_rack_has_as_many_workers(plan):
    source = api.with_evidence(plan, api.evidence(instances=2))
    found = run_study(source).simulated
    assert found.rack.device.instances == 2
    setting = setting_record(found.option)
    assert (setting["units"], setting["engine"]) == (2, "ncnn")


def test_all_workers_together_draw_no_more_than_the_mode_allows(plan):
    four = planned(plan, instances=4)
    mode = four.power_mode
    assert 4 * four.services[0].busy_w <= mode.power_limit_w.value - mode.idle_w.value + 1e-9


def test_a_scenario_says_it_as_the_command_line_does(plan):
    values = yaml.safe_load(plan.read_text())
    values["deployment"] |= {"instances": 4, "threads": 1}
    plan.write_text(yaml.safe_dump(values))
    stated = planned(plan)
    assert stated.services == planned(plan, instances=4).services
    assert stated.instances == 4


@pytest.mark.parametrize(
    ("words", "expected"),
    [({"instances": 5}, "at most 4"), ({"instances": 3, "threads": 2}, "at most 2")],
)
def test_more_workers_than_cores_are_refused(plan, words, expected):
    with pytest.raises(InputError, match=expected):
        planned(plan, **words)


def test_workers_that_would_take_turns_on_one_unit_are_refused(plan):
    source = api.read_scenario(plan)
    given = source.scenario.deployment.model_copy(
        update={"device": "jetson-orin-nano-8", "precision": "int8", "instances": 2, "unit": "gpu"}
    )
    scenario: Scenario = source.scenario.model_copy(update={"deployment": given})
    with pytest.raises(InputError, match="take turns"):
        deployed_option(scenario, given, estimator_for(replace(source, scenario=scenario)))


def test_one_of_several_units_may_serve_alone(plan):
    """An RK3588 has three NPU cores, of which a plan may use one."""
    found = api.compare("zoo:resnet18", ["rk3588"], evidence=api.evidence(instances=1)).candidates[0]
    every = api.compare("zoo:resnet18", ["rk3588"]).candidates[0]
    assert (found.instances, every.instances) == (1, 3)
