"""How candidates stand to each other: fronts, ties, losers, limits that contradict, currencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import match_devices, read_device
from planner.plan.compare.candidate import Limits
from planner.plan.compare.compare import compare
from planner.plan.compare.contradictions import contradicting
from planner.schema.hardware.device import Precision
from planner.schema.reading.quantity import Money
from planner.zoo.source import read_model


@pytest.fixture(scope="module")
def network():
    return read_model("zoo:resnet50_v1.5", batch=1)


def run(network, *globs, **limits):
    devices = [read_device(device_id) for device_id in match_devices(globs)]
    return compare(network, devices, precisions=[Precision.INT8], limits=Limits(**limits))


def test_the_first_loses_to_nobody_and_everyone_else_says_to_whom(network):
    found = run(network, "jetson-orin-*", "t4")
    first, *others = found.candidates
    assert first.loses == ""
    assert not first.tie
    for candidate in others:
        assert " against " in candidate.loses
        assert "\n" not in candidate.loses
    names = {candidate.name for candidate in found.candidates}
    assert all(c.loses.split(" against ")[1].split(";")[0].split(" (")[0] in names for c in others)


def test_a_beaten_candidate_is_worse_in_something_and_better_in_nothing(network):
    for candidate in run(network, "jetson-*").candidates:
        if candidate.feasible and not candidate.pareto:
            assert "in return" not in candidate.loses


def test_ties_lie_in_each_others_band(network):
    found = run(network, "jetson-*")
    first = found.candidates[0]
    for candidate in found.candidates[1:]:
        inside = (
            first.planning_latency_s.low <= candidate.latency_s <= first.planning_latency_s.high
            and candidate.planning_latency_s.low <= first.latency_s <= candidate.planning_latency_s.high
        )
        assert candidate.tie == inside
    assert any(candidate.tie for candidate in found.candidates)
    assert any(not candidate.tie for candidate in found.candidates)


def test_risk_is_an_axis_of_the_front(network):
    """A part whose latency may turn out less long than others' stays on the front, though it is slower."""
    found = run(network, "jetson-orin-nano-8", "raspberry-pi-5", "atlas-300i-pro")
    by_id = {candidate.estimate.device: candidate for candidate in found.candidates}
    for candidate in by_id.values():
        band = candidate.planning_latency_s
        assert candidate.risk == pytest.approx(band.high / band.mid)
        assert candidate.risk >= 1


def test_limits_that_nobody_keeps_alone_are_named_with_the_nearest(network):
    found = run(network, "jetson-orin-*", max_latency_s=1e-6)
    assert found.feasible == ()
    assert found.contradiction.startswith("no candidate keeps a latency of 1 us; the nearest takes ")


def test_limits_that_contradict_each_other_are_named_with_what_each_takes(network):
    limits = {"max_latency_s": 1e-3, "max_power_w": 16.0, "plan_for": "typical"}
    found = run(network, "jetson-orin-nano-8", "t4", "raspberry-pi-5", **limits)
    text = found.contradiction
    assert text.startswith("a latency of 1 ms and a power of 16 W contradict each other: ")
    fast = [c for c in found.candidates if "latency" not in c.broken]
    frugal = [c for c in found.candidates if "power" not in c.broken]
    assert fast
    assert frugal
    least_w = min(c.estimate.power_w.high for c in fast)
    assert f"what keeps a latency of 1 ms takes {least_w:.3g} W or more" in text


def test_what_can_be_kept_has_no_contradiction(network):
    assert run(network, "jetson-orin-*", max_latency_s=1.0).contradiction is None


NAMES = st.frozensets(st.sampled_from("abcd"), max_size=4)


@given(st.lists(NAMES, min_size=1, max_size=8))
def test_the_fewest_limits_that_everyone_breaks_one_of(broken):
    found = contradicting(broken)
    if not all(broken):
        assert found == ()
        return
    assert all(names & set(found) for names in broken)
    for name in found:
        assert any(not names & (set(found) - {name}) for names in broken), "no limit too many"


def test_a_budget_in_another_currency_is_refused_with_the_cure(network):
    with pytest.raises(
        InputError, match=r"atlas-300i-pro: expected a price in USD, got one in CNY.*--rate CNY=0.14"
    ):
        run(network, "atlas-300i-pro", "jetson-orin-nano-8", budget=Money.model_validate("500 USD"))


def test_a_stated_rate_makes_prices_comparable(network):
    budget = Money.model_validate("500 USD")
    found = run(network, "atlas-300i-pro", "jetson-orin-nano-8", budget=budget, rates={"CNY": 0.14})
    by_id = {candidate.estimate.device: candidate for candidate in found.candidates}
    assert "costs 4200 USD" in by_id["atlas-300i-pro"].reasons[0]
    assert by_id["jetson-orin-nano-8"].feasible


def test_prices_without_a_rate_are_left_out_of_the_front_and_said_to_be(network):
    mixed = run(network, "atlas-300i-pro", "jetson-orin-nano-8")
    assert "CNY and USD are not compared" in mixed.notes[0]
    assert all("price" not in candidate.loses for candidate in mixed.candidates)
    rated = run(network, "atlas-300i-pro", "jetson-orin-nano-8", rates={"CNY": 0.14})
    assert not any("not compared" in note for note in rated.notes)
    assert any("x the price in USD" in candidate.loses for candidate in rated.candidates)


def test_candidates_that_match_nothing_are_refused_with_the_nearest(network):
    with pytest.raises(UnknownIdError, match="jetson-orin-nano-8"):
        run(network, "jetson-orin-nana-8")
