"""The fitted parameters of power, and which family of units an operating point belongs to."""

from __future__ import annotations

import functools
from fnmatch import fnmatchcase

from planner.data_files import database_dir
from planner.hardware.operating_point import OperatingPoint
from planner.schema.fitted.power_model import PowerFamily, PowerModel
from planner.schema.reading.yaml_file import read_model


@functools.cache
def power_model() -> PowerModel:
    """The model as shipped."""
    return read_model(database_dir() / "power" / "system.yaml", PowerModel)


def parameter_values(model: PowerModel) -> dict[str, float]:
    """Name -> value of all parameters; the share of a family under its name, a clock's under `clock_key`."""
    values: dict[str, float] = {name: item.value for name, item in model.parameters.items()}
    values |= {clock_key(clock.part): clock.factor.value for clock in model.clocks}
    return {**values, **{family.name: family.share.value for family in model.families}}


def clock_key(part: str) -> str:
    """Name of the parameter that multiplies the clock's exponent of a part."""
    return f"clock of {part}"


def family_of(model: PowerModel, point: OperatingPoint) -> PowerFamily | None:
    """The first family that covers a unit; None where none does."""
    described = (point.unit_name, point.architecture)
    for family in model.families:
        if point.unit_kind != family.unit_kind or point.form not in family.forms:
            continue
        if any(fnmatchcase(text, word) for word in family.words for text in described):
            return family
    return None
