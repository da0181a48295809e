"""What pydantic says about a file, in the words of the file: key path, expectation, text, advice."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from planner.errors import Problem, nearest_names
from planner.schema.reading.strict import StrictModel
from planner.units import did_you_mean, si_symbol

KeyPath = tuple[str | int, ...]


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `modes[0].idle`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


_MOST_PROBLEMS = 100
"""Of one file, listed; for each the nearest name is looked for."""


def problems_of(
    error: ValidationError,
    values: object,
    line_of: Callable[[KeyPath], int | None],
    model: type[StrictModel],
) -> Iterator[Problem]:
    """Each thing that pydantic refused in these values, with its line."""
    errors = error.errors()
    for item in errors[:_MOST_PROBLEMS]:
        path = key_path(item, values)
        if item["type"] == "conflicts":
            for conflict in item["ctx"]["conflicts"]:
                full = (*path, *conflict.path)
                yield Problem(dotted(full), conflict.expected, conflict.got, conflict.advice, line_of(full))
            continue
        expected, got, advice = _explained(item, path, model)
        yield Problem(dotted(path), expected, got, advice, line_of(path))
    if (more := len(errors) - _MOST_PROBLEMS) > 0:
        yield Problem("file", "none of these", f"{more:,} problems more", "mend those above first")


def without_them(error: ValidationError, values: object) -> tuple[object, tuple[KeyPath, ...]] | None:
    """The values with a placeholder for each one refused, and where; none where nothing was
    refused or one has no placeholder.

    What only concerns how parts fit together is not stood in for.
    """
    if error.error_count() > _MOST_PROBLEMS:
        return None
    repaired = copy.deepcopy(values)
    touched: list[KeyPath] = []
    for item in error.errors():
        if item["type"] == "conflicts":
            continue
        path = key_path(item, values)
        if not _stand_in(repaired, path, item):
            return None
        touched.append(path)
    return (repaired, tuple(touched)) if touched else None


def _stand_in(values: object, path: KeyPath, item: ErrorDetails) -> bool:
    parent: Any = values
    for part in path[:-1]:
        try:
            parent = parent[part]
        except (KeyError, IndexError, TypeError):
            return False
    if not path or not isinstance(parent, dict) or path[-1] not in parent:
        return False
    if item["type"] == "extra_forbidden":
        del parent[path[-1]]
        return True
    stand_in = item.get("ctx", {}).get("stand_in")
    if stand_in is None:
        return False
    number = parent[path[-1]]
    if isinstance(number, dict):
        number["value"] = stand_in
    else:
        parent[path[-1]] = stand_in
    return True


def key_path(item: ErrorDetails, values: object) -> KeyPath:
    """Pydantic's path without the parts that name types; `value` inside a number goes without saying."""
    path: list[str | int] = []
    here: Any = values
    unknown = item["loc"][-1:] if item["type"] == "extra_forbidden" else ()
    for part in item["loc"][: len(item["loc"]) - len(unknown)]:
        if part == "value":
            continue
        held = isinstance(here, dict) and part in here
        if not held and isinstance(part, str) and "[" in part:
            continue
        path.append(part)
        if held or (isinstance(here, list) and isinstance(part, int)):
            here = here[part]
    return (*path, *unknown)


_LIMITS = {"less_than_equal", "less_than", "greater_than_equal", "greater_than"}


def _explained(item: ErrorDetails, path: KeyPath, model: type[StrictModel]) -> tuple[str, str, str]:
    """What was expected, what came and what to do, from one of pydantic's errors."""
    kind = item["type"]
    if kind == "extra_forbidden":
        if item["input"] is None and " " in str(path[-1]):
            return "a key of the schema", f"unknown key {path[-1]!r}", "put a text with a comma in quotes"
        if path[-1] in _all_keys(model):
            return "a key of this block", f"{path[-1]!r}", "it is a key of another block: move it there"
        near = nearest_names(str(path[-1]), _all_keys(model), cutoff=0.7)
        return "a key of the schema", f"unknown key {path[-1]!r}", did_you_mean(near) or "remove it"
    if kind == "missing":
        return "a value", "nothing", f"add the key {path[-1]!r}"
    if kind == "quantity":
        context = item.get("ctx", {})
        got = context.get("got")
        advice = str(context.get("advice") or "")
        return str(context["expected"]), "nothing" if got == "None" else str(got), advice
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        sourced = str(item.get("ctx", {}).get("class_name", "")).startswith("Sourced")
        expected = "a number with `source` and `status`" if sourced else "a mapping of keys to values"
        return expected, "nothing" if item["input"] is None else _shown(item["input"]), ""
    expected = item["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if kind in _LIMITS and isinstance(item["input"], str):
        expected += f" {si_symbol(item['input'])}"  # limits are in SI units, the text may be in another
    advice = ""
    if kind in ("literal_error", "enum") and isinstance(item["input"], str):
        names = re.findall(r"'([^']+)'", str(item.get("ctx", {}).get("expected", "")))
        advice = did_you_mean(nearest_names(item["input"], names, cutoff=0.6))
    return expected.rstrip(), _shown(item["input"]), advice


def _shown(value: object) -> str:
    text = repr(_as_written(value))
    return text if len(text) <= 80 else text[:77] + "..."


def _as_written(value: object) -> object:
    """A list as the file has it, without the origins that its group gave to each entry."""
    if not isinstance(value, list):
        return value
    return [item["value"] if isinstance(item, dict) and "value" in item else item for item in value]


@cache
def _all_keys(model: type[StrictModel]) -> tuple[str, ...]:
    return tuple(sorted(_keys_in(model.model_json_schema(by_alias=True))))


def _keys_in(schema: object) -> set[str]:
    keys: set[str] = set()
    if isinstance(schema, dict):
        keys.update(schema.get("properties", {}))
        for item in schema.values():
            keys |= _keys_in(item)
    elif isinstance(schema, list):
        for item in schema:
            keys |= _keys_in(item)
    return keys
