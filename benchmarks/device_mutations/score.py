"""How many ways to get a part's file wrong the checks catch.

Each kind of corruption names its sites in a file, and one mutant is the file with one site corrupted. What a
contradiction quotes is prose that nothing can check, so it is left alone.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.device_mutations.corruptions import TEXT_KINDS, VALUE_KINDS
from planner.errors import InputError
from planner.hardware.checks import device_conflicts
from planner.schema.hardware.device import Device
from planner.schema.hardware.engine import Engine
from planner.schema.reading.yaml_file import Document, parse_document, validate

T = TypeVar("T")
KINDS = (*TEXT_KINDS, *VALUE_KINDS)
"""Names of all kinds of corruption."""


@dataclass(frozen=True, slots=True)
class CorruptedCopy:
    """One corrupted copy: what was done, where, and the file as it would be read."""

    kind: str
    where: str
    text: str | None
    """The text, where the corruption is one of the text; else the values are corrupted."""
    values: object


@dataclass(frozen=True, slots=True)
class KindScore:
    """How many mutants of one kind there were and how many were caught."""

    kind: str
    tried: int
    caught: int
    missed: tuple[str, ...]


def mutants(text: str, file: str, most_per_kind: int | None = None) -> Iterator[CorruptedCopy]:
    """Corrupted copies of a file, evenly spread over the sites of each kind where only some are wanted."""
    document = parse_document(text, file)
    for kind, corrupt in TEXT_KINDS.items():
        for where, changed in _spread(corrupt(text), most_per_kind):
            yield CorruptedCopy(kind, where, changed, None)
    for kind, sites in VALUE_KINDS.items():
        for where, change in _spread(list(sites(document.values)), most_per_kind):
            values = copy.deepcopy(document.values)
            if isinstance(values, dict):
                change(values)
            yield CorruptedCopy(kind, where, None, values)


def is_caught(mutant: CorruptedCopy, document: Document, engines: Mapping[str, Engine]) -> bool:
    """Whether reading or checking refuses the mutant of a file, given the document of the original."""
    try:
        if mutant.text is not None:
            read = parse_document(mutant.text, document.file)
        else:
            read = Document(document.file, mutant.values, document.lines, "")
        device = validate(read, Device)
    except InputError:
        return True
    original = document.values
    if isinstance(original, dict) and device.id != original["id"]:
        return True
    return any(True for _ in device_conflicts(device, engines))


def score(
    files: Mapping[str, str], engines: Mapping[str, Engine], most_per_kind: int | None
) -> list[KindScore]:
    """Mutants tried and caught over all files (name to text), by kind in the order of the kinds."""
    tried: Counter[str] = Counter()
    missed: dict[str, list[str]] = {}
    for file, text in files.items():
        document = parse_document(text, file)
        for mutant in mutants(text, file, most_per_kind):
            tried[mutant.kind] += 1
            if not is_caught(mutant, document, engines):
                missed.setdefault(mutant.kind, []).append(f"{file}: {mutant.where}")
    kinds = [kind for kind in KINDS if tried[kind]]
    return [
        KindScore(kind, tried[kind], tried[kind] - len(missed.get(kind, ())), tuple(missed.get(kind, ())))
        for kind in kinds
    ]


def _spread(sites: Sequence[T], most: int | None) -> Sequence[T]:
    if most is None or len(sites) <= most:
        return sites
    return [sites[i * len(sites) // most] for i in range(most)]
