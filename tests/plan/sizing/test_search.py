"""The search for the least count: what it returns passes, and one device fewer does not."""

from __future__ import annotations

import pytest

from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import read_workloads
from planner.plan.sizing.closed_form import preference, size
from planner.plan.sizing.search import Search
from planner.plan.study.study import run_study
from planner.rack.counts.results import Verdict

BURSTY = (
    ("    arrivals: periodic\n", "    arrivals: gamma\n    gap_cv: 4.0\n"),
    ("    jitter: 3 ms\n", ""),
    ("utilisation_limit: 70 %", "utilisation_limit: 97 %"),
    ("precisions: [int8, fp16]", "precisions: [int8]"),
)


def search_of(source):
    estimator = Estimator(read_workloads(source))
    return Search(source.scenario, estimator), size(source.scenario, estimator).options


@pytest.fixture(scope="module")
def bursty(line):
    """Bunched frames and hardly any headroom: the closed form's count is too small."""
    roomy = ("rack_units: 12", "rack_units: 24")
    return search_of(line(*BURSTY, roomy, devices="jetson-orin-nano-8"))


def test_the_count_is_raised_to_the_least_that_passes(bursty):
    search, options = bursty
    option = next(o for o in options if o.feasible and (o.mode, o.batch) == ("7W", 1))
    found = search.least(option)
    assert found.trials[0].option.count == option.count
    assert found.trials[0].verdict is not Verdict.PASS
    assert found.chosen.verdict is Verdict.PASS
    by_count = {run.option.count: run.verdict for run in found.trials}
    assert found.chosen.option.count > option.count
    assert by_count[found.chosen.option.count - 1] is not Verdict.PASS


def test_halving_looks_at_few_racks(bursty):
    search, options = bursty
    option = next(o for o in options if o.feasible and (o.mode, o.batch) == ("7W", 1))
    found = search.least(option)
    raised = found.chosen.option.count - option.count
    assert len(found.trials) <= 2 + 2 * raised.bit_length()


def test_what_is_best_is_the_cheapest_of_all_that_pass(bursty):
    search, options = bursty
    few = [option for option in options if option.feasible][:4]
    found = search.best(few)
    every = [search.least(option).chosen for option in few]
    cheapest = min(
        (run for run in every if run.verdict is Verdict.PASS), key=lambda r: preference(r.proposed)
    )
    assert found.chosen.option == cheapest.option


def test_the_least_for_the_service_level_has_nothing_to_spare(line):
    roomy = ("rack_units: 12", "rack_units: 24")
    search, options = search_of(line(("count: 24", "count: 96"), roomy, devices="jetson-orin-nano-8"))
    passed = search.least(options[0]).chosen
    assert passed.service_verdict is Verdict.PASS
    least = search.least_for_service(passed)
    assert least < passed.option.count
    assert least >= options[0].offered_utilisation * options[0].count


def test_a_rack_that_never_passes_is_told_as_it_is(line):
    """Frames bunched so much that the site is full before the service level holds."""
    source = line(*BURSTY, ("gap_cv: 4.0", "gap_cv: 60.0"), ("rack_units: 12", "rack_units: 6"),
                  ("modes: all", "modes: default"), ("max_batch: 4", "max_batch: 1"),
                  devices="jetson-orin-nano-8")  # fmt: skip
    search, options = search_of(source)
    found = search.best(options)
    assert found.chosen.verdict is not Verdict.PASS
    assert all(run.option.feasible for run in found.trials)


def test_nothing_feasible_is_nothing_found(line):
    search, options = search_of(line(("power_limit: 1200 W", "power_limit: 30 W"), devices="xeon-8380"))
    assert search.best(options) is None


def test_the_study_takes_what_the_search_finds(line):
    source = line(*BURSTY, ("modes: all", "modes: default"), devices="jetson-orin-nano-8, jetson-agx-orin-64")
    study = run_study(source)
    search, options = search_of(source)
    assert study.simulated.option == search.best(options).chosen.option
    assert study.options[0] == study.simulated.option
