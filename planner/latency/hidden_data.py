"""The sourced costs around inference, read once."""

from __future__ import annotations

import functools

from planner.data_files import database_dir
from planner.schema.hidden_costs import HiddenCosts
from planner.schema.yaml_file import read_model


@functools.cache
def hidden_costs_data() -> HiddenCosts:
    """The file as shipped."""
    return read_model(database_dir() / "hidden" / "costs.yaml", HiddenCosts)
