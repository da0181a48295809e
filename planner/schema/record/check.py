"""A study record is checked when it is read, written as JSON, and published as a JSON Schema."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import cast

from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import ErrorDetails

from planner.errors import InputError, Problem
from planner.schema.reading.problems import KeyPath, dotted
from planner.schema.reading.strict import Untitled
from planner.schema.record.study import SCHEMA, StudyRecord

_EXPECTED = {
    "float_type": "a finite number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text",
    "string_unicode": "text that UTF-8 can carry",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table with text keys",
}
"""What each of pydantic's errors asks for, in the words of the file."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@functools.cache
def _study() -> TypeAdapter[StudyRecord]:
    """Made when it is first asked for: that takes longer than all else that most commands import."""
    return TypeAdapter(StudyRecord)


def read_study(record: Mapping[str, object]) -> StudyRecord:
    """The record itself, once every declared key is there with a value of its type; more keys are allowed.

    Raises `InputError` with all that is missing or of another type.
    """
    try:
        _study().validate_python(record)
    except ValidationError as error:
        raise InputError("study record", [_problem(item) for item in error.errors()]) from None
    found = list(_unsaid(record, ("record",)))
    if found:
        raise InputError("study record", found)
    return cast("StudyRecord", record)


def canonical_json(record: Mapping[str, object]) -> bytes:
    """UTF-8 JSON of the record in its own key order, floats as their shortest exact text, newline at the end.

    Raises `InputError` for a record of another shape.
    """
    read_study(record)
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def study_schema() -> dict[str, object]:
    """JSON Schema (draft 2020-12) of what `planner report --data` writes; more keys are allowed."""
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **_study().json_schema(schema_generator=Untitled),
        "title": f"Study record, version {SCHEMA}",
        "description": "SI units, the unit in the key; null where a number is unknown.",
    }


def _unsaid(value: object, path: KeyPath) -> Iterator[Problem]:
    """What JSON in UTF-8 cannot carry, also under keys that are not declared."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unsaid(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unsaid(item, (*path, index))
    elif isinstance(value, str):
        if _SURROGATE.search(value):
            yield Problem(dotted(path), "text that UTF-8 can carry", repr(value)[:60])
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(dotted(path), "a finite number", repr(value))
    elif value is not None and not isinstance(value, int | float):
        yield Problem(dotted(path), "a value that JSON has", type(value).__name__)


def _problem(item: ErrorDetails) -> Problem:
    where = dotted(("record", *item["loc"]))
    if item["type"] == "missing":
        return Problem(where, "a value, or null where it is unknown", "no such key")
    expected = _EXPECTED.get(item["type"]) or item["msg"].removeprefix("Input should be ")
    text = repr(item["input"])
    return Problem(where, expected, text if len(text) <= 60 else f"{text[:57]}...")
