"""The JSON Schema that editors complete from."""

from planner.schema.hardware.device import Device, Precision
from planner.schema.reading.json_schema import json_schema

SCHEMA = json_schema(Device, "A part")


def test_keys_are_those_of_the_yaml_and_closed() -> None:
    assert "label_note" in SCHEMA["properties"]
    assert SCHEMA["additionalProperties"] is False
    memory = SCHEMA["properties"]["memory"]["properties"]
    assert "bandwidth" in memory
    assert "bandwidth_bytes_per_s" not in memory


def test_units_are_listed_where_a_quantity_stands() -> None:
    bare, sourced = SCHEMA["properties"]["memory"]["properties"]["capacity"]["anyOf"]

    assert "GiB" in bare["description"]
    assert sourced["required"] == ["value"]


def test_a_group_of_numbers_may_carry_its_origin() -> None:
    peaks = SCHEMA["properties"]["units"]["additionalProperties"]["properties"]["peaks"]

    assert set(peaks["properties"]) == {"source", "status", "confidence", "formula", "note"}


def test_names_from_a_closed_list_are_listed() -> None:
    fallback = SCHEMA["properties"]["units"]["additionalProperties"]["properties"]["fallback"]

    assert fallback["propertyNames"]["enum"] == [precision.value for precision in Precision]


def test_what_has_a_default_is_not_required() -> None:
    assert "price" not in SCHEMA["required"]
    assert "thermal" in SCHEMA["required"]
