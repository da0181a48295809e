"""The families of `hardware_db/checks/families.yaml`, and which of them a part belongs to."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from planner.data_files import database_dir
from planner.schema.hardware.checks.families import Families, Family
from planner.schema.reading.yaml_file import read_model


@cache
def families() -> Families:
    """Every family with its sources."""
    return read_model(database_dir() / "checks" / "families.yaml", Families)


def families_of(part: str, architecture: str) -> list[Family]:
    """Those that a part belongs to: a small chip may be in a family of its own and in a larger one."""
    return [
        family
        for family in families().families
        if any(fnmatchcase(architecture, pattern) for pattern in family.architecture)
        or any(fnmatchcase(part, pattern) for pattern in family.parts)
    ]
