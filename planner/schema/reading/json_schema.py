"""The JSON Schema of a model, as an editor needs it: bare numbers and group origins allowed where the reader
allows them.

Written from the fields and not by pydantic, so that the text is the same whatever version is installed.
"""

from __future__ import annotations

import types
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from planner.schema.reading.quantity import Money, Origin, Quantity, Sourced
from planner.schema.reading.strict import StrictModel
from planner.units import UNITS

JsonSchema = dict[str, Any]

_SCALARS: dict[object, JsonSchema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def json_schema(model: type[StrictModel], title: str) -> JsonSchema:
    """The schema of the files that `model` describes, in JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_of_model(model),
    }


def _of_model(model: type[StrictModel]) -> JsonSchema:
    fields = model.model_fields
    properties = {_key(name, info): _of_field(info) for name, info in fields.items()}
    required = [_key(name, info) for name, info in fields.items() if info.is_required()]
    schema: JsonSchema = {"type": "object"}
    if model.__doc__:
        schema["description"] = " ".join(model.__doc__.split())
    return {**schema, "properties": properties, "required": required, "additionalProperties": False}


def _key(name: str, info: FieldInfo) -> str:
    return info.alias or name


def _of_field(info: FieldInfo) -> JsonSchema:
    return _of_type(info.annotation, tuple(info.metadata))


def _of_type(kind: Any, metadata: tuple[object, ...] = ()) -> JsonSchema:  # noqa: ANN401 - any annotation
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        return _of_type(inner, tuple(marks))
    for mark in metadata:
        if isinstance(mark, Quantity):
            return _of_quantity(mark)
    if kind in _SCALARS:
        return _SCALARS[kind]
    if isinstance(kind, type) and not get_origin(kind):
        return _of_class(kind)
    return _of_generic(kind)


def _of_quantity(mark: Quantity) -> JsonSchema:
    accepted = ", ".join(UNITS[mark.dimension])
    return {"type": "string", "description": f"a number with one of the units: {accepted}"}


def _of_class(kind: type) -> JsonSchema:
    if issubclass(kind, Sourced):
        bare = _of_field(kind.model_fields["value"])
        return {"anyOf": [bare, {**_of_model(kind), "required": ["value"]}]}
    if issubclass(kind, Money):
        return {"type": "string", "description": "an amount with a currency code, such as 249 USD"}
    if issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    if issubclass(kind, StrictModel):
        return _of_model(kind)
    raise TypeError(f"expected a type that a file may hold, got {kind}")


def _of_generic(kind: Any) -> JsonSchema:  # noqa: ANN401 - any annotation
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _of_type(inner)
    if origin is list:
        return {"type": "array", "items": _of_type(arguments[0])}
    if origin is dict:
        names, item = _of_type(arguments[0]), arguments[1]
        return _of_mapping(names, item)
    raise TypeError(f"expected a type that a file may hold, got {kind}")


def _of_mapping(names: JsonSchema, item: Any) -> JsonSchema:  # noqa: ANN401 - any annotation
    schema: JsonSchema = {"type": "object", "additionalProperties": _of_type(item)}
    if _holds_numbers(item):
        schema["properties"] = {name: _of_field(info) for name, info in Origin.model_fields.items()}
    elif "enum" in names:
        schema["propertyNames"] = names
    return schema


def _holds_numbers(item: Any) -> bool:  # noqa: ANN401 - any annotation
    if isinstance(item, type) and not get_origin(item):
        return issubclass(item, Sourced)
    return get_origin(item) is dict and _holds_numbers(get_args(item)[1])
