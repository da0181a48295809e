"""The data file and its tables: published schema; one set of numbers in PDF, page, JSON and tables."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

from planner.errors import OutputError
from planner.report.numbers import percent, quantity, whole
from planner.report.page.page import render_page
from planner.report.pdf import render_pdf
from planner.report.tables import tables, write_tables
from planner.schema.record import SCHEMA, canonical_json
from planner.schema.record.check import study_schema

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / f"study-record-{SCHEMA}.schema.json"


def test_the_published_schema_is_that_of_the_code():
    assert json.loads(PUBLISHED.read_text()) == study_schema()


def keys(shape, record, shapes):
    """Every key of a record stands in its schema; what is required is there."""
    if "$ref" in shape:
        shape = shapes[shape["$ref"].rpartition("/")[2]]
    if "anyOf" in shape:
        return any(keys(part, record, shapes) for part in shape["anyOf"])
    if shape.get("type") == "array":
        return isinstance(record, list) and all(keys(shape["items"], item, shapes) for item in record)
    if shape.get("type") == "object" and "properties" in shape:
        return (
            isinstance(record, dict)
            and set(shape["required"]) <= set(record)
            and all(
                keys(part, record[key], shapes) for key, part in shape["properties"].items() if key in record
            )
        )
    kinds = {"string": str, "number": (int, float), "integer": int, "boolean": bool, "null": type(None)}
    if "enum" in shape:
        return record in shape["enum"]
    return isinstance(record, kinds.get(shape["type"], object))


def test_a_full_record_has_the_published_shape(sample):
    schema = study_schema()
    assert keys(schema, sample.full(), schema["$defs"])
    assert not keys(schema, sample.full() | {"answer": 3}, schema["$defs"])


def squeezed(text):
    return re.sub(r"\s", "", text)


def test_pdf_page_json_and_tables_carry_the_same_numbers(sample, tmp_path):
    record = sample.full()
    data = json.loads(canonical_json(record))
    chosen, rack = data["chosen"], data["rack"]
    shown = [
        f"{whole(chosen['capital'])} {chosen['currency']}",
        f"{whole(chosen['total_cost'])} {chosen['currency']}",
        quantity(rack["power_w"], "w"),
        percent(1 - chosen["utilisation"]),
        quantity(rack["streams"][0]["latency_s"]["p99"], "s"),
        *(quantity(option["power_w"], "w") for option in data["options"]),
        *(quantity(hour["power_w"], "w") for hour in data["day"] if hour["power_w"]),
    ]
    pdf = squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(record))).pages))
    page = squeezed(render_page(record))
    for text in shown:
        assert squeezed(text) in pdf, text
        assert squeezed(text) in page, text
    write_tables(record, tmp_path / "tables")
    options = pd.read_csv(tmp_path / "tables" / "options.csv")
    assert options["power_w"].tolist() == pytest.approx([o["power_w"] for o in data["options"]], rel=1e-15)
    assert options["latency_s.mid"].notna().all()


def test_tables_have_a_row_for_each_entry(sample):
    record = sample.full()
    found = tables(record)
    assert len(found["options"]) == len(record["options"])
    assert len(found["kernels"]) == len(record["roofline"][0]["kernels"])
    assert len(found["what_if"]) == len(record["what_if"]["power_w"])
    point = found["what_if"].iloc[1]
    assert (point["devices"], point["power_w"]) == (
        record["what_if"]["devices"][1],
        record["what_if"]["power_w"][1],
    )
    assert len(found["rack_series"]) == len(record["rack"]["series"]["time_s"])


def test_parquet_where_there_is_pyarrow(sample, tmp_path):
    pytest.importorskip("pyarrow")
    write_tables(sample.full(), tmp_path, "parquet")
    assert pd.read_parquet(tmp_path / "day.parquet")["supply_c"].notna().all()


def test_a_folder_that_cannot_be_made(sample, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="folder"):
        write_tables(sample.brief(), tmp_path / "file" / "deeper")


def test_bare_studies_have_tables_too(sample):
    assert "options" not in tables(sample.brief())
    assert "rack_series" not in tables(sample.infeasible())
