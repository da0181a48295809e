"""What is taken of a site and of assumed numbers where nothing is stated, read from the database."""

from __future__ import annotations

from functools import cache

from planner.data_files import database_dir
from planner.schema.hardware.surroundings import Surroundings
from planner.schema.reading.yaml_file import read_model


@cache
def surroundings() -> Surroundings:
    """Ranges and defaults with their sources."""
    return read_model(database_dir() / "surroundings" / "limits.yaml", Surroundings)
