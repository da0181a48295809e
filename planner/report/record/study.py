"""The whole record: its shape, its check, its bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NotRequired, TypedDict, cast

from planner.errors import InputError
from planner.report.record.formulas import Formula
from planner.report.record.latency import Footprint, Rival, Roofline, Rung
from planner.report.record.money import Spending
from planner.report.record.options import Answer, Constraint, Option
from planner.report.record.question import (
    Assumption,
    Digest,
    Network,
    Scenario,
    Source,
    Stream,
    Tool,
    Value,
)
from planner.report.record.rack import Density, Elevation, Hour, Rack, Slots
from planner.report.record.trust import Pitfall, Validation
from planner.report.record.turning import WhatIf
from planner.report.shape import problems_of
from planner.wording.catalog import Language

SCHEMA = 1


class Study(TypedDict):
    """The whole record."""

    schema: int
    language: NotRequired[Language]
    tool: Tool
    scenario: Scenario
    answer: Answer
    streams: list[Stream]
    networks: list[Network]
    options: list[Option]
    chosen: Option | None
    constraints: list[Constraint]
    roofline: list[Roofline]
    ladder: list[Rung]
    rivals: list[Rival]
    rack: Rack | None
    what_if: NotRequired[WhatIf | None]
    elevation: NotRequired[Elevation | None]
    slots: NotRequired[Slots | None]
    day: NotRequired[list[Hour] | None]
    density: NotRequired[Density | None]
    footprint: NotRequired[list[Footprint]]
    spending: NotRequired[Spending]
    pitfalls: NotRequired[list[Pitfall]]
    validation: NotRequired[list[Validation]]
    assumptions: list[Assumption]
    formulas: NotRequired[list[Formula]]
    figures: list[Value]
    sources: list[Source]
    warnings: list[str]
    digests: list[Digest]


def read_study(record: Mapping[str, object]) -> Study:
    """The record as a `Study`, once every key and type is as the shape says.

    Raises `InputError` with all that is missing or of another type.
    """
    found = tuple(problems_of(record, Study, "record"))
    if found:
        raise InputError("study record", found)
    return cast("Study", record)


def canonical_json(record: Mapping[str, object]) -> bytes:
    """UTF-8 JSON of the record in its own key order, floats as their shortest exact text, newline at the end.

    Raises `InputError` where a number is not finite, because JSON has no such number.
    """
    found = tuple(problems_of(record, dict[str, object], "record"))
    if found:
        raise InputError("study record", found)
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
