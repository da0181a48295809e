"""YAML text -> plain values with line numbers -> a validated, frozen model; every problem at once.

Refused before any model sees the text: duplicate keys, anchors and aliases (they can explode), files of
more than a megabyte, tabs.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planner.errors import InputError, Problem
from planner.schema.strict import StrictModel

MAX_FILE_BYTES = 1_000_000

KeyPath = tuple[str | int, ...]
M = TypeVar("M", bound=StrictModel)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, the line of each key, and the digest of its text."""

    file: str
    values: object
    lines: Mapping[KeyPath, int]
    sha256: str

    def line_of(self, path: KeyPath) -> int | None:
        """The line of the key at this path, or of the nearest enclosing key that has one."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def read_document(path: Path) -> Document:
    """Read one YAML file; `InputError` for anything that is not a plain YAML mapping."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise _one_problem(path, "a YAML file", "a folder")
        if size > MAX_FILE_BYTES:
            raise _one_problem(path, f"a YAML file of at most {MAX_FILE_BYTES} bytes", f"{size} bytes")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _one_problem(path, "an existing YAML file", "no such file", "check the path") from None
    except UnicodeDecodeError:
        raise _one_problem(path, "text in UTF-8", "bytes that are not UTF-8 text") from None
    except OSError as error:
        raise _one_problem(path, "a readable file", error.strerror or str(error)) from None
    return parse_document(text, str(path))


def parse_document(text: str, file: str) -> Document:
    """Parse YAML text; `file` is what messages call it."""
    try:
        _refuse_aliases(text, file)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise InputError(
            file, [Problem("text", "valid YAML", error.problem or "something else", "", line)]
        ) from None
    except yaml.YAMLError as error:
        raise InputError(file, [Problem("text", "valid YAML", str(error).splitlines()[0])]) from None
    if not isinstance(root, yaml.MappingNode):
        got = "an empty file" if root is None else f"a {type(root).__name__.removesuffix('Node').lower()}"
        raise InputError(file, [Problem("text", "a mapping of keys to values", got)])
    lines: dict[KeyPath, int] = {}
    problems: list[Problem] = []
    values = _plain(root, (), lines, problems)
    if problems:
        raise InputError(file, problems)
    return Document(file, values, lines, hashlib.sha256(text.encode()).hexdigest())


def read_model(path: Path, model: type[M]) -> M:
    """One YAML file as a validated model; all problems of the file in one `InputError`."""
    return validate(read_document(path), model)


def validate(document: Document, model: type[M]) -> M:
    """The document as a model, or every problem found in it with its line."""
    try:
        return model.model_validate(document.values)
    except ValidationError as error:
        raise InputError(document.file, list(_problems(error, document, model))) from None


def _one_problem(path: Path, expected: str, got: str, advice: str = "") -> InputError:
    return InputError(str(path), [Problem("file", expected, got, advice)])


def _refuse_aliases(text: str, file: str) -> None:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            mark = event.start_mark
            line = mark.line + 1 if mark else None
            raise InputError(
                file, [Problem("text", "plain values", "a YAML anchor or alias", "write the value out", line)]
            )


def _plain(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], problems: list[Problem]) -> object:
    if path:
        lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _plain_mapping(node, path, lines, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), lines, problems) for i, item in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:timestamp":
        return node.value
    return yaml.SafeLoader("").construct_object(node)


def _plain_mapping(
    node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int], problems: list[Problem]
) -> dict[str, object]:
    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        where = _dotted((*path, key))
        if key in result:
            first = lines[(*path, key)]
            problems.append(Problem(where, "each key once", f"it again (first in line {first})", "", line))
            continue
        lines[(*path, key)] = line
        result[key] = _plain(value_node, (*path, key), lines, problems)
    return result


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def _problems(error: ValidationError, document: Document, model: type[StrictModel]) -> Iterator[Problem]:
    for item in error.errors():
        path = tuple(part for part in item["loc"] if not _is_noise(part))
        context = item.get("ctx", {})
        if item["type"] == "conflicts":
            for conflict in context["conflicts"]:
                full = (*path, *conflict.path)
                line = document.line_of(full)
                yield Problem(_dotted(full), conflict.expected, conflict.got, conflict.advice, line)
            continue
        expected, got, advice = _explained(item, path, model)
        yield Problem(_dotted(path), expected, got, advice, document.line_of(path))


def _explained(item: ErrorDetails, path: KeyPath, model: type[StrictModel]) -> tuple[str, str, str]:
    """What was expected, what came and what to do, from one of pydantic's errors."""
    kind = item["type"]
    if kind == "extra_forbidden":
        known = _all_keys(model.model_json_schema(by_alias=True))
        near = difflib.get_close_matches(str(path[-1]), known, n=3)
        advice = f"did you mean {' or '.join(near)}?" if near else "remove it"
        return "a key of the schema", f"unknown key {path[-1]!r}", advice
    if kind == "missing":
        return "a value", "nothing", f"add the key {path[-1]!r}"
    if kind == "quantity":
        context = item.get("ctx", {})
        got = context.get("got")
        return str(context["expected"]), "nothing" if got == "None" else str(got), ""
    expected = item["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    shown = repr(item["input"])
    return expected, shown if len(shown) <= 80 else shown[:77] + "...", ""


def _is_noise(part: str | int) -> bool:
    """Whether a part of pydantic's path names a type and not a key of the file."""
    return isinstance(part, str) and ("[" in part or part == "value")


def _all_keys(schema: object) -> set[str]:
    keys: set[str] = set()
    if isinstance(schema, dict):
        keys.update(schema.get("properties", {}))
        for item in schema.values():
            keys |= _all_keys(item)
    elif isinstance(schema, list):
        for item in schema:
            keys |= _all_keys(item)
    return keys
