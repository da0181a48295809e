"""Look up parts and engines by id: those shipped, and a user's own, which add to them or override them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from planner.data_files import database_dir, own_parts_dirs
from planner.errors import InputError, Problem, UnknownIdError
from planner.process.inputs import changed_ns, seen_in
from planner.schema.hardware.device import Device
from planner.schema.reading.yaml_file import Document, read_document, validate

if TYPE_CHECKING:
    from planner.schema.hardware.engine import Engine

Entry = TypeVar("Entry", "Device", "Engine")


@dataclass(frozen=True, slots=True)
class PartFile:
    """Where a part comes from."""

    id: str
    path: Path
    origin: Literal["shipped", "own", "override"]
    """shipped; own: a user's additional part; override: a user's file in place of the shipped one."""

    @property
    def note(self) -> str | None:
        """What a result that rests on a user's own file should say; nothing for shipped parts."""
        if self.origin == "shipped":
            return None
        from planner.wording.message import message

        return message(f"warning.{self.origin}", device=self.id, path=str(self.path))


@dataclass(frozen=True, slots=True)
class _ReadPart:
    """A part and the digest of the text that it was read from."""

    device: Device
    sha256: str


def part_files() -> dict[str, PartFile]:
    """All parts by id, sorted; a user's file wins over a shipped one, a later folder over an earlier."""
    shipped = _shipped_parts(database_dir() / "devices")
    files = dict(shipped)
    for folder in own_parts_dirs():
        for path in sorted({*_yaml_files(folder), *seen_in(folder)}):
            files[path.stem] = PartFile(path.stem, path, "override" if path.stem in shipped else "own")
    return files if len(files) == len(shipped) else dict(sorted(files.items()))


def part_file(device_id: str) -> PartFile:
    """Where one part comes from; `UnknownIdError` with the nearest ids."""
    files = part_files()
    if device_id not in files:
        raise UnknownIdError("device", device_id, files, "`planner devices list` shows all")
    return files[device_id]


def device_ids() -> tuple[str, ...]:
    """Ids of all parts, shipped and own, sorted."""
    return tuple(part_files())


def engine_ids() -> tuple[str, ...]:
    """Ids of all engines in the database, sorted."""
    return tuple(path.stem for path in _shipped_files("engines"))


def read_device(device_id: str) -> Device:
    """One part, shipped or own; an own one has to pass the checks that the shipped ones pass.

    Raises `UnknownIdError` with the nearest ids, or `InputError` with every problem of the part's file.
    """
    file = part_file(device_id)
    return _part(file).device


def _part(file: PartFile) -> _ReadPart:
    if file.origin == "shipped":
        return _read_shipped(file.path)
    return _read_own(file.path, changed_ns(file.path))


def read_shipped(path: Path) -> Device:
    """A part from a file of the database, which does not change while the program runs: read once."""
    return _read_shipped(path).device


def shipped_devices() -> tuple[Device, ...]:
    """The parts of the database in the order of their ids, without a user's own."""
    return tuple(_read_shipped(path).device for path in _shipped_files("devices"))


@functools.cache
def read_engine(engine_id: str) -> Engine:
    """One engine of the database, its fusion rules in full; raises as `read_device` does."""
    from planner.hardware.fusion_rules import worked_out

    engine = _engine_as_written(engine_id)
    return worked_out(engine, _engine_as_written(engine.extends) if engine.extends else None)


def _engine_as_written(engine_id: str) -> Engine:
    if engine_id not in engine_ids():
        raise UnknownIdError("engine", engine_id, engine_ids())
    return read_engine_file(database_dir() / "engines" / f"{engine_id}.yaml")


def read_device_file(path: Path) -> Device:
    """A part from any file; its id has to be the name of the file, so that no two parts share one."""
    return _entry(read_document(path), path, Device)


def read_engine_file(path: Path) -> Engine:
    """An engine from any file, named as its id."""
    from planner.schema.hardware.engine import Engine

    return _entry(read_document(path), path, Engine)


def device_digest(device_id: str) -> str:
    """SHA-256 of a part's file as it was read, to tell which version a result rests on."""
    return _part(part_file(device_id)).sha256


_LONGEST_PATTERN = 200
"""Several times the longest id; the time to compile a pattern grows with the square of its brackets."""


def named_by(device_id: str, pattern: str) -> bool:
    """Whether a shell pattern means a part; one that is far longer than any id means none."""
    return len(pattern) <= _LONGEST_PATTERN and fnmatchcase(device_id, pattern)


def match_devices(globs: Iterable[str]) -> tuple[str, ...]:
    """Ids that match any of the shell patterns, each once and sorted.

    Raises `UnknownIdError` for a pattern that matches nothing: a candidate that silently drops out of a
    comparison is worse than a refusal.
    """
    known = device_ids()
    chosen: set[str] = set()
    for pattern in globs:
        if len(pattern) > _LONGEST_PATTERN:
            raise UnknownIdError("device", f"{pattern[:60]}...", known, "`planner devices list` shows all")
        matches = [device_id for device_id in known if named_by(device_id, pattern)]
        if not matches:
            raise UnknownIdError("device", pattern, known, "`planner devices list` shows all")
        chosen.update(matches)
    return tuple(sorted(chosen))


def _yaml_files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.yaml")))


def _shipped_files(kind: str) -> tuple[Path, ...]:
    return _listed(database_dir() / kind)


@functools.cache
def _listed(folder: Path) -> tuple[Path, ...]:
    """A folder of the database, which does not change while the program runs."""
    return _yaml_files(folder)


@functools.cache
def _shipped_parts(folder: Path) -> dict[str, PartFile]:
    """Parts of the database by id, sorted. Fits read a part a hundred thousand times: listed once."""
    # Sorted by id: file names sort otherwise, as "-" comes before the dot of their suffix.
    found = {path.stem: PartFile(path.stem, path, "shipped") for path in _listed(folder)}
    return dict(sorted(found.items()))


@functools.cache
def _read_shipped(path: Path) -> _ReadPart:
    document = read_document(path)
    return _ReadPart(_entry(document, path, Device), document.sha256)


@functools.lru_cache(maxsize=1024)
def _read_own(path: Path, _changed_ns: int) -> _ReadPart:
    from planner.hardware.checks import device_conflicts

    document = read_document(path)
    device = _entry(document, path, Device)
    engines = {engine_id: read_engine(engine_id) for engine_id in engine_ids()}
    if conflicts := list(device_conflicts(device, engines)):
        raise InputError(str(path), [document.problem(conflict) for conflict in conflicts])
    return _ReadPart(device, document.sha256)


def _entry(document: Document, path: Path, model: type[Entry]) -> Entry:
    entry = validate(document, model)
    if entry.id != path.stem:
        twin = path.with_name(f"{entry.id}.yaml")
        advice = f"{twin} has that id too; give one of them another" if twin.exists() else "rename the file"
        problem = Problem(
            "id", f"{path.stem}, the name of the file", entry.id, advice, document.line_of(("id",))
        )
        raise InputError(str(path), [problem])
    return entry
