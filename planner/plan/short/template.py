"""The template of short questions, read once."""

from __future__ import annotations

import functools

from planner.data_files import scenarios_dir
from planner.schema.reading.yaml_file import read_model
from planner.schema.scenario.template import Template


@functools.cache
def template() -> Template:
    """What a question about cameras leaves open: `scenarios/templates/cameras.yaml`."""
    return read_model(scenarios_dir() / "templates" / "cameras.yaml", Template)
