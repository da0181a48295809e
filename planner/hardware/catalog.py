"""Look up parts and engines of the database by id."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from planner.data_files import database_dir
from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.fusion_rules import worked_out
from planner.schema.device import Device
from planner.schema.engine import Engine
from planner.schema.yaml_file import read_document, validate

Entry = TypeVar("Entry", Device, Engine)


def device_ids() -> tuple[str, ...]:
    """Ids of all parts in the database, sorted."""
    return _ids("devices")


def engine_ids() -> tuple[str, ...]:
    """Ids of all engines in the database, sorted."""
    return _ids("engines")


@functools.cache
def read_device(device_id: str) -> Device:
    """One part of the database.

    Raises `UnknownIdError` with the nearest ids, or `InputError` with every problem of the part's file.
    """
    if device_id not in device_ids():
        raise UnknownIdError("device", device_id, device_ids(), "`planner devices list` shows all")
    return read_device_file(database_dir() / "devices" / f"{device_id}.yaml")


@functools.cache
def read_engine(engine_id: str) -> Engine:
    """One engine of the database, its fusion rules in full; raises as `read_device` does."""
    engine = _engine_as_written(engine_id)
    return worked_out(engine, _engine_as_written(engine.extends) if engine.extends else None)


def _engine_as_written(engine_id: str) -> Engine:
    if engine_id not in engine_ids():
        raise UnknownIdError("engine", engine_id, engine_ids())
    return _read(database_dir() / "engines" / f"{engine_id}.yaml", Engine)


def read_device_file(path: Path) -> Device:
    """A part from any file; its id has to be the name of the file, so that no two parts share one."""
    return _read(path, Device)


def device_digest(device_id: str) -> str:
    """SHA-256 of a part's file, to tell which version a result rests on."""
    return read_document(database_dir() / "devices" / f"{device_id}.yaml").sha256


def match_devices(globs: Iterable[str]) -> tuple[str, ...]:
    """Ids that match any of the shell patterns, each once and sorted.

    Raises `UnknownIdError` for a pattern that matches nothing: a candidate that silently drops out of a
    comparison is worse than a refusal.
    """
    known = device_ids()
    chosen: set[str] = set()
    for pattern in globs:
        matches = [device_id for device_id in known if fnmatchcase(device_id, pattern)]
        if not matches:
            raise UnknownIdError("device", pattern, known, "`planner devices list` shows all")
        chosen.update(matches)
    return tuple(sorted(chosen))


def _ids(folder: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (database_dir() / folder).glob("*.yaml")))


def _read(path: Path, model: type[Entry]) -> Entry:
    document = read_document(path)
    entry = validate(document, model)
    if entry.id != path.stem:
        twin = path.with_name(f"{entry.id}.yaml")
        advice = f"{twin} has that id too; give one of them another" if twin.exists() else "rename the file"
        problem = Problem(
            "id", f"{path.stem}, the name of the file", entry.id, advice, document.line_of(("id",))
        )
        raise InputError(str(path), [problem])
    return entry
