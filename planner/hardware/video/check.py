"""Whether the files of video units hold together: their parts exist, each once, and every source is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.hardware.families.rules import families_of
from planner.hardware.families.video import units_conflicts
from planner.hardware.video.units import COSTS
from planner.schema.hardware.video import PartsVideo, VideoCosts
from planner.schema.reading.quantity import numbers_in
from planner.schema.reading.strict import Conflict
from planner.schema.reading.yaml_file import Document, read_document, validate


@dataclass(frozen=True, slots=True)
class VideoCheck:
    """One file: how many numbers it holds and what is wrong."""

    numbers: int
    problems: tuple[Problem, ...]


def check_video_files(parts: Mapping[str, str]) -> list[tuple[str, VideoCheck]]:
    """Every file of `hardware_db/video` by its name; `parts` are those known, with their architectures."""
    seen: dict[str, str] = {}
    paths = sorted((database_dir() / "video").glob("*.yaml"))
    return [(path.name, _checked(path, parts, seen)) for path in paths]


def _checked(path: Path, parts: Mapping[str, str], seen: dict[str, str]) -> VideoCheck:
    try:
        document = read_document(path)
        model: PartsVideo | VideoCosts
        model = validate(document, VideoCosts) if path.stem == COSTS else validate(document, PartsVideo)
    except InputError as error:
        return VideoCheck(0, error.problems)
    found = [document.problem(conflict) for conflict in _conflicts(model, document, parts, seen)]
    return VideoCheck(sum(1 for _ in numbers_in(model)), tuple(found))


def _conflicts(
    model: PartsVideo | VideoCosts, document: Document, parts: Mapping[str, str], seen: dict[str, str]
) -> Iterator[Conflict]:
    used = {entry.number.source for entry in numbers_in(model)}
    for source in model.sources:
        if source not in used:
            yield Conflict(("sources", source), "a source that a number names", "no use of it", "remove it")
    if isinstance(model, VideoCosts):
        return
    for part, units in model.parts.items():
        for family in families_of(part, parts.get(part, "")):
            yield from units_conflicts(family, units, ("parts", part))
        if part not in parts:
            yield Conflict(("parts", part), "a part of the database", f"{part!r}", "correct the id")
        if part in seen:
            yield Conflict(("parts", part), "each part in one file", f"also in {seen[part]}", "keep one")
        seen[part] = Path(document.file).name
