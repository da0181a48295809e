"""A budget of calibration is kept within a tenth and buys as many probes as it can."""

import json

import pytest

from planner.calibration import calibrate
from planner.calibration.budget import Budget
from planner.calibration.journal import ProbeJournal
from planner.calibration.probe_run import ProbeSetup
from planner.engines.session import EngineError

SETUP = ProbeSetup("onnxruntime", 1, "fp32", 0.12)


class ClockedMachine:
    """A machine with a clock of its own: a probe takes about `probe_s`, a fit of n `fit_s` x n to `power`."""

    def __init__(self, probe_s, fit_s, power=1.3):
        self.now, self.probe_s, self.fit_s, self.power = 0.0, probe_s, fit_s, power

    def __call__(self):
        return self.now

    def __enter__(self):
        self.now += 1.1  # the process of the probes starts
        return self

    def __exit__(self, *_):
        pass

    def run(self, seed, *, limit_s, **_):
        takes = self.probe_s * (0.5 + (seed % 7) / 6)
        self.now += min(takes, limit_s)
        return None if takes > limit_s else {"seed": seed, "nodes": []}

    def fit(self, probes):
        self.now += self.fit_s * probes**self.power


def spent(machine, budget_s, tmp_path, monkeypatch):
    """Seconds in all, and the probes that they bought."""
    monkeypatch.setattr(calibrate, "Supervisor", lambda _: machine)
    journal = ProbeJournal(tmp_path / "journal", SETUP, "cpu", "1.0")
    monkeypatch.setattr(journal, "results", lambda: iter(journal.entries))
    budget = Budget(budget_s, machine)
    calibrate.collect(SETUP, journal, budget, lambda _: machine.fit(len(journal.entries)))
    machine.fit(len(journal.entries))
    return machine.now, len(journal.entries)


@pytest.mark.parametrize("budget_s", [20.0, 60.0, 200.0, 300.0])
@pytest.mark.parametrize(
    ("probe_s", "fit_s", "power"), [(0.34, 0.01, 1.3), (0.34, 0.05, 1.4), (1.5, 0.02, 1.3), (0.1, 0.002, 1.5)]
)
def test_a_budget_is_kept_within_a_tenth(budget_s, probe_s, fit_s, power, tmp_path, monkeypatch):
    seconds, probes = spent(ClockedMachine(probe_s, fit_s, power), budget_s, tmp_path, monkeypatch)
    assert seconds <= 1.1 * budget_s
    assert seconds >= 0.75 * budget_s
    assert probes > 0


def test_twenty_seconds_buy_a_calibration_on_a_usual_machine(tmp_path, monkeypatch):
    _, probes = spent(ClockedMachine(0.34, 0.01), 20.0, tmp_path, monkeypatch)
    assert probes >= calibrate.LEAST_PROBES


def test_a_probe_that_the_budget_cuts_off_is_not_kept_as_one_that_hangs(tmp_path, monkeypatch):
    seconds, probes = spent(ClockedMachine(200.0, 0.01), 20.0, tmp_path, monkeypatch)
    assert seconds <= 22.0
    assert probes == 0
    assert "probes_version" in json.loads((tmp_path / "journal").read_text())


def test_too_few_probes_say_what_was_bought_and_that_it_is_kept():
    with pytest.raises(EngineError, match=r"got 0 of 0; they are kept, and the same command goes on"):
        calibrate.fitted(SETUP, (), "1.0")


def test_a_fit_whose_time_is_over_ends_where_it_is_and_still_has_a_band(synthetic, results):
    found = calibrate.fitted(synthetic.SETUP, results[:30], "1.0", until_s=0.0)
    assert len(found.models) > 3
    assert found.error.level == 0.9


def test_it_waits_for_other_programs_and_says_so(monkeypatch):
    shares, said, slept = iter([0.2, 0.5, 0.99]), [], []
    monkeypatch.setattr(calibrate, "share_of_processor", lambda: next(shares))
    monkeypatch.setattr(calibrate.time, "sleep", slept.append)
    calibrate.wait_for_rest(lambda: 30.0, said.append)
    assert len(slept) == 2
    assert said[0] == "waiting, 30 s at most: other programs take 80 % of a processor"


def test_it_waits_no_longer_than_the_budget(monkeypatch):
    left = iter([2.0, 1.0, 0.0])
    monkeypatch.setattr(calibrate, "share_of_processor", lambda: 0.1)
    monkeypatch.setattr(calibrate.time, "sleep", lambda _: None)
    calibrate.wait_for_rest(lambda: next(left), lambda _: None)
    assert next(left, None) is None


@pytest.mark.parametrize(("share", "waits"), [(0.5, True), (0.95, False), (None, False)])
def test_only_a_probe_that_lost_the_processor_makes_it_wait(share, waits, tmp_path, monkeypatch):
    machine, waited = ClockedMachine(2.0, 0.01), []
    monkeypatch.setattr(machine, "run", answering(machine, share))
    monkeypatch.setattr(calibrate, "wait_for_rest", lambda *_: waited.append(1))
    spent(machine, 20.0, tmp_path, monkeypatch)
    assert bool(waited) is waits


def answering(machine, share):
    def run(seed, **_):
        machine.now += 1.0
        return {"seed": seed, "nodes": []} | ({} if share is None else {"cpu_share": share})

    return run
