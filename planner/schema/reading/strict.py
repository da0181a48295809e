"""The frozen class under everything read from a file: unknown keys refused, YAML key = field less its unit.

A field `bandwidth_bytes_per_s` is written `bandwidth: 68 GB/s`; the suffix says which units it takes.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

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
