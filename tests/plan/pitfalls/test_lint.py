"""The seven mistakes: every bad plan raises its own pitfall and no other, every good one raises none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.plan.options.estimator import Estimator
from planner.plan.pitfalls import toolchain_tax
from planner.plan.pitfalls.lint import mistakes
from planner.plan.pitfalls.plan_facts import PlanFacts
from planner.plan.record.pitfalls import pitfall_record
from planner.plan.scenario.file import read_scenario
from planner.plan.sizing.closed_form import sized_option
from planner.plan.study.pitfalls import lint_scenario
from planner.plan.study.study import run_study
from planner.schema.hardware.device import Precision
from planner.zoo.source import read_model
from tests.plan.pitfalls.lint_plans import (
    CASES,
    FINE,
    WAVES,
    Change,
    compression,
    given,
    plan,
    streams,
    toolchain,
)


def pitfalls_of(*changes: Change):
    source = replace(read_scenario(scenarios_dir() / "line-inspection.yaml"), scenario=plan(*changes))
    return lint_scenario(source)


def rules_of(*changes: Change) -> set[str]:
    return {f"{pitfall.id}/{pitfall.rule}" for pitfall in pitfalls_of(*changes)}


def test_there_are_enough_plans_of_both_kinds():
    bad = [rule for _, rule in CASES.values() if rule]
    assert len(CASES) >= 60
    assert len(CASES) - len(bad) >= 25
    every = {f"{mistake.id}/{rule}" for mistake in mistakes() for rule in mistake.rules}
    assert every - set(bad) == {"toolchain-tax/fallback"}, "that one is tested below"


@pytest.mark.parametrize("name", CASES)
def test_a_bad_plan_raises_its_own_pitfall_and_a_good_one_none(name):
    changes, expected = CASES[name]
    assert rules_of(*changes) == ({expected} if expected else set())


def test_the_base_is_fine():
    assert rules_of() == set()


def test_a_unit_that_lacks_operators_is_a_fallback():
    """No part of the database has such a unit first, so a network with hard swishes is put on one by hand."""
    model, device = "zoo:mobilenet_v3_small", read_device("jetson-agx-orin-64")
    estimator = Estimator({model: read_model(model, batch=1)})
    on_dla = estimator.estimate(model, device, unit="dla", mode="MAXN", precision=Precision.INT8, batch=1)
    scenario = plan(streams(model=model))
    networks = estimator.on_part(device, "MAXN", Precision.INT8, 1)
    option = sized_option(scenario, estimator, device, (replace(networks[0], estimate=on_dla),))
    rule = next(mistake for mistake in mistakes() if mistake.id == "toolchain-tax").rules["fallback"]
    (finding,) = toolchain_tax.CHECKS["fallback"](
        PlanFacts(scenario, option, None, (), given=True, estimator=estimator), rule
    )
    lost = sum("HardSwish" in layer.op_types or "HardSigmoid" in layer.op_types for layer in on_dla.layers)
    assert lost > 0
    assert finding.evidence.startswith(f"{lost} of {len(on_dla.layers)} kernels")
    assert "HardS" in finding.evidence


def test_evidence_is_made_of_this_plans_numbers():
    (label,) = pitfalls_of({"candidates": {"labels": {"jetson-orin-nano-8": "67 TOPS"}}})
    assert "67 TOPS is counted on" in label.evidence
    assert "33.4 TOPS dense" in label.evidence
    assert label.severity == "error"
    assert label.where == "candidates.labels.jetson-orin-nano-8"
    (first_run,) = pitfalls_of(toolchain(engine_built="at_start", first_run="45 s"))
    assert "misses 16,200 requests" in first_run.evidence, "24 cameras x 15 a second x 45 s"
    assert "300 times the 150 ms" in first_run.evidence
    assert set(pitfall_record(label)) >= {"id", "severity", "where", "evidence", "advice", "source"}


def test_the_worst_comes_first_and_what_is_accepted_last():
    bad = [
        given("jetson-orin-nano-8", 4, "25W"), {"networks": None}, {"site": {"power_limit": "140 W"}},
        {"update": WAVES | {"must_serve": 1}},
    ]  # fmt: skip
    assert [p.rule for p in pitfalls_of(*bad)] == ["updates", "unchecked", "power"]
    accepted = {"accepted": {"heat-and-density/updates": "the line stands still on Sundays"}}
    found = pitfalls_of(*bad, accepted)
    assert [p.rule for p in found] == ["unchecked", "power", "updates"]
    assert [p.open for p in found] == [True, True, False]
    assert found[-1].accepted == "the line stands still on Sundays"


def test_a_whole_mistake_can_be_accepted_and_an_unknown_one_is_refused_with_its_line(tmp_path):
    found = pitfalls_of({"networks": None}, {"accepted": {"over-compression": "a prototype"}})
    assert [p.accepted for p in found] == ["a prototype"]
    text = (scenarios_dir() / "line-inspection.yaml").read_text() + "\naccepted: {past-the-nee: a slip}\n"
    file = tmp_path / "slip.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"line \d+, accepted\.past-the-nee") as refused:
        read_scenario(file)
    assert "past-the-knee" in str(refused.value)
    with pytest.raises(InputError, match="reason"):
        plan({"accepted": {"past-the-knee": " "}})


def test_facts_of_a_network_that_no_stream_runs_are_refused():
    with pytest.raises(InputError, match="networks that a stream runs"):
        plan({"networks": {"zoo:resnet50_v1.5": {"compression": FINE}}})


def test_a_device_given_by_numbers_is_linted_as_far_as_it_goes():
    clocks = lint_scenario(read_scenario(scenarios_dir() / "article-dvfs.yaml"))
    assert {pitfall.rule for pitfall in clocks} == {"clock-claim"}
    assert lint_scenario(read_scenario(scenarios_dir() / "article-update.yaml")) == ()


def test_a_study_is_linted_without_another_simulation():
    source = replace(read_scenario(scenarios_dir() / "line-inspection.yaml"), scenario=plan())
    assert run_study(source).pitfalls == ()


def test_nothing_feasible_is_linted_by_what_comes_nearest():
    assert "heat-and-density/power" in rules_of({"site": {"power_limit": "40 W"}})


def test_lost_accuracy_is_said_in_points():
    accuracy = {"full": "58.0 %", "compressed": "55.5 %", "least": "55 %"}
    (pitfall,) = pitfalls_of(compression(accuracy=accuracy))
    assert "2.5" in pitfall.evidence
    assert "58" in pitfall.evidence
    assert "55.5" in pitfall.evidence
    usual = (
        next(mistake for mistake in mistakes() if mistake.id == "over-compression")
        .rules["loss"]
        .thresholds["lost"]
    )
    assert f"{usual * 100:.1f}" in pitfall.evidence
