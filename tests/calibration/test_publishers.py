"""Publishers left out whole: what a band holds of the next one, and what the rows of others narrow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.calibration.transfer.effects_fit import across, between_publishers
from planner.calibration.transfer.join import join
from planner.calibration.transfer.observations import observations
from planner.calibration.transfer.validate import (
    LeftOut,
    as_asked,
    leave_out,
    next_group,
    publisher_group,
    residuals,
    span,
)
from planner.hardware.measurements import read_measurements
from planner.latency.transfer.effects import PUBLISHER_TO_PUBLISHER
from planner.latency.transfer.store import transfer_files, transfer_named

TENSORRT = transfer_named("tensorrt-gpu")
LEVEL = 0.9


def row(item, scheme, group, ratio):
    """A row that was measured at so many times its prediction."""
    return LeftOut(item, scheme, group, item.latency_s / ratio)


def spread_of(item, scheme, groups, ratios):
    return [row(item, scheme, f"{scheme} {g}", ratio) for g in range(groups) for ratio in ratios]


def test_a_band_holds_the_next_device_and_the_next_publisher_each_by_itself(found):
    """Devices scatter by 1.2 either way, publishers by 0.9 to 2: the low end is the devices', the high the
    publishers'. With the same errors in each group the quantiles are those of one group, by hand 5 and 95 %
    of three equal steps (the ends), times Student's factor for one group more."""
    item = next(item for item in found if item.kind == "cnn")
    devices = spread_of(item, "device", 8, (1 / 1.2, 1.0, 1.2))
    publishers = spread_of(item, "publisher", 8, (0.9, 1.0, 2.0))
    (alone,), (both,) = residuals(devices, LEVEL), residuals([*devices, *publishers], LEVEL)
    wider = next_group(8, LEVEL)
    assert np.log(alone.high) == pytest.approx(wider * np.log(1.2), rel=1e-3)
    assert both.low == alone.low
    assert np.log(both.high) == pytest.approx(wider * np.log(2.0), rel=1e-3)
    assert (alone.publishers, both.publishers) == (0, 8)


def test_two_publishers_are_too_few_to_say_what_the_next_one_does(found):
    item = next(item for item in found if item.kind == "cnn")
    devices = spread_of(item, "device", 8, (1 / 1.2, 1.0, 1.2))
    few = spread_of(item, "publisher", 2, (0.5, 1.0, 4.0))
    assert residuals([*devices, *few], LEVEL) == residuals(devices, LEVEL)


def test_a_publisher_of_most_rows_is_not_left_out(found):
    many = [item for item in found if publisher_group(item) == "trtbert"][:12]
    few = [item for item in found if publisher_group(item) != "trtbert"][:6]
    left = {row.group for row in leave_out(TENSORRT, [*many, *few], "publisher")}
    assert left == set()  # what is left after trtbert are fewer than three


def test_a_publisher_is_left_out_with_the_program_that_he_calls_from(found):
    """A new publisher's program is not known: the row is asked as a user asks."""
    item = next(item for item in found if item.profile == "mmdeploy")
    assert as_asked(TENSORRT, item).profile == ""
    yolo = next(item for item in found if item.model == "yolov8n")
    assert as_asked(TENSORRT, yolo).profile == "ultralytics"


def test_others_rows_narrow_by_what_they_take_off_and_never_widen(found):
    """Six publishers of one setting: each is 1.5 times the model. The others' rows take that off, but for
    the least that is left; where the others lie on the other side nothing is narrowed."""
    items = [replace(found[0], rows=(f"p{g}-1",)) for g in range(6)]
    effects = {"setting": 0.3, "network": 0.3}

    def others(own, ratio):
        return tuple((other, other.latency_s / ratio) for other in items if other is not own)

    def publishers(ratio):
        errors = np.exp(np.linspace(-0.4, 0.4, 6))
        return [
            replace(row(item, "publisher", f"p{g}", 1.5 * error), others=others(item, ratio * error))
            for g, (item, error) in enumerate(zip(items, errors, strict=True))
        ]

    helped, misled = across(effects, publishers(1.5), LEVEL), across(effects, publishers(1.0), LEVEL)
    assert helped is not None
    assert misled is not None
    assert helped.publishers == 6
    assert 0 < helped.high < 0.6
    assert misled.high <= 1.0
    assert across(effects, publishers(1.5)[:2], LEVEL) is None
    assert across(effects, [], LEVEL) is None


def test_publishers_of_one_setting_differ_by_the_root_mean_square_about_their_mean(found):
    """Ten settings with two publishers 1.2 apart: log(1.2) / sqrt(2) for each degree of freedom."""
    base = [replace(item, rows=("a-1",)) for item in {(i.model, i.device): i for i in found}.values()][:10]
    other = [replace(item, rows=("b-1",), latency_s=1.2 * item.latency_s) for item in base]
    assert between_publishers([*base, *other]) == pytest.approx(np.log(1.2) / np.sqrt(2), rel=1e-6)
    assert between_publishers([*base[:3], *other[:3]]) == PUBLISHER_TO_PUBLISHER


def test_shares_of_shipped_models_are_of_publishers_that_were_left_out():
    for model in (transfer_named(path.stem) for path in transfer_files()):
        shown = model.anchoring.across if model.anchoring else None
        if shown is not None:
            assert shown.publishers >= 3
            assert 0 < shown.low <= 1
            assert 0 < shown.high <= 1


def test_no_publisher_is_narrower_than_the_devices_of_a_shipped_band(found):
    kinds = {item.kind: item for item in TENSORRT.residuals}
    assert kinds["cnn"].publishers >= 8
    assert kinds["transformer"].publishers >= 3
    assert kinds["cnn"].low < 1 < kinds["cnn"].high
    assert span(spread_of(found[0], "device", 4, (1.0,)), LEVEL).high == pytest.approx(0.0)


def test_published_rows_are_read_with_the_version_that_they_ran():
    rows = {row.id: row for row in read_measurements(corrected=True)}
    picked = {
        prefix: next(row for name, row in rows.items() if name.startswith(prefix) and row.model in models)
        for prefix, models in (("paddleclas", ("deit_tiny",)), ("trtbert", ("bert_base",)))
    }
    matched = {item.id.partition("-")[0]: item for item in join(picked.values()).matched}
    assert matched["paddleclas"].engine_version == "8.0.3.4"
    assert not matched["paddleclas"].own_kernels
    assert matched["trtbert"].own_kernels
    items = {item.rows[0].partition("-")[0]: item for item in observations(matched.values())[0]}
    assert items["paddleclas"].table.spelt_out.all()
    assert not items["trtbert"].table.spelt_out.any()
