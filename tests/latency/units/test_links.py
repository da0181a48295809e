"""Latency and interval over another link than rates were measured over: the difference, and what bounds."""

from __future__ import annotations

import pytest

import planner
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.hardware.link.links import link_named
from planner.hardware.link.of_part import linked
from planner.latency.estimate import estimate
from planner.latency.record import estimate_record
from planner.zoo.source import read_model

HAILO, CORAL = read_device("hailo-8"), read_device("coral-edgetpu-usb")
YOLO, RESNET, MOBILENET = (read_model(f"zoo:{name}") for name in ("yolov8n", "resnet18", "mobilenet_v1_1.0"))
IMAGE, CLASSES = 224 * 224 * 3, 1000


def over(network, device, link):
    return estimate(network, linked(device, link))


def test_the_link_that_a_part_has_changes_nothing():
    for network, device, link in ((YOLO, HAILO, "pcie3x4"), (MOBILENET, CORAL, "usb3")):
        plain, same = estimate(network, device), over(network, device, link)
        assert (same.latency_s, same.through_s) == (plain.latency_s, plain.through_s)


def test_a_unit_that_waits_pays_the_difference_of_both_transfers():
    """An image in and a thousand classes out in INT8, over USB 2 less over USB 3."""
    fast, slow = estimate(MOBILENET, CORAL), over(MOBILENET, CORAL, "usb2")
    usb2, usb3 = (
        [link_named(name).time_s(size)[1] for size in (IMAGE, CLASSES)] for name in ("usb2", "usb3")
    )
    assert slow.latency_s.mid - fast.latency_s.mid == pytest.approx(sum(usb2) - sum(usb3), rel=1e-6)
    assert slow.latency_s == slow.through_s
    assert slow.link.bound == "link"
    assert slow.link.busy_s.mid == pytest.approx(sum(usb2))


def test_a_pipeline_takes_a_frame_no_sooner_than_its_link_is_free():
    plain, narrow = estimate(YOLO, HAILO), over(YOLO, HAILO, "pcie2x1")
    use = narrow.link
    busy_s = link_named("pcie2x1").time_s(640 * 640 * 3)[1] + use.weights_s.mid
    assert narrow.latency_s.mid == use.busy_s.mid == pytest.approx(busy_s)
    assert (use.bound, use.measured_over.id) == ("link", "pcie3x4")
    assert any("PCIe 2.0 x1" in text for text in narrow.warnings)
    assert narrow.through_s.mid > plain.through_s.mid
    assert narrow.throughput_per_s == pytest.approx(1 / busy_s)


def test_a_chip_that_is_slower_than_its_link_keeps_its_interval():
    plain, narrow = estimate(RESNET, HAILO), over(RESNET, HAILO, "pcie3x2")
    weights_s = narrow.link.weights_s.mid - plain.link.weights_s.mid
    assert narrow.latency_s.mid == pytest.approx(plain.latency_s.mid + weights_s)
    assert narrow.link.bound == "chip"
    assert narrow.through_s.mid > plain.through_s.mid


def test_both_directions_go_at_once_but_on_usb_2():
    both = estimate(YOLO, HAILO).link
    assert both.busy_s.mid == pytest.approx(both.in_s.mid + both.weights_s.mid)
    one = over(MOBILENET, CORAL, "usb2").link
    assert one.busy_s.mid == pytest.approx(one.in_s.mid + one.out_s.mid)


def test_a_batch_moves_so_many_images():
    one, four = (estimate(MOBILENET, CORAL, batch=n).link for n in (1, 4))
    assert four.in_s.mid == pytest.approx(link_named("usb3").time_s(4 * IMAGE)[1])
    assert one.in_s.mid == pytest.approx(link_named("usb3").time_s(IMAGE)[1])


def test_weights_beyond_an_edge_tpu_come_over_the_link_that_is_asked_for():
    vgg = read_model("zoo:vgg16")
    fast, slow = estimate(vgg, CORAL), over(vgg, CORAL, "usb2")
    beyond = slow.memory.weights_bytes - 8e6
    assert slow.link.weights_s.mid == pytest.approx(link_named("usb2").time_s(beyond)[1])
    assert slow.latency_s.mid - fast.latency_s.mid == pytest.approx(
        slow.link.weights_s.mid - fast.link.weights_s.mid + slow.link.busy_s.mid - slow.link.weights_s.mid
        - fast.link.in_s.mid - fast.link.out_s.mid, rel=1e-6,
    )  # fmt: skip


def test_a_slower_link_is_never_faster():
    for network in (YOLO, RESNET):
        times = [
            over(network, HAILO, link) for link in ("pcie3x4", "pcie3x2", "pcie3x1", "pcie2x1", "pcie1x1")
        ]
        for end in ("low", "mid", "high"):
            intervals = [found.latency_s.at(end) for found in times]
            frames = [found.through_s.at(end) for found in times]
            assert intervals == sorted(intervals)
            assert frames == sorted(frames)
        assert all(found.through_s.mid >= found.latency_s.mid for found in times)


def test_the_record_says_the_link_its_transfers_and_what_bounds():
    record = estimate_record(over(YOLO, HAILO, "pcie2x1"))["link"]
    assert (record["id"], record["kind"], record["generation"], record["lanes"]) == ("pcie2x1", "pcie", 2, 1)
    assert record["rate_bytes_per_s"] == pytest.approx(0.5e9)
    assert record["interval_bound"] == "link"
    assert record["transfer_in_s"]["mid"] > record["transfer_out_s"]["mid"] > 0
    assert "link" not in estimate_record(estimate(RESNET, read_device("rk3588"), precision="int8"))


def test_the_python_api_takes_a_link_and_refuses_one_that_is_lacking():
    found = planner.estimate("zoo:mobilenet_v1_1.0", "coral-edgetpu-usb", link="USB 2")
    assert found.link.link.id == "usb2"
    assert (
        planner.estimate("zoo:mobilenet_v1_1.0", "coral-edgetpu-usb", unit="auto", link="usb2").link
        == found.link
    )
    with pytest.raises(InputError, match="usb3, usb2"):
        planner.estimate("zoo:mobilenet_v1_1.0", "coral-edgetpu-usb", link="pcie3x1")
