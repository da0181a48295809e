"""Which power modes of a part keep the limits, and which end of the latency they are judged at."""

from __future__ import annotations

import pytest

from planner import api
from planner.cli.main import run
from planner.units import format_quantity

NETWORK = "zoo:mobilenet_v2_1.0"


@pytest.fixture(scope="module")
def network():
    return api.read_onnx(NETWORK)


def test_all_power_modes_are_weighed_unless_one_is_named(network):
    modes = {c.estimate.mode for c in api.compare(network, ["jetson-orin-nano-8"]).candidates}
    assert modes == {mode.id for mode in api.read_device("jetson-orin-nano-8").modes}
    delivered = api.compare(network, ["jetson-orin-nano-8"], modes="default").candidates
    assert [c.estimate.mode for c in delivered] == ["25W"]


def test_the_latency_is_judged_at_the_end_that_a_plan_counts_on(network):
    """A limit between the middle and the high end of the band is kept by a typical plan alone."""
    (only,) = api.compare(network, ["t4"], modes="default").candidates
    between_s = (only.planning_latency_s.mid + only.planning_latency_s.high) / 2
    cautious, typical = (
        api.compare(network, ["t4"], modes="default", max_latency_s=between_s, plan_for=plan_for)
        for plan_for in ("cautious", "typical")
    )
    assert not cautious.feasible
    assert "cautious latency" in cautious.candidates[0].loses
    assert typical.feasible
    assert cautious.plan_for == "cautious"


def test_the_nearest_of_a_limit_that_nobody_keeps_is_the_end_that_counts(network):
    (only,) = api.compare(network, ["t4"], modes="default").candidates
    found = api.compare(network, ["t4"], modes="default", max_latency_s=1e-6)
    assert format_quantity(only.planning_latency_s.high, "s", 3) in found.contradiction


def test_the_table_shows_one_mode_of_each_part_and_says_which_qualify(capsys):
    limits = ["--devices", "jetson-orin-nano-8,t4", "--max-power", "15 W"]
    assert run(["compare", NETWORK, *limits]) == 0
    out = capsys.readouterr().out
    rows = [line for line in out.splitlines() if line.startswith(("jetson-orin-nano-8 ", "t4 "))]
    assert [line.split()[:2] for line in rows if " against " not in line and " limits; " not in line][:1] == [
        ["jetson-orin-nano-8", "7W"]
    ], "a kit in the mode named 15W draws more than that at its plug"
    assert "jetson-orin-nano-8: 7W keeps the limits; " in out
    assert "transferred" in out
    assert "plan with: the cautious latency" in out
    assert run(["compare", NETWORK, *limits, "--mode", "all"]) == 0
    assert capsys.readouterr().out.count("\njetson-orin-nano-8 ") > 1
