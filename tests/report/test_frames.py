"""The chapter about the steps of a frame: every unit and stream, both languages, nothing without a chain."""

from __future__ import annotations

import pytest

from planner import api
from planner.plan.chain_study.record import chain_record
from planner.report.blocks import Bullets, Table
from planner.report.sections.frames import frames
from planner.wording.message import Wording


@pytest.fixture(scope="module")
def with_chain(sample):
    answer = chain_record(api.predict_chain("parking-lpr", "jetson-orin-nano-8", count=6))["answers"][0]
    return {**sample.study(), "chain": answer}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_unit_and_every_step_is_shown(with_chain, language):
    blocks = frames(with_chain, Wording(language))
    (table,) = (block for block in blocks if isinstance(block, Table))
    assert len(table.rows) == len(with_chain["chain"]["units"]) == 6
    (flows,) = (block for block in blocks if isinstance(block, Bullets))
    (flow,) = flows.items
    order = [flow.index(step["step"]) for step in with_chain["chain"]["streams"][0]["steps"]]
    assert order[:3] == sorted(order[:3])
    assert "400 ms" in flow.replace("\xa0", " ")


def test_the_busiest_unit_stands_first_with_its_share(with_chain):
    """2.91 decoders are asked for, so six devices have theirs 48.5 % busy."""
    (table,) = (block for block in frames(with_chain, Wording("en")) if isinstance(block, Table))
    first = table.rows[0]
    assert "NVDEC" in first[0].text
    assert first[3].number == pytest.approx(40 * 24 * 1920 * 1080 / 684e6 / 6, rel=0.01)


def test_nothing_without_a_chain(sample):
    assert frames(sample.study(), Wording("en")) == []
    assert frames({**sample.study(), "chain": None}, Wording("en")) == []
