"""Every parameter of the transferred models is defined in the glossary."""

import re
from pathlib import Path

import pytest

from planner.latency.transfer.model import NEUTRAL
from planner.latency.transfer.store import read_transfer, transfer_files

TEXT = (Path(__file__).resolve().parents[2] / "NOMENCLATURE.md").read_text()
SECTION = TEXT.split("## Parameters of transferred models")[1].split("\n## ")[0]
ROWS = dict(re.findall(r"^\| `([\w.]+)` \|(.*)\|$", SECTION, flags=re.MULTILINE))


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_parameter_has_a_meaning_and_its_neutral_value(name):
    meaning, _, neutral = (cell.strip() for cell in ROWS[name].split("|"))
    assert len(meaning) > 20
    assert float(neutral) == NEUTRAL[name]


def test_the_glossary_has_no_parameter_that_no_model_knows():
    known = {*NEUTRAL, "joined", "heads", "turned"}
    assert set(ROWS) <= known
    models = [read_transfer(path) for path in transfer_files()]
    assert {name for model in models for name in (*model.parameters, *model.constants)} <= set(ROWS)
