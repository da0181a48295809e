"""The frozen class under everything read from a file: unknown keys refused, YAML key = field less its unit.

A field `bandwidth_bytes_per_s` is written `bandwidth: 68 GB/s`; the suffix says which units it takes.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticCustomError, core_schema

from planner.units import UNITS

_SUFFIXES = sorted((f"_{dimension}" for dimension in (*UNITS, "money", "money_per_j")), key=len, reverse=True)


@functools.cache
def dimension_of(field: str) -> str | None:
    """The dimension that the name of a Python field ends in: `w` for `power_limit_w`, none for `id`.

    Kept: fields are few, and a reading of the whole database asks a quarter of a million times.
    """
    for suffix in _SUFFIXES:
        if field.endswith(suffix) and len(field) > len(suffix):
            return suffix[1:]
    return None


def yaml_key(field: str) -> str:
    """The YAML key of a Python field: the name without its unit."""
    dimension = dimension_of(field)
    return field if dimension is None else field.removesuffix(f"_{dimension}")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two parts of one file that do not fit together: where, what was expected, what came, what to do."""

    path: tuple[str | int, ...]
    expected: str
    got: str
    advice: str = ""
    of_values: bool = False
    """Whether two numbers disagree, and not two names."""


def refuse_all(conflicts: list[Conflict]) -> PydanticCustomError:
    """A refusal that the reader turns into one `Problem` for each conflict."""
    return PydanticCustomError("conflicts", "parts that fit together", {"conflicts": conflicts})


SMALLEST, LARGEST = 1e-15, 1e18
"""Of a quantity in SI units that is not zero: femtoseconds are no time, and 1e18 W no power of a rack.

Products of several such numbers stay far from what a float can hold, so that no sum becomes infinite.
"""
_SMALLEST_NUMBER, _LARGEST_NUMBER = 1e-30, 1e30
"""Of a number without unit, such as a fitted time of one operation."""


def extreme(number: float) -> bool:
    """Whether a quantity in SI units is none that a thing has; zero is one."""
    return number != 0 and not SMALLEST <= abs(number) <= LARGEST


class StrictModel(BaseModel):
    """Immutable, no unknown keys, YAML keys without unit suffixes."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=yaml_key,
        populate_by_name=False,
        strict=True,
        allow_inf_nan=False,
    )

    def repeats(self) -> frozenset[str]:
        """Fields whose numbers are those of another field, and are not counted again."""
        return frozenset()

    @model_validator(mode="after")
    def _of_this_world(self) -> Self:
        expected = f"0, or a number of {_SMALLEST_NUMBER:g} to {_LARGEST_NUMBER:g} in size"
        conflicts = [
            Conflict((yaml_key(name), *path), expected, f"{number:g}", of_values=True)
            for name, value in self.__dict__.items()
            for path, number in _floats(value)
            if number and not _SMALLEST_NUMBER <= abs(number) <= _LARGEST_NUMBER
        ]
        if conflicts:
            raise refuse_all(conflicts)
        return self


def _floats(value: object) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Numbers of a field: itself, or those in its list or mapping; models inside look at their own."""
    if isinstance(value, float):
        yield (), value
    elif isinstance(value, dict):
        yield from (((str(key),), item) for key, item in value.items() if isinstance(item, float))
    elif isinstance(value, list):
        yield from (((n,), item) for n, item in enumerate(value) if isinstance(item, float))


class Untitled(GenerateJsonSchema):
    """Pydantic's JSON Schema without a title for each key: the key says it already."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        """No field has one."""
        return False


class _AsWritten(Untitled):
    """Without nulls and defaults: a file leaves out what is not known."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


def editor_schema(model: type[StrictModel], title: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the files that `model` describes, for completion in an editor."""
    schema = _named(model.model_json_schema(schema_generator=_AsWritten))
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": title}


def _named(schema: dict[str, Any]) -> dict[str, Any]:
    """Each definition under its title; pydantic's own numbers for generic classes differ between versions."""
    names = {name: body.get("title", name) for name, body in schema["$defs"].items()}
    schema["$defs"] = {names[name]: schema["$defs"][name] for name in sorted(names, key=names.__getitem__)}
    text = re.sub(r"#/\$defs/(\w+)", lambda match: f"#/$defs/{names[match[1]]}", json.dumps(schema))
    return dict(json.loads(text))
