"""The published shape of the data file: a JSON Schema from the declarations that check the record."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from planner.report.record import SCHEMA, Study

_SCALARS: Mapping[Any, str] = {str: "string", float: "number", int: "integer", bool: "boolean"}


def study_schema() -> dict[str, object]:
    """JSON Schema (draft 2020-12) of what `planner report --data` writes; more keys are allowed."""
    shapes: dict[str, object] = {}
    root = _schema(Study, shapes)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Study record, version {SCHEMA}",
        "description": "SI units, the unit in the key; null where a number is unknown.",
        **root,
        "$defs": dict(sorted(shapes.items())),
    }


def _schema(shape: Any, shapes: dict[str, object]) -> dict[str, object]:  # noqa: ANN401 - a type is no value
    origin, parts = get_origin(shape), get_args(shape)
    if is_typeddict(shape):
        return _record(shape, shapes)
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(part, shapes) for part in parts]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is list:
        return {"type": "array", "items": _schema(parts[0], shapes)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(parts[1], shapes)}
    if shape is NoneType:
        return {"type": "null"}
    return {"type": _SCALARS[shape]}


def _record(shape: Any, shapes: dict[str, object]) -> dict[str, object]:  # noqa: ANN401
    name = shape.__name__
    if name not in shapes:
        shapes[name] = {}
        fields = get_type_hints(shape, include_extras=True)
        optional = {key for key, part in fields.items() if get_origin(part) is NotRequired}
        shapes[name] = {
            "type": "object",
            "description": " ".join((shape.__doc__ or "").split()),
            "properties": {
                key: _schema(get_args(part)[0] if key in optional else part, shapes)
                for key, part in fields.items()
            },
            "required": [key for key in fields if key not in optional],
        }
    return {"$ref": f"#/$defs/{name}"}
