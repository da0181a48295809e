"""What a report says of the cooler: resistance, range, and how probable throttling is, in both languages."""

from __future__ import annotations

import pytest

from planner.report.blocks import Paragraph, Table
from planner.report.sections.heat import heat
from planner.wording.message import Wording


def record(sample, probability):
    end = {
        "time_to_throttle_s": 535.0,
        "shutdown_s": None,
        "first_minute_per_s": 5.5,
        "last_minute_per_s": 3.5,
        "hottest_c": 82.3,
        "throttled_share": 0.85,
    }
    study = sample.study()
    study["chosen"] |= {
        "cooler": {
            "id": "passive",
            "kind": "passive_sink",
            "name": None,
            "resistance_k_per_w": 3.2,
            "low_k_per_w": 2.08,
            "high_k_per_w": 4.48,
            "boundary": "module",
            "fan": False,
            "status": "assumed",
            "source": "judgement",
        },
        "throttle_probability": probability,
    }
    study["soak"] = {
        "duration_s": 3600.0,
        "ambient_c": 45.0,
        "altitude_m": 0.0,
        "power_w": 9.3,
        "cooler": "passive",
        "resistance_k_per_w": {"low": 2.08, "mid": 3.2, "high": 4.48},
        "status": "assumed",
        "throttle_c": 80.0,
        "best": {**end, "time_to_throttle_s": None},
        "planned": end,
        "worst": {**end, "shutdown_s": 900.0},
    }
    return study


@pytest.mark.parametrize(
    ("language", "probability", "said"),
    [
        ("en", 0.354, "throttles with a probability of 35"),
        ("en", 0.0, "throttles with a probability of < 1"),
        ("zh", 0.354, "降频概率为 35"),
    ],
)
def test_the_cooler_is_said_with_how_probable_throttling_is(sample, language, probability, said):
    blocks = heat(record(sample, probability), Wording(language))
    text = next(block.text for block in blocks if isinstance(block, Paragraph))
    assert "3.2 K/W" in text
    assert said in text
    table = next(block for block in blocks if isinstance(block, Table))
    assert [row[1].number for row in table.rows] == [None, 535.0, 535.0]


def test_nothing_is_said_of_a_probability_that_is_not_known(sample):
    study = record(sample, None)
    blocks = heat(study, Wording("en"))
    text = next(block.text for block in blocks if isinstance(block, Paragraph))
    assert "probability" not in text
