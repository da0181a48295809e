"""The record, the ledger and the table of a part."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from planner.hardware.catalog import device_ids, read_device
from planner.hardware.datasheet import device_record, figures
from planner.schema.reading.quantity import numbers_in

STATUSES = {"vendor", "measured", "derived", "assumed"}


def objects_with_numbers(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping of a record that has a number of its own or in a mapping of plain numbers below."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from objects_with_numbers(item, f"{path}[{i}]")
    if isinstance(value, dict):
        if any(is_number(item) or is_table(item) for item in value.values()):
            yield path, value
        for key, item in value.items():
            if not is_table(item):
                yield from objects_with_numbers(item, f"{path}.{key}")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_table(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(is_number(item) for item in value.values())


@pytest.mark.parametrize("device_id", device_ids())
def test_every_number_of_the_record_has_source_and_status(device_id: str) -> None:
    record = device_record(read_device(device_id))
    known = {source["id"] for source in record["sources"]}
    found = list(objects_with_numbers(record))

    assert len(found) >= 6, "the part, a unit, a peak, the memory, a mode and the heat path at least"
    for path, item in found:
        assert item["source"] in known, path
        assert item["status"] in STATUSES, path
        if "provenance" in item:
            for key, value in item.items():
                if is_number(value):
                    assert item["provenance"][key]["source"] in known, f"{path}.{key}"
                if is_table(value):
                    assert set(item["provenance"][key]) == set(value), f"{path}.{key}"


@pytest.mark.parametrize("device_id", device_ids())
def test_the_record_is_json_with_the_keys_of_the_contract(device_id: str) -> None:
    record = json.loads(json.dumps(device_record(read_device(device_id)), allow_nan=False))

    assert record["id"] == device_id
    assert {"name", "vendor", "year", "units", "memory", "modes", "thermal", "price", "sources"} <= set(
        record
    )
    for unit in record["units"]:
        assert {"id", "kind", "peaks"} <= set(unit)
        for peak in unit["peaks"]:
            assert {"precision", "ops_per_s", "mode", "sparse", "source", "status"} <= set(peak)
    modes = {mode["id"] for mode in record["modes"]}
    assert set(record["memory"]["bandwidth_bytes_per_s"]) == modes
    assert isinstance(record["memory"]["capacity_bytes"], float)
    assert sum(mode["default"] for mode in record["modes"]) == 1
    for mode in record["modes"]:
        assert {"power_limit_w", "idle_w"} <= set(mode)


@pytest.mark.parametrize("device_id", device_ids())
def test_the_ledger_holds_every_number_once(device_id: str) -> None:
    device = read_device(device_id)
    ledger = figures(device)

    assert len(ledger) == len({figure.path for figure in ledger}) == len(list(numbers_in(device)))
    for figure in ledger:
        assert figure.source in device.sources
        assert figure.status in STATUSES
        assert figure.formula or figure.status != "derived"
        assert figure.note or figure.status != "assumed"


def test_the_ledger_speaks_of_modes_by_name_and_of_values_as_people_do() -> None:
    ledger = {figure.path: figure for figure in figures(read_device("jetson-agx-orin-64"))}

    assert ledger["units.gpu.peaks.int8.MAXN"].text == "85.197 TOPS"
    assert ledger["units.gpu.peaks.int8.MAXN"].unit == "OPS"
    assert ledger["modes.30W.power_limit"].text == "30 W"
    assert ledger["memory.bandwidth.15W"].value == pytest.approx(136.5e9)
    assert ledger["price.amount"].text == "1999 USD"


def test_an_object_is_as_weak_as_its_weakest_number() -> None:
    record = device_record(read_device("jetson-orin-nano-8"))

    assert record["thermal"]["status"] == "assumed"
    assert record["thermal"]["provenance"]["throttle_c"]["status"] == "vendor"


def test_what_is_unknown_is_absent_and_never_zero() -> None:
    record = device_record(read_device("atlas-200-dk"))

    assert record["price"] is None
    assert record["memory"]["reserved_bytes"] is None


def test_the_headline_is_taken_apart() -> None:
    """NVIDIA's data sheet: 275 sparse TOPS = GPU 170 + DLA 105; dense on the GPU alone 85."""
    record = device_record(read_device("jetson-agx-orin-64"))["label"]

    assert record["headline_ops_per_s"] == 275e12
    assert record["sum_ops_per_s"] == pytest.approx(275e12, rel=1e-9)
    assert "gpu 170 TOPS + 2 x dla 52.5 TOPS" in record["explained"]
    assert "dense on the gpu: 85.2 TOPS, 31 % of the headline" in record["explained"]


def test_a_dense_headline_of_one_unit_needs_no_more_words() -> None:
    record = device_record(read_device("atlas-300i-pro"))["label"]

    assert record["explained"] == "140 TOPS = dense int8 in default: npu 140 TOPS"
    assert device_record(read_device("raspberry-pi-5"))["label"] is None
