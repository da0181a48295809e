"""Does a plain value have the shape that a `TypedDict` declares? Every difference, by its path."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from planner.errors import Problem

_SURROGATE = re.compile("[\ud800-\udfff]")


def problems_of(value: object, shape: Any, where: str) -> Iterator[Problem]:  # noqa: ANN401 - a type is no value
    """Everything in which `value` differs from `shape`, also numbers that are not finite.

    `shape` is built of TypedDicts, lists, dictionaries with text keys, unions, literals and scalars; more
    keys than the declared ones are allowed, and what lies under `object` need only be representable in JSON.
    """
    if shape is object:
        yield from _unrepresentable(value, where)
    elif is_typeddict(shape):
        yield from _of_record(value, shape, where)
    elif get_origin(shape) in (Union, UnionType):
        yield from _of_union(value, get_args(shape), where)
    elif get_origin(shape) is list:
        yield from _of_list(value, get_args(shape)[0], where)
    elif get_origin(shape) is dict:
        yield from _of_mapping(value, get_args(shape)[1], where)
    elif not _is_scalar(value, shape):
        yield Problem(where, _named(shape), _shown(value))


def _of_record(value: object, shape: Any, where: str) -> Iterator[Problem]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        yield Problem(where, f"the keys of {shape.__name__}", _shown(value))
        return
    for key, part in _declared(shape).items():
        optional = get_origin(part) is NotRequired
        if key in value:
            inner = get_args(part)[0] if optional else part
            yield from problems_of(value[key], inner, f"{where}.{key}")
        elif not optional:
            yield Problem(f"{where}.{key}", "a value, or null where it is unknown", "no such key")


@functools.cache
def _declared(shape: Any) -> Mapping[str, Any]:  # noqa: ANN401
    return get_type_hints(shape, include_extras=True)


def _of_union(value: object, choices: tuple[Any, ...], where: str) -> Iterator[Problem]:
    if value is None and NoneType in choices:
        return
    inner = [choice for choice in choices if choice is not NoneType]
    found = [list(problems_of(value, choice, where)) for choice in inner]
    if all(found):
        yield from min(found, key=len)


def _of_list(value: object, part: Any, where: str) -> Iterator[Problem]:  # noqa: ANN401
    if not isinstance(value, list | tuple):
        yield Problem(where, "a list", _shown(value))
        return
    for index, item in enumerate(value):
        yield from problems_of(item, part, f"{where}[{index}]")


def _of_mapping(value: object, part: Any, where: str) -> Iterator[Problem]:  # noqa: ANN401
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        yield Problem(where, "a table with text keys", _shown(value))
        return
    for key, item in value.items():
        yield from problems_of(item, part, f"{where}.{key}")


def _unrepresentable(value: object, where: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from _of_mapping(value, object, where)
    elif isinstance(value, list | tuple):
        yield from _of_list(value, object, where)
    elif not (value is None or isinstance(value, bool) or _is_scalar(value, str) or _is_scalar(value, float)):
        yield Problem(where, "text, a finite number, a truth value, null, a list or a table", _shown(value))


def _is_scalar(value: object, shape: Any) -> bool:  # noqa: ANN401
    if get_origin(shape) is Literal:
        return value in get_args(shape)
    if shape is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if shape is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if shape is str:
        return isinstance(value, str) and not _SURROGATE.search(value)
    return isinstance(value, shape)


def _named(shape: Any) -> str:  # noqa: ANN401
    if get_origin(shape) is Literal:
        return "one of " + ", ".join(map(str, get_args(shape)))
    return {str: "text", float: "a finite number", int: "a whole number", bool: "true or false"}.get(
        shape, str(shape)
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
