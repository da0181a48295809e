"""The scenarios that are shipped: to look through, to read, and to begin one's own from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planner.data_files import scenarios_dir
from planner.errors import OutputError, UnknownIdError
from planner.files import write_bytes
from planner.schema.reading.yaml_file import read_document


@dataclass(frozen=True, slots=True)
class ShippedScenario:
    """One of them: its name, what it is about, and where it lies."""

    name: str
    title: str
    question: str
    path: Path


def shipped_scenarios() -> tuple[ShippedScenario, ...]:
    """All of them by name."""
    return tuple(_described(path) for path in sorted(scenarios_dir().glob("*.yaml")))


def shipped_scenario(name: str) -> ShippedScenario:
    """The one of this name, with or without `.yaml`; `UnknownIdError` with the nearest names."""
    known = {path.stem: path for path in scenarios_dir().glob("*.yaml")}
    stem = name.removesuffix(".yaml")
    if stem not in known:
        raise UnknownIdError("scenario", name, known, "`planner scenarios list` shows all")
    return _described(known[stem])


def copy_scenario(name: str, path: Path) -> Path:
    """Copy one to a file, or under its own name into a folder; `OutputError` where a file is there already.

    What it names beside it, such as a network of its own or a trace, is not copied.
    """
    source = shipped_scenario(name).path
    target = path / source.name if path.is_dir() else path
    if target.exists():
        raise OutputError(f"{target}: expected a new file, got one that is there; choose another name")
    write_bytes(target, source.read_bytes())
    return target


def _described(path: Path) -> ShippedScenario:
    values = read_document(path).values
    held = values if isinstance(values, dict) else {}
    title, question = (" ".join(str(held.get(key, "")).split()) for key in ("title", "question"))
    return ShippedScenario(path.stem, title, question, path)
