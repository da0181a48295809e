"""Which tests to try a fault on: those that execute its line, then their neighbours, the fastest first."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

MOST_S = 60.0
"""Of processor time of tests, by the record, that are tried after those that execute the line."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a run of the tests left behind."""

    seconds: dict[str, float]
    by_line: dict[tuple[str, int], frozenset[str]]
    by_file: dict[str, frozenset[str]]

    def tests(self, path: str, lines: range) -> tuple[str, ...]:
        """Tests for a fault in these lines, in the order in which they are tried.

        What a test finds made by an earlier one (a cache, a shared study) leaves no trace in its own record:
        therefore tests of the same files, and those that use the file otherwise, follow. Of a file that
        is compiled to machine code no line is seen: there it is those that use its folder.
        """
        direct = frozenset[str]().union(*(self.by_line.get((path, line), ()) for line in lines))
        files = {test.split("::")[0] for test in direct}
        beside = {test for test in self.seconds if test.split("::")[0] in files} - direct
        users = self.by_file.get(path) or self._users_of_folder(str(Path(path).parent)) or self._beside(path)
        later = [*self._fastest(beside), *self._fastest(users - direct - beside)]
        return (*self._fastest(direct), *self._within(later))

    def _users_of_folder(self, folder: str) -> frozenset[str]:
        inside = [tests for path, tests in self.by_file.items() if str(Path(path).parent) == folder]
        return frozenset[str]().union(*inside)

    def _beside(self, path: str) -> frozenset[str]:
        """Tests of the folder of the same name, for code that runs in processes of its own."""
        folder = Path("tests", *Path(path).parent.parts[1:])
        while folder.parts and not any(Path(test).is_relative_to(folder) for test in self.seconds):
            folder = folder.parent
        return frozenset(test for test in self.seconds if Path(test).is_relative_to(folder))

    def _fastest(self, tests: Iterable[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self.seconds[test], test))

    def _within(self, tests: Iterable[str]) -> Iterator[str]:
        spent = 0.0
        for test in tests:
            spent += self.seconds[test]
            if spent > MOST_S:
                return
            yield test


def read_record(folder: Path) -> Record:
    """The parts that the workers of one run wrote. Raises `ValueError` where a test failed."""
    seconds: dict[str, float] = {}
    failed: list[str] = []
    by_line: dict[tuple[str, int], set[str]] = defaultdict(set)
    by_file: dict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.glob("*.json")):
        part = json.loads(file.read_text())
        seconds |= part["seconds"]
        failed += part["failed"]
        for name, lines in part["lines"].items():
            tests = _tests_of(name, part["fixtures"])
            for path, numbers in lines.items():
                by_file[path] |= tests
                for number in numbers:
                    by_line[path, number] |= tests
    if failed:
        raise ValueError(f"expected tests that pass, got failures of {', '.join(failed)}")
    if not seconds:
        raise ValueError(f"expected a record in {folder}, got none")
    return Record(
        seconds,
        {place: frozenset(tests) for place, tests in by_line.items()},
        {path: frozenset(tests) for path, tests in by_file.items()},
    )


def _tests_of(name: str, fixtures: dict[str, list[str]]) -> set[str]:
    """The test that was running, or all that use the fixture that was being made."""
    kind, _, rest = name.partition(" ")
    if kind == "test":
        return {rest}
    if kind != "fixture":
        return set()
    where, _, fixture = rest.rpartition(" ")
    return {test for test, used in fixtures.items() if test.startswith(where) and fixture in used}
