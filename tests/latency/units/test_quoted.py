"""Networks that a part's own sources quote move its roofline, in a band that such rows have earned."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from planner.data_files import database_dir
from planner.errors import InputError
from planner.hardware.catalog import device_ids, read_device
from planner.hardware.link.of_part import linked
from planner.latency.estimate import estimate
from planner.latency.point import point_for
from planner.latency.seen.quoted import moved_by, rows_for, seen_units
from planner.latency.transfer.store import missed_of, read_transfer, transfer_files
from planner.schema.hardware.device import Device
from planner.schema.reading.yaml_file import parse_document, validate
from planner.zoo.registry import names
from planner.zoo.source import read_model

IMX, CORAL = read_device("imx8mp"), read_device("coral-edgetpu-usb")
RESNET, MOBILENET = read_model("zoo:resnet18"), read_model("zoo:mobilenet_v2_1.0")


def on(network, device, **asked):
    return estimate(network, device, unit="npu", precision="int8", **asked)


def test_the_roofline_takes_what_is_quoted_in_part():
    """i.MX 8M Plus: 6.96 ms over its roofline, to the power that one network has been seen to keep."""
    ideal, found = (on(MOBILENET, IMX, transfer=wanted) for wanted in (False, True))
    told, missed = seen_units().networks["1"], missed_of("npu", "timvx").median
    ratio = 6.96e-3 / ideal.latency_s.mid
    assert found.latency_s.mid == pytest.approx(ideal.latency_s.mid * missed * (ratio / missed) ** told.keep)
    assert [item.ratio for item in found.anchors] == pytest.approx([ratio])
    assert found.provenance.value == "assumed"
    assert any(note.key == "estimated.quoted" for note in found.warnings)
    # The same for a network that nobody quotes.
    assert on(RESNET, IMX).latency_s.mid > 3 * on(RESNET, IMX, transfer=False).latency_s.mid


def test_the_band_is_what_as_many_networks_left_and_no_narrower_than_a_fitted_one():
    fitted = [
        item
        for transfer in map(read_transfer, transfer_files())
        if transfer.covers.unit_kind == "npu"
        for item in transfer.residuals
        if item.kind == "cnn"
    ]
    for device_id in device_ids():
        device = read_device(device_id)
        for unit in [name for name, own in device.units.items() if own.quoted]:
            point = point_for(device, unit=unit, precision="int8")
            found = moved_by(rows_for(point), point)
            told = seen_units().networks[str(found.families)]
            assert found.low <= min([told.low, *(item.low for item in fitted)])
            assert found.high >= max([told.high, *(item.high for item in fitted)])
            missed = missed_of("npu", point.engine)
            assert missed.low < found.low, "what was seen says more than what was not"
            assert found.high < missed.high


def test_more_networks_never_narrow_more_than_was_measured():
    widths = [math.log(item.high / item.low) for item in seen_units().networks.values()]
    keeps = [item.keep for item in seen_units().networks.values()]
    assert widths == sorted(widths, reverse=True)
    assert keeps == sorted(keeps)
    between, within = seen_units().between, seen_units().within
    assert keeps[0] == pytest.approx(between**2 / (between**2 + within**2), abs=0.01)


def test_families_count_and_not_rows():
    point = point_for(CORAL)
    rows = rows_for(point)
    assert len(rows) == 3
    assert moved_by(rows, point).families < 3, "two of them are MobileNets"
    assert moved_by(rows + rows, point).factor == pytest.approx(moved_by(rows, point).factor)


def test_another_link_adds_its_transfers_and_moves_no_anchor():
    fast, slow = on(MOBILENET, CORAL), on(MOBILENET, linked(CORAL, "usb2"))
    crossed = slow.link.in_s.mid + slow.link.out_s.mid - fast.link.in_s.mid - fast.link.out_s.mid
    assert slow.latency_s.mid - fast.latency_s.mid == pytest.approx(crossed, rel=1e-6)
    assert [item.ratio for item in slow.anchors] == [item.ratio for item in fast.anchors]


def test_a_row_over_another_link_is_compared_without_its_transfers():
    point = point_for(CORAL)
    row = rows_for(point)[0]
    over = row.model_copy(update={"link": "usb2"})
    assert moved_by([over], point).factor < moved_by([row], point).factor


def test_published_anchors_have_the_quoted_rows():
    found = on(MOBILENET, IMX, published=True)
    assert len(found.anchors) == 1
    assert "quoted by the sources of imx8mp" in found.anchors[0].name
    assert found.latency_s.mid == pytest.approx(6.96e-3, rel=0.02)


def test_transformers_and_other_engines_keep_the_band_of_units_never_seen():
    deit = on(read_model("zoo:deit_tiny"), IMX)
    assert deit.anchors == ()
    assert any(note.key == "estimated.missed" for note in deit.warnings)
    assert on(RESNET, IMX, engine="generic").anchors == ()
    assert on(RESNET, IMX, transfer=False).anchors == ()


def test_every_quoted_network_is_of_the_zoo_and_of_an_engine_of_its_unit():
    known = set(names())
    quoted = 0
    for device_id in device_ids():
        for unit in read_device(device_id).units.values():
            for row in unit.quoted:
                assert row.network in known
                assert row.engine in unit.engines
                assert row.precision in unit.peaks_ops_per_s
                quoted += 1
    assert quoted >= 8


def imx(new: str) -> Device:
    text = (database_dir() / "devices" / "imx8mp.yaml").read_text(encoding="utf-8")
    old = "latency: {value: 6.96 ms, source: note, status: vendor, confidence: high}"
    assert old in text
    return validate(parse_document(text.replace(old, new), "imx8mp.yaml"), Device)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("note: nothing", "quoted"),
        (
            "latency: {value: 7 ms, source: note, status: vendor}\n"
            "        rate: {value: 140 /s, source: note, status: vendor}",
            "either",
        ),
        ("latency: {value: 0 ms, source: note, status: vendor}", "latency"),
        ("latency: {value: 7, source: note, status: vendor}", "unit"),
        ("latency: {value: 7 ms, source: nobody, status: vendor}", "nobody"),
        ("latency: {value: 7 ms, source: note, status: vendor}\n        batch: 0", "batch"),
        ("latency: {value: 7 ms, source: note, status: vendor}\n        link: serial", "link"),
    ],
)
def test_a_quoted_row_without_one_time_is_refused(new, message):
    with pytest.raises(InputError, match=message):
        imx(new)


def test_a_rate_is_the_time_of_its_batch():
    row = read_device("am68a").units["npu"].quoted[0]
    assert row.time_s == pytest.approx(1 / 500)
    assert replace(point_for(IMX), quoted=()).quoted == ()
