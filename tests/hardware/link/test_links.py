"""Links: what they carry by hand, which a part can have, and what is refused."""

from __future__ import annotations

import pytest

from planner.data_files import database_dir
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import device_ids, read_device
from planner.hardware.link.links import link_kinds, link_named, links
from planner.hardware.link.of_part import delivered_link, linked, links_of, measured_link
from planner.hardware.physics import physics_conflicts
from planner.schema.hardware.device import Device
from planner.schema.hardware.host import LinkKinds
from planner.schema.reading.yaml_file import parse_document, validate

HAILO = read_device("hailo-8")


@pytest.mark.parametrize(
    ("link", "rate", "mid_share"),
    [
        ("pcie3x4", 4 * 8e9 * 128 / 130 / 8, 128 / (128 + 26)),
        ("pcie2x1", 5e9 * 8 / 10 / 8, 128 / (128 + 26)),
        ("usb3", 5e9 * 8 / 10 / 8, 385e6 / 500e6),
        ("usb2", 13 * 512 * 8000, 38e6 / 53.248e6),
    ],
)
def test_rates_and_what_payloads_reach_by_hand(link, rate, mid_share):
    found = link_named(link)
    assert found.rate_bytes_per_s == pytest.approx(rate, rel=1e-3)
    assert found.delivered_bytes_per_s[1] == pytest.approx(rate * mid_share, rel=0.01)
    assert found.delivered_bytes_per_s == tuple(sorted(found.delivered_bytes_per_s))


def test_an_image_over_usb_2_takes_its_bytes_and_a_microframe():
    """224 x 224 x 3 bytes over 71 % of 53.248 MB/s, and 125 us."""
    _, mid_s, _ = link_named("usb2").time_s(150_528)
    assert mid_s == pytest.approx(150_528 / (0.71 * 53.248e6) + 125e-6)
    low_s, _, high_s = link_named("usb2").time_s(150_528, transfers=3)
    assert high_s - low_s > 2 * (375e-6 - 62.5e-6)


def test_half_duplex_is_usb_2_alone():
    assert {link.id for link in links().values() if link.duplex == "half"} == {"usb2"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [("pcie3x4", "pcie3x4"), ("PCIe Gen2 x1", "pcie2x1"), ("PCI Express 4.0 x16", "pcie4x16"),
     ("USB 3.1", "usb3"), ("usb-2", "usb2"), ("pcie3", "pcie3x1")],
)  # fmt: skip
def test_links_are_named_as_datasheets_write_them(text, meant):
    assert link_named(text).id == meant


@pytest.mark.parametrize("text", ["", "usb1", "pcie3x3", "pcie9x4", "thunderbolt", "pcie", "x4"])
def test_what_is_no_link_is_refused(text):
    with pytest.raises(UnknownIdError, match="link"):
        link_named(text)


def test_a_part_works_over_slower_links_and_not_over_others():
    ids = [link.id for link in links_of(HAILO)]
    assert ids[0] == "pcie3x4"
    assert {"pcie3x1", "pcie2x1", "pcie1x1"} <= set(ids)
    assert not {"pcie4x4", "pcie3x8", "usb3"} & set(ids)
    assert [link.id for link in links_of(read_device("coral-edgetpu-usb"))] == ["usb3", "usb2"]
    assert [link.id for link in links_of(read_device("raspberry-pi-ai-hat-plus-26"))] == [
        "pcie3x1",
        "pcie2x1",
    ]


@pytest.mark.parametrize("asked", ["usb2", "pcie4x4", "pcie3x16", "nonsense"])
def test_a_link_that_a_part_lacks_is_refused_with_what_it_has(asked):
    with pytest.raises(InputError) as caught:
        linked(HAILO, asked)
    problem = caught.value.problems[0]
    assert (problem.where, problem.got) == ("link", repr(asked))
    assert "hailo-8: pcie3x4" in problem.expected
    assert "pcie2x1" in problem.expected


def test_a_computer_has_no_link():
    board = read_device("rk3588")
    assert delivered_link(board) is None
    assert linked(board, None) is board
    with pytest.raises(InputError, match="attached to no host"):
        linked(board, "usb3")


def test_the_part_over_another_link_keeps_what_it_was_measured_over():
    moved = linked(HAILO, "pcie2x1")
    assert (delivered_link(moved).id, measured_link(moved).id) == ("pcie2x1", "pcie3x4")
    assert moved.host_link.bandwidth_bytes_per_s.value == pytest.approx(0.5e9)
    back = linked(moved, "pcie3x4")
    assert delivered_link(back) == delivered_link(HAILO)
    assert measured_link(read_device("raspberry-pi-ai-hat-plus-13")).id == "pcie3x2"


def test_every_part_with_a_host_has_a_link_of_the_table():
    for device_id in device_ids():
        device = read_device(device_id)
        assert (delivered_link(device) is None) == (device.needs_host is None), device_id


def hailo(old: str, new: str) -> Device:
    text = (database_dir() / "devices" / "hailo-8.yaml").read_text(encoding="utf-8")
    assert old in text
    return validate(parse_document(text.replace(old, new), "hailo-8.yaml"), Device)


@pytest.mark.parametrize(
    ("new", "where"),
    [
        ("delivered: pcie3x8", ("link", "delivered")),
        ("delivered: usb3", ("link", "delivered")),
        ("delivered: pcie3x1", ("host_link", "bandwidth")),
        ("delivered: pcie3x4\n  others: [pcie3x4]", ("link", "others", 0)),
        ("delivered: pcie3x4\n  others: [usb2]", ("link", "others", 0)),
    ],
)
def test_a_link_that_contradicts_the_slot_or_the_rate_is_named(new, where):
    found = list(physics_conflicts(hailo("delivered: pcie3x4", new)))
    assert where in [conflict.path for conflict in found]
    assert not list(physics_conflicts(HAILO))


@pytest.mark.parametrize("bad", ["delivered: pcie6x4", "delivered: x4", "delivered: 3", "delivered: [usb3]"])
def test_a_link_that_is_none_is_refused_in_a_file(bad):
    with pytest.raises(InputError, match=r"link\.delivered"):
        hailo("delivered: pcie3x4", bad)


def test_a_table_whose_ends_are_out_of_order_is_refused():
    text = (database_dir() / "surroundings" / "links.yaml").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="in order"):
        validate(
            parse_document(text.replace("low_share: {value: 57 %", "low_share: {value: 75 %"), "x"), LinkKinds
        )
    assert link_kinds().links["usb2"].low_share_ratio.value == pytest.approx(0.57)
