"""YAML text -> plain values with line numbers -> a validated, frozen model; every problem at once.

Refused: duplicate keys, anchors and aliases (they can explode), tags, tabs before a key, nesting deeper than
any file needs, files of more than a megabyte. Keys given twice are reported together with what the model
finds; the others hide the values, so they are reported alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from planner.errors import InputError, Problem
from planner.process.inputs import note_input
from planner.read_files import open_file
from planner.schema.reading.problems import KeyPath, dotted, key_path, problems_of, without_them
from planner.schema.reading.strict import Conflict, StrictModel

MAX_FILE_BYTES = 1_000_000
MAX_DEPTH = 40
_MOST_OF_A_KIND = 20
"""A file in a wrong format has the same problem in every line; a person reads the first few."""
_TAB_INDENT = re.compile(r"^[ ]*\t\s*\S")
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_OF_OTHER_BASE = re.compile(r"^[-+]?(?:0[0-9_]|[0-9_.]+:)")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The reader in C where PyYAML was built with it; the same values, ten times as fast."""

M = TypeVar("M", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, the line of each key, and the digest of its text."""

    file: str
    values: object
    lines: Mapping[KeyPath, int]
    sha256: str
    problems: tuple[Problem, ...] = ()
    """Keys given twice and words that are no value: wrong whatever the file is meant to be."""

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the key at this path, or of the nearest enclosing key that has one."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def problem(self, conflict: Conflict) -> Problem:
        """A conflict between parts of this file, with its line."""
        line = self.line_of(conflict.path)
        return Problem(dotted(conflict.path), conflict.expected, conflict.got, conflict.advice, line)


def read_document(path: Path) -> Document:
    """Read one YAML file; `InputError` for anything that is not a plain YAML mapping."""
    try:
        if path.is_dir():
            raise _one_problem(path, "a YAML file", "a folder")
        if path.exists() and not path.is_file():
            raise _one_problem(path, "a YAML file", "a device or a pipe")
        note_input(path)
        with open_file(path) as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            size = max(path.stat().st_size, len(data))
            raise _one_problem(path, f"a YAML file of at most {MAX_FILE_BYTES} bytes", f"{size} bytes")
        text = data.decode("utf-8")
    except FileNotFoundError:
        raise _one_problem(path, "an existing YAML file", "no such file", "check the path") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _one_problem(path, "text in UTF-8", "bytes that are not UTF-8 text", "", line) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _one_problem(path, "a readable file", reason) from None
    return parse_document(text.removeprefix("\ufeff"), str(path))


def parse_document(text: str, file: str) -> Document:
    """Parse YAML text; `file` is what messages call it."""
    for refusals in (_tabs(text), _unplain(text, file)):
        if problems := list(islice(refusals, _MOST_OF_A_KIND)):
            raise InputError(file, problems)
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise InputError(file, [_syntax_problem(error)]) from None
    if not isinstance(root, yaml.MappingNode):
        got = "an empty file" if root is None else f"a {type(root).__name__.removesuffix('Node').lower()}"
        raise InputError(file, [Problem("text", "a mapping of keys to values", got)])
    reading = _Reading({}, [], yaml.SafeLoader(""))
    values = reading.plain(root, ())
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(file, values, reading.lines, digest, tuple(reading.problems))


def write_document(values: Mapping[str, object]) -> str:
    """YAML text of plain values, keys in their order."""
    return str(yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=110))


def read_model(path: Path, model: type[M]) -> M:
    """One YAML file as a validated model; all problems of the file in one `InputError`."""
    return validate(read_document(path), model)


def validate(document: Document, model: type[M]) -> M:
    """The document as a model, or every problem found in it with its line.

    Values that do not fit their own key hide how the parts of a file fit together; the file is therefore
    looked at a second time with placeholders for them.
    """
    problems = list(document.problems)
    try:
        entry = model.model_validate(document.values)
    except ValidationError as error:
        problems += problems_of(error, document.values, document.line_of, model)
        problems += _problems_behind(error, document, model)
    else:
        if not problems:
            return entry
    raise InputError(document.file, sorted(problems, key=lambda p: (p.line is None, p.line)))


def _problems_behind(
    error: ValidationError, document: Document, model: type[StrictModel]
) -> Iterator[Problem]:
    repaired = without_them(error, document.values)
    if repaired is None:
        return
    values, touched = repaired
    try:
        model.model_validate(values)
    except ValidationError as behind:
        for item in behind.errors():
            if item["type"] == "conflicts":
                # Paths of conflicts begin at the model that found them, which may lie deep in the file.
                place = key_path(item, values)
                found = [replace(one, path=(*place, *one.path)) for one in item["ctx"]["conflicts"]]
                yield from (
                    document.problem(conflict)
                    for conflict in found
                    if not (conflict.of_values and any(conflict.path[:-1] == path[:-1] for path in touched))
                )


def _one_problem(
    path: Path, expected: str, got: str, advice: str = "", line: int | None = None
) -> InputError:
    return InputError(str(path), [Problem("file", expected, got, advice, line)])


def _tabs(text: str) -> Iterator[Problem]:
    """Lines whose first sign is a tab: YAML has no meaning for them."""
    if "\t" not in text:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if _TAB_INDENT.match(line):
            yield Problem("text", "spaces before a key", "a tab", "replace it by spaces", number)


def _unplain(text: str, file: str) -> Iterator[Problem]:
    """Anchors, aliases, tags and nesting without end, found before anything is built from the text."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else None
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    yield Problem("text", f"at most {MAX_DEPTH} levels", "one level more", "", line)
                    return
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if isinstance(event, yaml.NodeEvent) and event.anchor:
                advice = "write the value out"
                yield Problem("text", "plain values", "a YAML anchor or alias", advice, line)
            tag = getattr(event, "tag", None)
            if tag:
                yield Problem("text", "plain values", f"the YAML tag {tag!r}", "remove it", line)
    except yaml.YAMLError as error:
        raise InputError(file, [_syntax_problem(error)]) from None


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        line = error.problem_mark.line + 1 if error.problem_mark else None
        return Problem("text", "valid YAML", error.problem or "something else", "", line)
    return Problem("text", "valid YAML", str(error).splitlines()[0])


@dataclass(frozen=True, slots=True)
class _Reading:
    """The walk over one composed file: nodes in, plain values out, lines and problems on the way."""

    lines: dict[KeyPath, int]
    problems: list[Problem]
    scalars: yaml.SafeLoader

    def plain(self, node: yaml.Node, path: KeyPath) -> object:
        if path:
            self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*path, i)) for i, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value
        if node.tag in _NUMBERS and _OF_OTHER_BASE.match(node.value):
            # YAML 1.1 has 010 for eight and 8:30 for 510: nobody who writes a plan means that.
            expected, advice = (
                "a decimal number",
                "write it without a leading zero or colon, or put it in quotes",
            )
            line = node.start_mark.line + 1
            self.problems.append(Problem(dotted(path), expected, node.value[:60], advice, line))
            return None
        try:
            return self.scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            shown = str(node.value)[:60]
            line = node.start_mark.line + 1
            self.problems.append(
                Problem(dotted(path), "a plain value", repr(shown), "put it in quotes", line)
            )
            return None

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(dotted(path), "a word as key", "a list or mapping", "", line))
                continue
            key = str(key_node.value)
            where = dotted((*path, key))
            if key in result:
                got = f"it again (first in line {self.lines[(*path, key)]})"
                self.problems.append(Problem(where, "each key once", got, "remove one", line))
                continue
            self.lines[(*path, key)] = line
            result[key] = self.plain(value_node, (*path, key))
        return result
