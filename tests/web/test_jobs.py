"""Jobs end when they are stopped, when nobody asks after them, and when the server does."""

import asyncio

import pytest

from planner.process.workers import TaskOutcome
from planner.web import jobs
from planner.web.settings import settings_of

SETTINGS = settings_of([("model", "zoo:resnet18")])


class FakeWorkers:
    """Work that takes as long as it is told, and then has this outcome."""

    def __init__(self, seconds=30.0, outcome=None):
        self.seconds, self.outcome, self.ended = seconds, outcome or TaskOutcome(result={}), 0

    async def run(self, _task, begun, tell):
        begun()
        tell("half way")
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.ended += 1
        return self.outcome


def together(folder, workers, act, faults=None):
    async def run():
        made = jobs.Jobs(folder, workers, workers, (faults if faults is not None else []).append)
        job = made.new("network", SETTINGS)
        made.begin(job, {})
        await asyncio.sleep(0.01)
        await act(made, job)
        return job

    return asyncio.run(run())


def test_a_stopped_job_stops_its_work(tmp_path):
    workers = FakeWorkers()

    async def act(made, job):
        assert (job.state, job.progress) == ("working", "half way")
        made.stop(job)
        await job.running

    assert together(tmp_path, workers, act).state == "stopped"
    assert workers.ended == 1


def test_a_job_that_nobody_asks_after_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "ABANDONED_S", 0.1)

    async def act(made, job):
        watching = asyncio.create_task(made.watch())
        for _ in range(4):
            await asyncio.sleep(0.05)
            assert made.get(job.id).open, "somebody asks"
        await asyncio.sleep(0.4)
        assert not job.open
        watching.cancel()

    together(tmp_path, FakeWorkers(), act)


@pytest.mark.parametrize(
    ("outcome", "state", "said"),
    [
        (TaskOutcome(result={"kind": "network"}), "done", ""),
        (TaskOutcome(refused="expected this, got that"), "failed", "expected this, got that"),
        (TaskOutcome(late=True), "failed", "longer than the time limit"),
        (TaskOutcome(fault="a trace"), "failed", "defect of planner"),
    ],
)
def test_every_outcome_is_said(tmp_path, outcome, state, said):
    faults = []

    async def act(_made, job):
        await job.running

    job = together(tmp_path, FakeWorkers(0.0, outcome), act, faults)
    assert job.state == state
    assert said in job.error
    assert faults == (["a trace"] if outcome.fault else [])


def test_too_many_at_once_are_refused_and_old_ones_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "_MOST_OPEN", 2)
    monkeypatch.setattr(jobs, "_MOST_KEPT", 3)

    async def act(made, job):
        made.new("plan", SETTINGS)
        with pytest.raises(jobs.TooManyError):
            made.new("plan", SETTINGS)
        for _ in range(5):
            for other in list(made._jobs.values()):
                made.stop(other)
            made.new("plan", SETTINGS)
        assert made.get(job.id) is None
        assert not job.folder.exists()
        await made.close()

    together(tmp_path, FakeWorkers(), act)
    assert len(list(tmp_path.iterdir())) <= 4
