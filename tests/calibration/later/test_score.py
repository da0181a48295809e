"""Scores of rows that came later: by hand, and on a few rows of each kind."""

import math

import pytest

from planner.calibration.later.groups import group_scores
from planner.calibration.later.kept import as_text, kept_scores
from planner.calibration.later.record import group_for, kept_for
from planner.calibration.later.rows import LaterRow
from planner.calibration.later.score import ScoredRow, score_of, scored
from planner.hardware.catalog import read_device
from planner.hardware.operating_point import choose_mode, fastest_mode
from planner.latency.band import Band
from planner.provenance import Provenance
from planner.schema.hardware.device import Precision


def row(device="t4", unit="gpu", model="resnet18", **other):
    values = {
        "id": "x", "line": 2, "device": device, "unit": unit, "mode": None, "model": model, "side": None,
        "precision": "fp16", "batch": 1, "threads": None, "engine": "tensorrt", "metric": "latency_ms",
        "value": 2.0, "statistic": "", "source": "a page", "note": "", "trust": "A",
    }  # fmt: skip
    return LaterRow(**{**values, **other})


def judged(seconds, low, mid, high):
    return ScoredRow(
        row(value=seconds * 1e3), "tensorrt", "gpu", "card", "default", Precision.FP16, attention=False,
        band=Band(low, mid, high, 0.9), provenance=Provenance.TRANSFERRED,
    )  # fmt: skip


def test_a_score_is_worked_out_by_hand():
    """Factors 2, 1/1.5 and 1: the median of them off is 1.5, two of three lie in their bands."""
    rows = [judged(2.0, 0.8, 1.0, 1.2), judged(2.0, 1.5, 3.0, 6.0), judged(1.0, 0.5, 1.0, 2.0)]
    found = score_of(rows)
    assert found.median == pytest.approx(1.5)
    assert found.bias == pytest.approx(1.0)
    assert found.held == pytest.approx(2 / 3)
    assert found.within_two == pytest.approx(2 / 3)
    assert found.half_width == pytest.approx(2.0)
    assert math.log(found.p90) == pytest.approx(math.log(1.5) + 0.8 * math.log(2.0 / 1.5))
    assert score_of([]) is None


def test_a_row_without_a_mode_is_asked_in_the_fastest_and_in_the_delivered_one():
    rows = [row(device="jetson-agx-orin-64")]
    device = read_device("jetson-agx-orin-64")
    (likely,), _ = scored(rows, "likely")
    (default,), _ = scored(rows, "default")
    assert likely.mode == fastest_mode(device, "gpu").id == "MAXN"
    assert default.mode == choose_mode(device, None).id != "MAXN"
    assert default.band.mid > 1.5 * likely.band.mid


def test_what_cannot_be_predicted_says_why():
    asked = [row(device="no-such-part"), row(model="no_such_network"), row(unit="npu")]
    found, refused = scored(asked, "likely")
    assert not found
    assert [item.reason.partition(":")[0] for item in refused[:2]] == ["no-such-part", "no_such_network"]


def test_groups_tell_attention_and_single_precision_apart():
    asked = [row(), row(precision="fp32"), row(model="vit_b_16"), row(model="yolo11n")]
    found, _ = scored(asked, "likely")
    rows = {item.group: item.score.rows for item in group_scores(found)}
    assert rows["tensorrt, cards"] == 4
    assert rows["tensorrt, cards, attention"] == 1
    assert rows["tensorrt, cards, FP32"] == 1


def test_kept_scores_are_those_before_anything_was_changed():
    kept = kept_scores()
    assert as_text(kept).splitlines()[0].startswith("came,scored,when,mode,group,rows")
    first = next(
        item for item in kept if (item.came, item.mode, item.group) == ("2026-11-30", "likely", "all")
    )
    assert first.when == "as they came"
    assert first.score.median == pytest.approx(1.509)
    found = kept_for(kept, "tensorrt", "gpu", "module")
    assert found.group == group_for("tensorrt", "gpu", "module") == "tensorrt, Jetson"
    assert kept_for(kept, "no-such-engine", "npu", "module") is None
