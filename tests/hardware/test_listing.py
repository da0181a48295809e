"""The list of parts: filters, modes, sorting and what is unknown."""

from typing import Any

import pytest

from planner.hardware.catalog import read_device
from planner.hardware.listing import SORT_KEYS, Filter, list_parts
from planner.schema.hardware.device import Precision
from planner.schema.reading.quantity import Money

PARTS = [
    read_device(name)
    for name in (
        "atlas-300i-pro", "jetson-agx-orin-64", "jetson-nano-4", "jetson-orin-nano-8", "raspberry-pi-5",
        "xeon-8380",
    )
]  # fmt: skip


def rows(sort: str = "id", **wanted: Any) -> list[dict[str, Any]]:
    return list(list_parts(PARTS, Filter(**wanted), sort).rows)


def ids(sort: str = "id", **wanted: Any) -> list[str]:
    return [row["id"] for row in rows(sort, **wanted)]


def test_a_row_gives_dense_int8_of_one_unit_in_the_default_mode() -> None:
    by_id = {row["id"]: row for row in rows()}
    orin, nano = by_id["jetson-agx-orin-64"], by_id["jetson-nano-4"]

    assert orin["mode"] == "30W"
    assert orin["power_limit_w"] == 30.0
    assert orin["int8_unit"] == "dla"
    assert orin["int8_ops_per_s"] == pytest.approx(22.4e12, rel=0.01)
    assert orin["fastest_mode"] == "MAXN"
    assert orin["fastest_int8_ops_per_s"] == pytest.approx(85.2e12, rel=0.01)
    assert nano["int8_ops_per_s"] is None


def test_filters() -> None:
    assert ids(vendor="nvidia") == ["jetson-agx-orin-64", "jetson-nano-4", "jetson-orin-nano-8"]
    assert ids(vendor="hua*") == ["atlas-300i-pro"]
    assert ids(kind="dla") == ["jetson-agx-orin-64"]
    assert ids(min_memory_bytes=64e9) == ["jetson-agx-orin-64", "xeon-8380"]
    assert "jetson-nano-4" not in ids(precision=Precision.INT8)
    assert "jetson-nano-4" in ids(precision=Precision.FP16)
    assert ids(precision=Precision.FP4) == []


def test_power_chooses_the_strongest_mode_within() -> None:
    by_id = {row["id"]: row for row in rows(max_power_w=15.0)}

    assert "atlas-300i-pro" not in by_id
    assert by_id["jetson-agx-orin-64"]["mode"] == "15W"
    assert by_id["jetson-agx-orin-64"]["bandwidth_bytes_per_s"] == pytest.approx(136.5e9)
    assert {row["mode"] for row in rows(max_power_w=1000.0) if row["id"] == "jetson-agx-orin-64"} == {"MAXN"}


def test_a_price_limit_names_the_parts_that_it_cannot_judge() -> None:
    listing = list_parts(PARTS, Filter(max_price=Money(amount=300, currency="USD")))

    assert {row["id"] for row in listing.rows} == {"jetson-nano-4", "jetson-orin-nano-8", "raspberry-pi-5"}
    (remark,) = listing.remarks
    assert "atlas-300i-pro" in remark
    assert "xeon-8380" not in remark
    assert "jetson-agx-orin-64" not in remark


def test_the_peak_is_that_of_the_kind_and_precision_asked_for() -> None:
    (orin,) = [row for row in rows(kind="gpu", precision=Precision.FP16) if row["id"] == "jetson-agx-orin-64"]

    assert orin["peak_unit"] == "gpu"
    assert orin["peak_ops_per_s"] == pytest.approx(10.027e12)


@pytest.mark.parametrize("sort", SORT_KEYS)
def test_every_order_keeps_all_parts_and_puts_the_unknown_last(sort: str) -> None:
    listed = rows(sort)
    key, descending = SORT_KEYS[sort]
    known = [key(row) for row in listed if key(row) is not None]

    assert {row["id"] for row in listed} == {part.id for part in PARTS}
    assert known == sorted(known, reverse=descending)
    assert all(key(row) is None for row in listed[len(known) :])


def test_prices_of_several_currencies_are_not_mixed() -> None:
    listing = list_parts(PARTS, sort="price")

    assert listing.rows[0]["price_currency"] == "CNY"
    assert any("none is converted" in remark for remark in listing.remarks)
