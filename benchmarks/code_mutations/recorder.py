"""A pytest plugin: which test executes which line of the package, and how long each test takes.

A line that a fixture executes counts for every test that uses the fixture, also when another test set it up.
Code that numba compiles and code in another process leaves no trace.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

FOLDER_VARIABLE = "CODE_MUTATIONS_RECORD"
"""Where each worker of pytest writes its part of the record."""

WATCHED = "watched.txt"
"""In that folder: the files whose lines are recorded, one a line."""

_ROOT = Path(__file__).resolve().parents[2]


class CoverageRecorder:
    """Names what runs to coverage.py: a fixture by where it is defined, else the test."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._worker = worker
        self._names = [""]
        self._fixtures: dict[str, list[str]] = {}
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()
        watched = [str(_ROOT / path) for path in (folder / WATCHED).read_text().split("\n")]
        self._coverage = coverage.Coverage(
            data_file=str(folder / f"{worker}.coverage"), include=watched, config_file=False
        )
        self._coverage.start()

    def _enter(self, name: str) -> None:
        self._names.append(name)
        self._coverage.switch_context(name)

    def _leave(self) -> None:
        self._names.pop()
        self._coverage.switch_context(self._names[-1])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Whatever runs from here to the end of the test is the test's."""
        # Else a line would be of the first test alone that asks for its estimate.
        kept = sys.modules.get("planner.plan.options.kept_estimates")
        if kept is not None:
            kept.forget_estimates()
        self._fixtures[item.nodeid] = list(getattr(item, "fixturenames", ()))
        self._enter(f"test {item.nodeid}")
        start_s = _processor_s()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] = _processor_s() - start_s
            self._leave()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """What a fixture makes belongs to all tests that use it."""
        self._enter(f"fixture {fixturedef.baseid} {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self._leave()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A record rests on tests that pass."""
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write this worker's part."""
        self._coverage.stop()
        lines: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        data = self._coverage.get_data()
        for file in sorted(data.measured_files()):
            inside = str(Path(file).relative_to(_ROOT))
            for line, names in data.contexts_by_lineno(file).items():
                for name in names:
                    lines[name][inside].append(line)
        part = {
            "seconds": self._seconds,
            "failed": sorted(self._failed),
            "fixtures": self._fixtures,
            "lines": lines,
        }
        (self._folder / f"{self._worker}.json").write_text(json.dumps(part))


def _processor_s() -> float:
    """Of this process and of children that ended: by the clock, other work makes tests long."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(item.ru_utime + item.ru_stime for item in used)


def pytest_configure(config: pytest.Config) -> None:
    """Record in each process that runs tests; with workers, the one that hands them out runs none."""
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    if worker or not config.getoption("numprocesses", None):
        folder = Path(os.environ[FOLDER_VARIABLE])
        config.pluginmanager.register(CoverageRecorder(folder, worker or "alone"), "code-mutations-recorder")
