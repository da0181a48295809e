"""A baseline of `planner check` is checked when it is read."""

from __future__ import annotations

import json

from pydantic import TypeAdapter, ValidationError

from planner.errors import InputError, Problem
from planner.schema.reading.problems import dotted
from planner.schema.record.changed.check import BaselineRecord

_BASELINE = TypeAdapter(BaselineRecord)
_ADVICE = "write one with `planner check MODEL --device ID --write-baseline FILE`"


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number")


def read_baseline(text: str, source: str) -> BaselineRecord:
    """The baseline in a text; `source` names it. Raises `InputError` with all that is no part of one."""
    try:
        found = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        problem = Problem("content", "a baseline as JSON", str(error).splitlines()[0], _ADVICE)
        raise InputError(source, [problem]) from None
    if not isinstance(found, dict) or "baseline" not in found:
        raise InputError(source, [Problem("content", "a baseline", "another JSON file", _ADVICE)])
    try:
        return _BASELINE.validate_python(found)
    except ValidationError as error:
        problems = [
            Problem(dotted(("baseline", *item["loc"])), item["msg"], repr(item["input"])[:60], _ADVICE)
            for item in error.errors()
        ]
        raise InputError(source, problems[:12]) from None
