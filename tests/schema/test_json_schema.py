"""The JSON Schema that editors complete from: shipped files fit, and what the reader refuses does not."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from planner.data_files import database_dir
from planner.schema.hardware.device import Device, Precision
from planner.schema.hardware.engine import Engine
from planner.schema.reading.strict import editor_schema
from planner.schema.reading.yaml_file import read_document

SCHEMA = editor_schema(Device, "A part")
ORIGIN = {"source", "status", "confidence", "formula", "note"}
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float)}
KEYWORDS = {
    *("$schema", "$defs", "$ref", "title", "description", "type", "enum", "const", "anyOf", "required"),
    *("properties", "additionalProperties", "propertyNames", "items"),
    *("minItems", "minProperties", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("pattern", "minLength"),
}
"""Those of JSON Schema that `fits` looks at."""


def target(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, or the definition that it refers to."""
    return whole["$defs"][schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else schema


def fits(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Whether a JSON Schema accepts a value; fails for a keyword that is not looked at here."""
    schema = target(schema, whole)
    assert set(schema) <= KEYWORDS, set(schema) - KEYWORDS
    if "anyOf" in schema and not any(fits(value, choice, whole) for choice in schema["anyOf"]):
        return False
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return False
    if (kind := schema.get("type")) == "boolean" or isinstance(value, bool):
        return kind in ("boolean", None) and isinstance(value, bool)
    if kind and not isinstance(value, TYPES[kind]):
        return False
    if isinstance(value, str):
        enough = len(value) >= schema.get("minLength", 0)
        return enough and bool(re.search(schema.get("pattern", ""), value))
    if isinstance(value, dict):
        return fits_table(value, schema, whole)
    if isinstance(value, list):
        items = schema.get("items", {})
        return len(value) >= schema.get("minItems", 0) and all(fits(item, items, whole) for item in value)
    return isinstance(value, str) or fits_limits(value, schema)


def fits_table(value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any]) -> bool:
    keys, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    if len(value) < schema.get("minProperties", 0) or not set(schema.get("required", [])) <= set(value):
        return False
    if not all(fits(key, schema.get("propertyNames", {}), whole) for key in value):
        return False
    further = {} if others is True else others
    return all(
        (key in keys or further is not False) and fits(item, keys.get(key, further), whole)
        for key, item in value.items()
    )


def fits_limits(value: float, schema: dict[str, Any]) -> bool:
    return all(
        (
            value >= schema.get("minimum", value),
            value <= schema.get("maximum", value),
            value > schema.get("exclusiveMinimum", value - 1),
            value < schema.get("exclusiveMaximum", value + 1),
        )
    )


def document(path: Path) -> Any:
    return read_document(path).values


def at(*keys: str) -> dict[str, Any]:
    """The schema of a key of the file; `*` is any name in a mapping."""
    schema = SCHEMA
    for key in keys:
        schema = target(schema["additionalProperties"] if key == "*" else schema["properties"][key], SCHEMA)
    return schema


@pytest.mark.parametrize(("folder", "model"), [("devices", Device), ("engines", Engine)])
def test_every_shipped_file_fits(folder: str, model: type[Device | Engine]) -> None:
    schema = editor_schema(model, folder)
    paths = sorted((database_dir() / folder).glob("*.yaml"))

    assert paths
    assert [path.name for path in paths if not fits(document(path), schema, schema)] == []


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("colour",), "green"),
        (("schema",), 2),
        (("form",), "tower"),
        (("modes",), []),
        (("price",), None),
        (("memory", "bandwidth_bytes_per_s"), {"MAXN": "204.8 GB/s"}),
        (("memory", "capacity"), 64),
        (("memory", "capacity"), {"source": "datasheet"}),
        (("memory", "capacity"), {"value": "64 GB", "colour": "green"}),
        (("memory", "status"), "guessed"),
        (("units", "gpu", "peaks", "int9"), {"MAXN": "1 TOPS"}),
        (("units", "gpu", "peaks", "status"), "guessed"),
        (("units", "gpu", "fallback", "source"), "datasheet"),
    ],
)
def test_what_the_reader_refuses_does_not_fit(keys: tuple[str, ...], value: object) -> None:
    part = deepcopy(document(database_dir() / "devices" / "jetson-agx-orin-64.yaml"))
    group = part
    for key in keys[:-1]:
        group = group.setdefault(key, {})
    group[keys[-1]] = value

    assert not fits(part, SCHEMA, SCHEMA)


@pytest.mark.parametrize("key", ["thermal", "modes", "memory", "schema"])
def test_a_missing_key_does_not_fit(key: str) -> None:
    part = document(database_dir() / "devices" / "jetson-agx-orin-64.yaml")

    assert not fits({name: item for name, item in part.items() if name != key}, SCHEMA, SCHEMA)


def test_keys_are_those_of_the_yaml_and_closed() -> None:
    assert "label_note" in SCHEMA["properties"]
    assert SCHEMA["additionalProperties"] is False
    memory = at("memory")["properties"]
    assert "bandwidth" in memory
    assert "bandwidth_bytes_per_s" not in memory


def test_units_are_listed_where_a_quantity_stands() -> None:
    bare, sourced = at("memory", "capacity")["anyOf"]

    assert "GiB" in bare["description"]
    assert sourced["required"] == ["value"]
    assert set(sourced["properties"]) == {"value", *ORIGIN}


def test_an_amount_is_text_with_a_currency() -> None:
    bare, _ = at("price", "amount")["anyOf"]

    assert "USD" in target(bare, SCHEMA)["description"]


def test_a_group_of_numbers_may_carry_its_origin() -> None:
    assert set(at("memory")["properties"]) >= ORIGIN
    assert set(at("units", "*", "peaks")["properties"]) == ORIGIN
    assert set(at("units", "*", "peaks", "*")["properties"]) == ORIGIN
    assert set(at("units", "*", "clocks")["properties"]) == ORIGIN


def test_names_from_a_closed_list_are_listed() -> None:
    names = target(at("units", "*", "fallback")["propertyNames"], SCHEMA)

    assert names["enum"] == [precision.value for precision in Precision]


def test_definitions_have_names_that_do_not_depend_on_the_order_of_classes() -> None:
    assert {"Sourced_hz", "Sourced_int", "Sourced_Money", "ThermalSpec"} <= set(SCHEMA["$defs"])
    assert not [name for name in SCHEMA["$defs"] if "__" in name]


def test_what_has_a_default_is_not_required() -> None:
    assert "price" not in SCHEMA["required"]
    assert "thermal" in SCHEMA["required"]
