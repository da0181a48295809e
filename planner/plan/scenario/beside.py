"""Files that a scenario names: relative to the scenario's own file, and beside it or below.

A scenario may come from somebody else. If it could name any file of this machine, its answer (rates of a
trace, sizes of differences) would reveal what is in files that were never meant for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from planner.data_files import files_outside_allowed
from planner.errors import InputError, Problem
from planner.plan.scenario.known_names import networks_named
from planner.schema.hardware.serving import ReplayedTimes
from planner.schema.reading.problems import dotted
from planner.schema.reading.yaml_file import Document
from planner.schema.scenario.scenario import Scenario

Place = tuple[str | int, ...]
_ADVICE = "put it beside the scenario or below, or allow it with `--allow-outside`"


def with_whole_paths(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with traces and files of its update by their path from here, wherever it is run from."""
    streams = [
        stream if stream.trace is None else stream.model_copy(update={"trace": str(folder / stream.trace)})
        for stream in scenario.streams
    ]
    conversations = [
        stream if stream.trace is None else stream.model_copy(update={"trace": str(folder / stream.trace)})
        for stream in scenario.conversations
    ]
    update = scenario.update
    if update is not None and update.old_file is not None and update.new_file is not None:
        whole = {"old_file": str(folder / update.old_file), "new_file": str(folder / update.new_file)}
        update = update.model_copy(update=whole)
    variation = scenario.variation
    if isinstance(variation, ReplayedTimes):
        variation = variation.model_copy(update={"times": str(folder / variation.times)})
    return scenario.model_copy(
        update={
            "streams": streams,
            "conversations": conversations,
            "update": update,
            "variation": variation,
        }
    )


def require_files_beside(scenario: Scenario, folder: Path, document: Document) -> None:
    """Refuse files outside the scenario's folder, and those that are missing; all at once, with their lines.

    Links are followed: one that leads out is outside. Networks are looked for where they are read.
    """
    found = [
        Problem(dotted(place), *problem, document.line_of(place))
        for place, name in _named(scenario)
        if (problem := _problem(folder, name, exists=place[-1] not in ("model", "network"))) is not None
    ]
    if found:
        raise InputError(document.file, found)


def _named(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    for place, model in networks_named(scenario):
        if scenario.synthetic is None and not model.startswith("zoo:"):
            yield place, model
    for number, stream in enumerate(scenario.streams):
        if stream.trace is not None:
            yield ("streams", number, "trace"), stream.trace
    if isinstance(scenario.variation, ReplayedTimes):
        yield ("variation", "times"), scenario.variation.times
    yield from _of_conversations(scenario)
    if scenario.update is not None:
        for key, name in (("old_file", scenario.update.old_file), ("new_file", scenario.update.new_file)):
            if name is not None:
                yield ("update", key), name


def _of_conversations(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    for number, talk in enumerate(scenario.conversations):
        if not talk.model.startswith("zoo:"):
            yield ("conversations", number, "model"), talk.model
        if talk.trace is not None:
            yield ("conversations", number, "trace"), talk.trace


def _problem(folder: Path, name: str, *, exists: bool) -> tuple[str, str, str] | None:
    """What was expected, what there is and what to do; None where the file may be read."""
    try:
        target = (folder / name).resolve()
        outside = not target.is_relative_to(folder.resolve())
        missing = exists and not target.is_file()
    except (OSError, ValueError, RuntimeError):
        return "the path of a file", f"{name!r}, which no file can have", "check the path"
    if outside and not files_outside_allowed():
        return "a file in the scenario's folder or below", f"{name!r}, which is outside", _ADVICE
    if missing:
        got = "a folder" if target.is_dir() else "no such file" if not target.exists() else "no file"
        return "a file", f"{got}: {name!r}", "give its path from the scenario's folder"
    return None
