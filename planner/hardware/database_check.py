"""Whether the whole database holds together: every part, every engine, and the schema for editors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.hardware.catalog import engine_ids, part_files, read_device_file, read_engine_file, read_shipped
from planner.hardware.checks import device_conflicts, orphan_sources
from planner.hardware.video.check import check_video_files
from planner.schema.hardware.device import Device
from planner.schema.hardware.engine import Engine
from planner.schema.reading.quantity import numbers_in
from planner.schema.reading.strict import Conflict, editor_schema
from planner.schema.reading.yaml_file import read_document


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One problem and the file that has it."""

    file: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True, slots=True)
class DatabaseCheck:
    """What was looked at and what was found."""

    files: int
    numbers: int
    problems: tuple[FileProblem, ...]


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file: how many numbers it holds, what is wrong, and the part where it could be read."""

    numbers: int
    problems: tuple[Problem, ...]
    device: Device | None = None


def check_database(*, shipped_only: bool = False) -> DatabaseCheck:
    """Read every part and engine and check what no single file can know; all problems at once.

    A user's own parts are checked too, unless `shipped_only`.
    """
    problems: list[FileProblem] = []
    numbers, architectures = 0, dict[str, str]()
    engines: dict[str, Engine] = {}
    for engine_id in engine_ids():
        path = database_dir() / "engines" / f"{engine_id}.yaml"
        try:
            engine = read_engine_file(path)
        except InputError as error:
            problems += [FileProblem(f"engines/{path.name}", problem) for problem in error.problems]
            continue
        engines[engine_id] = engine
        numbers += sum(1 for _ in numbers_in(engine))
        found = _located(path, orphan_sources(engine))
        problems += [FileProblem(f"engines/{path.name}", problem) for problem in found]
    shipped = sorted((database_dir() / "devices").glob("*.yaml"))
    paths = shipped if shipped_only else [file.path for file in part_files().values()]
    for path in paths:
        ours = path in shipped
        name = f"devices/{path.name}" if ours else str(path)
        result = check_device_file(path, engines, read_shipped if ours else read_device_file)
        if path in shipped:
            architectures[path.stem] = result.device.architecture if result.device is not None else ""
        numbers += result.numbers
        problems += [FileProblem(name, problem) for problem in result.problems]
    video = check_video_files(architectures)
    problems += [FileProblem(f"video/{name}", problem) for name, found in video for problem in found.problems]
    problems += [FileProblem("schema/device.json", problem) for problem in _schema_problems()]
    files = len(paths) + len(engine_ids()) + len(video)
    return DatabaseCheck(files, numbers + sum(found.numbers for _, found in video), tuple(problems))


def check_device_file(
    path: Path, engines: Mapping[str, Engine], read: Callable[[Path], Device] = read_device_file
) -> FileCheck:
    """Everything that is wrong with the file of one part, each with its line."""
    try:
        device = read(path)
    except InputError as error:
        return FileCheck(0, error.problems)
    problems = tuple(_located(path, device_conflicts(device, engines)))
    return FileCheck(sum(1 for _ in numbers_in(device)), problems, device)


def device_json_schema() -> dict[str, Any]:
    """The JSON Schema of a device file, the text of `hardware_db/schema/device.json`."""
    return editor_schema(Device, "A part of the hardware database")


def _located(path: Path, conflicts: Iterator[Conflict]) -> list[Problem]:
    found = list(conflicts)
    if not found:
        return []
    document = read_document(path)
    return [document.problem(conflict) for conflict in found]


def _schema_problems() -> Iterator[Problem]:
    path = database_dir() / "schema" / "device.json"
    shipped = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if shipped != device_json_schema():
        got = "an older text" if path.is_file() else "no such file"
        advice = "write it anew: planner devices schema > hardware_db/schema/device.json"
        yield Problem("file", "the schema of this version", got, advice)
