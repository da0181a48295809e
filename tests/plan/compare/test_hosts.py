"""A part that is no computer is compared alone: the host that it needs is named beside it."""

from __future__ import annotations

from planner import api
from planner.plan.record.options import comparison_record
from planner.wording.message import key_of


def test_the_usual_host_of_a_part_that_is_no_computer_is_named():
    network = api.read_onnx("zoo:mobilenet_v2_1.0")
    found = api.compare(network, ["hailo-8", "coral-edgetpu-usb", "t4", "jetson-orin-nano-8"])
    record = comparison_record(found)
    hosts = {item["device"]: item["host"] and item["host"]["id"] for item in record["candidates"]}
    assert hosts == {
        "hailo-8": "raspberry-pi-5-hat",
        "coral-edgetpu-usb": "raspberry-pi-5-hat",
        "t4": "server-2u-pcie",
        "jetson-orin-nano-8": None,
    }
    # One line for each host: which parts, and what it adds to the price and the power of the table.
    notes = [text for text in found.notes if key_of(text) == "hosting.without"]
    assert len(notes) == 2
    assert any("coral-edgetpu-usb" in text and "115 USD and 5 W" in text for text in notes)


def test_a_module_that_is_a_computer_needs_none():
    found = api.compare(api.read_onnx("zoo:mobilenet_v2_1.0"), ["jetson-orin-nano-8"])
    assert [text for text in found.notes if key_of(text) == "hosting.without"] == []
