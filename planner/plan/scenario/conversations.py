"""Scenarios whose streams are of `kind: conversation`, and what of a scenario these do without.

A file has them under `streams`. Inside they are `conversations`, so that nothing that serves frames meets
one: devices of a scenario serve one kind. A step of a language model takes its unit whole and its caches take
the memory; how a unit divides itself between steps and frames of cameras is not published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from planner.errors import InputError, Problem, nearest_names
from planner.schema.reading.problems import KeyPath, dotted
from planner.schema.reading.yaml_file import Document
from planner.units import did_you_mean

KIND = "conversation"
_SERVED = "scenarios of conversations"
_NOT_OF_CANDIDATES = {
    "precisions": "serving.weights", "max_batch": "serving.sessions", "max_wait": "", "units": "",
    "beside": "", "contention": "", "labels": "", "instances": "",
}  # fmt: skip
_NOT_AT_ALL = ("host", "growth", "density", "update", "clock_scaling", "failures", "offload", "concurrency",
               "claims", "networks", "carbon", "measured", "calibration", "variation")  # fmt: skip
_NOT_OF_RUNS = ("dispatch", "spill_at", "horizon", "control", "shares", "events", "most_replications")
_NOT_OF_PLANS = ("installations", "utilisation_limit", "takes_over")
"""A device that decodes for one user is busy all the time and could serve more."""


def as_conversations(document: Document) -> Document | None:
    """The document with its conversations under `conversations`; None where it has none.

    Raises `InputError` where it mixes them with other streams, or asks for what they do without.
    """
    values = document.values
    streams = values.get("streams") if isinstance(values, dict) else None
    if not isinstance(values, dict) or not isinstance(streams, list):
        return None
    kinds = [stream.get("kind") if isinstance(stream, dict) else None for stream in streams]
    problems = [
        _problem(document, ("streams", number, "kind"), f"`{KIND}`, or no `kind` for frames", repr(kind),
                 did_you_mean(nearest_names(str(kind), [KIND])))
        for number, kind in enumerate(kinds)
        if kind is not None and kind != KIND
    ]  # fmt: skip
    if KIND in kinds and not problems and set(kinds) != {KIND}:
        other = next(number for number, kind in enumerate(kinds) if kind != KIND)
        expected = "streams of one kind: devices that serve conversations serve nothing else"
        advice = "write the other streams into a scenario of their own"
        problems = [_problem(document, ("streams", other), expected, "both kinds", advice)]
    if KIND in kinds and not problems:
        problems = list(_not_asked(document, values))
    if problems:
        raise InputError(document.file, problems)
    return _renamed(document, values) if KIND in kinds else None


def _problem(document: Document, path: KeyPath, expected: str, got: str, advice: str = "") -> Problem:
    return Problem(dotted(path), expected, got, advice, document.line_of(path))


def _not_asked(document: Document, values: Mapping[str, object]) -> Iterator[Problem]:
    """Keys that nothing here obeys: better refused than read over."""
    for key in _NOT_AT_ALL:
        if key in values:
            yield _problem(document, (key,), f"no `{key}` in {_SERVED}", "one", "leave it out")
    for block, keys in (
        ("candidates", _NOT_OF_CANDIDATES),
        ("simulation", dict.fromkeys(_NOT_OF_RUNS, "")),
        ("planning", dict.fromkeys(_NOT_OF_PLANS, "")),
        ("deployment", dict.fromkeys(("synthetic", "precision", "instances"), "")),
    ):
        inside = values.get(block)
        for key, instead in keys.items():
            if isinstance(inside, dict) and key in inside:
                advice = f"say `{instead}`" if instead else "leave it out"
                yield _problem(document, (block, key), f"no `{key}` in {_SERVED}", "one", advice)


def _renamed(document: Document, values: Mapping[str, object]) -> Document:
    changed = {("conversations" if key == "streams" else key): value for key, value in values.items()}
    candidates = values.get("candidates")
    if isinstance(candidates, dict):
        # The format of the weights decides in what precision a step computes.
        changed["candidates"] = {**candidates, "precisions": ["fp16"]}
    lines = {
        ("conversations", *path[1:]) if path[:1] == ("streams",) else path: line
        for path, line in document.lines.items()
    }
    return replace(document, values=changed, lines=lines)


def no_frames(file: str) -> InputError:
    """The refusal of conversations by what serves frames."""
    expected = "streams of frames or requests"
    advice = "conversations are answered by `planner size`, `simulate`, `compare`, `cost` and `report`"
    return InputError(file, [Problem("streams", expected, "streams of conversations", advice)])


def as_written(error: InputError) -> InputError:
    """The same refusal with the keys as the file has them."""
    problems = [
        replace(problem, where=f"streams{problem.where.removeprefix('conversations')}")
        if problem.where.startswith("conversations")
        else problem
        for problem in error.problems
    ]
    return InputError(error.source, problems)
