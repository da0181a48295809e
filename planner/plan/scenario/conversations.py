"""Scenarios whose streams are of `kind: conversation`, and what of a scenario these do without.

A file has them under `streams`, beside streams of frames where the same devices serve both. Inside they are
`conversations`, so that nothing that serves frames alone meets one.
"""

from __future__ import annotations

import re
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
               "claims", "networks", "measured", "calibration", "variation")  # fmt: skip
_NOT_OF_FRAMES = ("before", "after", "video", "chain")
"""Steps around a network, in a scenario of both: its unit does nothing but frames and steps."""
_NOT_OF_RUNS = ("dispatch", "spill_at", "horizon", "control", "shares", "events", "most_replications")
_NOT_OF_PLANS = ("installations", "utilisation_limit", "takes_over")
"""A device that decodes for one user is busy all the time and could serve more."""


def as_conversations(document: Document) -> Document | None:
    """The document with its conversations under `conversations`; None where it has none.

    Raises `InputError` where it asks for what they do without.
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
    frames = list(_frames_among(values))
    for place, stream in frames:
        for key in _NOT_OF_FRAMES:
            if key in stream:
                expected = f"no `{key}` of frames in {_SERVED}"
                yield _problem(document, ("streams", place, key), expected, "one", "leave it out")
        if stream.get("overflow") == "skip_frame":
            expected = "`drop_oldest` or `drop_newest` beside conversations"
            yield _problem(document, ("streams", place, "overflow"), expected, "skip_frame")
    ours = {key: text for key, text in _NOT_OF_CANDIDATES.items() if not frames or key != "precisions"}
    for block, keys in (
        ("candidates", ours),
        ("simulation", dict.fromkeys(_NOT_OF_RUNS, "")),
        ("planning", dict.fromkeys(_NOT_OF_PLANS, "")),
        ("deployment", dict.fromkeys(("synthetic", "precision", "instances"), "")),
    ):
        inside = values.get(block)
        for key, instead in keys.items():
            if isinstance(inside, dict) and key in inside:
                advice = f"say `{instead}`" if instead else "leave it out"
                yield _problem(document, (block, key), f"no `{key}` in {_SERVED}", "one", advice)


def _frames_among(values: Mapping[str, object]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The streams of frames with their places in the file."""
    streams = values.get("streams")
    for place, stream in enumerate(streams if isinstance(streams, list) else []):
        if isinstance(stream, dict) and stream.get("kind") != KIND:
            yield place, stream


def _renamed(document: Document, values: Mapping[str, object]) -> Document:
    streams = values["streams"]
    assert isinstance(streams, list)  # noqa: S101 - who calls has seen that it is one
    frames = dict(_frames_among(values))
    talks = [place for place in range(len(streams)) if place not in frames]
    changed = {key: value for key, value in values.items() if key != "streams"}
    changed["conversations"] = [streams[place] for place in talks]
    if frames:
        changed["streams"] = list(frames.values())
    candidates = values.get("candidates")
    if isinstance(candidates, dict) and not ("precisions" in candidates and frames):
        # The format of the weights decides in what precision a step computes; frames take what is usual.
        changed["candidates"] = {**candidates, "precisions": ["fp16"]}
    lines = {_inside(path, talks, list(frames)): line for path, line in document.lines.items()}
    return replace(document, values=changed, lines=lines)


def _inside(path: KeyPath, talks: list[int], frames: list[int]) -> KeyPath:
    """Where a key of the file's streams is once they are apart."""
    if path[:1] != ("streams",):
        return path
    if len(path) == 1:
        return ("conversations",)
    place = path[1]
    for block, places in (("conversations", talks), ("streams", frames)):
        if place in places:
            return (block, places.index(int(place)), *path[2:])
    return path


def no_frames(file: str) -> InputError:
    """The refusal of conversations by what serves frames."""
    expected = "streams of frames or requests"
    advice = "conversations are answered by `planner size`, `simulate`, `compare`, `cost` and `report`"
    return InputError(file, [Problem("streams", expected, "streams of conversations", advice)])


_PLACED = re.compile(r"(conversations|streams)\[(\d+)\]")


def as_written(error: InputError, document: Document) -> InputError:
    """The same refusal with the keys as the file has them."""
    values = document.values
    streams = values.get("streams") if isinstance(values, dict) else None
    count = len(streams) if isinstance(streams, list) else 0
    frames = [place for place, _ in _frames_among(values)] if isinstance(values, dict) else []
    places = {"streams": frames, "conversations": [n for n in range(count) if n not in frames]}

    def written(where: str) -> str:
        found = _PLACED.match(where)
        if found is None or int(found[2]) >= len(places[found[1]]):
            return f"streams{where.removeprefix('conversations')}" if where == "conversations" else where
        return f"streams[{places[found[1]][int(found[2])]}]{where[found.end() :]}"

    problems = [replace(problem, where=written(problem.where)) for problem in error.problems]
    return InputError(error.source, problems)
