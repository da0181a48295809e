from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from planner.data_files import scenarios_dir
from planner.plan.scenario.file import ScenarioFile, read_scenario
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.scenario import Scenario

SHORT = (
    ("duration: 240 s", "duration: 20 s"),
    ("warmup: 60 s", "warmup: 5 s"),
    ("replications: 6", "replications: 3\n  most_replications: 12"),
)

ALL_DEVICES = """  devices:
    - jetson-nano-4
    - jetson-agx-xavier-32
    - jetson-orin-nano-8
    - jetson-agx-orin-64
    - atlas-200-dk
    - atlas-300i-pro
    - raspberry-pi-5
    - xeon-8380
"""

LineMaker = Callable[..., ScenarioFile]


@pytest.fixture(scope="session")
def line() -> LineMaker:
    """The inspection line, short: with lines of its text replaced, keys added, candidates reduced."""
    path = scenarios_dir() / "line-inspection.yaml"

    def make(*edits: tuple[str, str], devices: str = "", extra: str = "") -> ScenarioFile:
        text = path.read_text() + extra
        chosen = [(ALL_DEVICES, f"  devices: [{devices}]\n")] if devices else []
        for old, new in (*SHORT, *chosen, *edits):
            assert old in text, old
            text = text.replace(old, new)
        scenario = validate(parse_document(text, "changed.yaml"), Scenario)
        return replace(read_scenario(path), scenario=scenario)

    return make
