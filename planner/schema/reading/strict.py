"""The frozen class under everything read from a file: unknown keys refused, YAML key = field less its unit.

A field `bandwidth_bytes_per_s` is written `bandwidth: 68 GB/s`; the suffix says which units it takes.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from planner.units import UNITS

_SUFFIXES = sorted((f"_{dimension}" for dimension in (*UNITS, "money", "money_per_j")), key=len, reverse=True)


def dimension_of(field: str) -> str | None:
    """The dimension that the name of a Python field ends in: `w` for `power_limit_w`, none for `id`."""
    for suffix in _SUFFIXES:
        if field.endswith(suffix) and len(field) > len(suffix):
            return suffix[1:]
    return None


def yaml_key(field: str) -> str:
    """The YAML key of a Python field: the name without its unit."""
    dimension = dimension_of(field)
    return field if dimension is None else field.removesuffix(f"_{dimension}")


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
