"""The journal of a calibration: one line a probe, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from planner.calibration.probe_run import ProbeResult, ProbeSetup
from planner.engines.measure import nodes_of
from planner.errors import InputError, OutputError, Problem
from planner.files import write_bytes
from planner.read_files import read_bounded

PROBES_VERSION = 4
"""Raised when the networks of the seeds change."""


class ProbeJournal:
    """Appends answers to a file; reads those of an earlier run of the same setting."""

    def __init__(self, path: Path, setup: ProbeSetup, cpu: str, engine_version: str) -> None:
        self._path = path
        self._head = {
            "probes_version": PROBES_VERSION,
            **asdict(setup),
            "cpu": cpu,
            "engine_version": engine_version,
        }
        self.entries: list[Mapping[str, object]] = list(self._earlier()) if path.exists() else []
        lines = [self._head, *self.entries]  # written again, for a killed run may have left a cut line
        write_bytes(path, "".join(json.dumps(line) + "\n" for line in lines).encode())

    def add(self, entry: Mapping[str, object]) -> None:
        """One more answer, on the disk before this returns."""
        self.entries.append(entry)
        self._append(json.dumps(entry) + "\n")

    @property
    def next_seed(self) -> int:
        """The first seed without an answer."""
        seeds = [entry["seed"] for entry in self.entries]
        return 1 + max((seed for seed in seeds if isinstance(seed, int)), default=-1)

    def results(self) -> Iterator[ProbeResult]:
        """Probes that were measured."""
        for entry in self.entries:
            if "nodes" in entry:
                yield _result(entry)

    def _earlier(self) -> Iterator[Mapping[str, object]]:
        lines = read_bounded(self._path).decode("utf-8", "replace").splitlines()
        head = _parsed(lines[0]) if lines else None
        if head != self._head:
            advice = f"remove {self._path} to begin again, or give another -o"
            problem = Problem(
                "journal", "an unfinished calibration of this setting", "one of another", advice
            )
            raise InputError(str(self._path), [problem])
        for line in lines[1:]:
            entry = _parsed(line)
            if entry is not None:  # the last line of a killed run may be cut
                yield entry

    def _append(self, text: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(f"{self._path}: expected a place that can be written, got: {reason}") from None


def _parsed(line: str) -> Mapping[str, object] | None:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _result(entry: Mapping[str, Any]) -> ProbeResult:
    return ProbeResult(**{**entry, "nodes": nodes_of(entry["nodes"])})
