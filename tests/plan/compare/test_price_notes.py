"""What is said of prices beside a table: of what kind they are, and of which parts none is known."""

from __future__ import annotations

import pytest

from planner.hardware.catalog import read_device
from planner.plan.compare.candidate import Limits
from planner.plan.compare.compare import compare
from planner.plan.compare.price_notes import price_notes
from planner.schema.hardware.device import Device, Precision
from planner.schema.reading.quantity import Money
from planner.wording.message import key_of
from planner.zoo.source import read_model


def priced(part: str, **changes: object) -> Device:
    device = read_device(part)
    assert device.price is not None
    return device.model_copy(update={"price": device.price.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"kind": "launch", "covers": "part"}, ["prices.launch"]),
        ({"kind": "shop", "covers": "chip"}, ["prices.shop", "prices.chip"]),
        ({"kind": "list", "covers": "kit"}, ["prices.kit"]),
        ({"kind": "list", "covers": "part"}, []),
        ({"kind": None, "covers": "part"}, []),
    ],
)
def test_a_price_that_is_not_simply_todays_says_what_it_is(
    changes: dict[str, object], keys: list[str]
) -> None:
    found = price_notes([priced("raspberry-pi-5", **changes)])
    assert [key_of(note) for note in found] == keys
    assert all("raspberry-pi-5 (2023-10)" in note for note in found)


def test_parts_without_a_price_are_named_and_many_are_counted() -> None:
    bare = read_device("raspberry-pi-5").model_copy(update={"price": None})
    many = [bare.model_copy(update={"id": f"part-{number}"}) for number in range(11)]
    (note,) = price_notes(many)
    assert key_of(note) == "prices.unknown"
    assert "part-7 and 3 more" in note
    assert "part-8" not in note


def test_a_comparison_says_which_prices_are_unknown_and_never_counts_them_as_zero() -> None:
    network = read_model("zoo:mobilenet_v2_1.0", batch=1)
    devices = [read_device("hailo-8"), read_device("rk3562")]
    assert devices[1].price is None
    limits = Limits(budget=Money(amount=1.0, currency="USD"))
    found = compare(network, devices, precisions=[Precision.INT8], limits=limits)
    assert any(key_of(note) == "prices.unknown" and "rk3562" in note for note in found.notes)
    unknown = next(item for item in found.candidates if item.estimate.device == "rk3562")
    assert unknown.price is None
    assert any("price unknown" in reason for reason in unknown.reasons)
