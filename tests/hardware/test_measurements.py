"""The published measurements: text, columns, names and corrections."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from planner.errors import InputError, MissingDataError, UnknownIdError
from planner.hardware import measurement_file
from planner.hardware.catalog import device_ids
from planner.hardware.measurement_file import (
    COLUMNS,
    pack,
    packed_digest,
    read_columns,
    read_text,
    text_digest,
)
from planner.hardware.measurements import (
    SI_UNITS,
    Measurement,
    Selection,
    apply_corrections,
    read_corrections,
    read_measurements,
    rows_of,
    select,
)
from planner.schema.hardware.measurements import Correction, Corrections, Names, Repair
from planner.schema.reading.yaml_file import parse_document, validate


def by_id(*, corrected: bool = False) -> dict[str, Measurement]:
    return {row.id: row for row in read_measurements(corrected=corrected)}


def test_the_columns_are_those_of_the_text() -> None:
    columns = read_columns()
    text = read_text()

    assert packed_digest() == text_digest(), "run benchmarks/build_measurements.py"
    for name in COLUMNS:
        if name == "value":
            assert list(columns.values) == [float(row[name]) for row in text]
        else:
            assert columns.texts[name].text() == [row[name] for row in text]


def test_rows_are_typed_and_sourced() -> None:
    rows = read_measurements()

    assert len(rows) > 13_000
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        assert math.isfinite(row.value_si)
        assert row.metric in SI_UNITS
        assert row.unit in {"gpu", "dla", "npu", "cpu", "mixed"}
        assert row.trust in {"A", "A-", "B+", "B", "C"}
        assert row.source
        assert row.batch is None or row.batch > 0


def test_a_row_carries_what_its_publisher_said() -> None:
    """MLPerf Inference v0.7, AGX Xavier, ResNet-50 single stream: 2.115206 ms in the log."""
    row = by_id()["mlperf-00526"]

    assert (row.part, row.model, row.precision, row.batch) == (
        "jetson-agx-xavier-32",
        "resnet50_v1.5",
        "int8",
        1,
    )
    assert row.value_si == pytest.approx(2.115206e-3)
    assert "AGX_Xavier_TRT/resnet50/SingleStream" in row.source


def test_a_measurement_filed_twice_comes_once() -> None:
    ids = by_id()

    assert "ascend-00247" in ids
    assert "ascend-00861" not in ids


def test_names_are_those_of_the_catalogue() -> None:
    rows = by_id()
    ascend = rows["ascend-00247"]

    assert (ascend.part, ascend.published_part) == ("atlas-300i-pro", "ascend-310p")
    measured = {row.part for row in rows.values()}
    assert measured & set(device_ids()) >= {
        "jetson-nano-4", "jetson-agx-xavier-32", "jetson-orin-nano-8", "jetson-agx-orin-64", "atlas-300i-pro",
        "raspberry-pi-5",
    }  # fmt: skip
    assert not any("⭐" in row.model for row in rows.values())


def test_an_inferred_precision_is_said_to_be_inferred() -> None:
    row = by_id()["mlperf-05348"]

    assert (row.precision, row.precision_inferred) == ("int8", True)


def test_the_cluster_of_cores_is_read_from_the_note() -> None:
    clusters = {row.cluster for row in read_measurements() if row.id.startswith("ncnn-")}

    assert clusters == {"all", "big", "little"}


def test_selections_match_patterns_and_both_names() -> None:
    rows = read_measurements()

    xavier = select(
        rows, Selection(device="jetson-agx-x*", model="resnet50_v1.5", batch=1, metric="latency_ms")
    )
    assert {row.model for row in xavier} == {"resnet50_v1.5"}
    assert {row.batch for row in xavier} == {1}
    assert select(rows, Selection(device="ascend-310p")) == select(rows, Selection(device="atlas-300i-pro"))
    assert len(select(rows, Selection())) == len(rows)


def test_a_pattern_without_a_match_offers_the_nearest() -> None:
    with pytest.raises(UnknownIdError, match="jetson-nano-4"):
        select(read_measurements(), Selection(device="jetson-nano-5"))


def test_corrections_leave_the_published_rows_alone() -> None:
    published, corrected = by_id(), by_id(corrected=True)

    assert published["mlperf-00456"].value == 2.506984
    assert "mlperf-00456" not in corrected
    assert published["ascend-00066"].value == 869.4
    assert corrected["ascend-00066"].value == pytest.approx(4 * 869.4)
    assert corrected["ascend-00884"].value == pytest.approx(87537 / 64)
    assert corrected["ascend-00066"].corrections == ("deepmar-batches",)
    assert {row_id for row_id, row in corrected.items() if not row.corrections} <= set(published)
    for row_id, row in corrected.items():
        if not row.corrections:
            assert row == published[row_id]


def test_every_correction_changes_each_row_that_it_names() -> None:
    published = by_id()
    for correction in read_corrections():
        named = rows_of(correction, published)
        assert named, correction.id
        assert len(correction.why) > 30
        if correction.action == "exclude":
            continue
        for before in (published[row_id] for row_id in named):
            (after,) = apply_corrections([before], [correction])
            unchanged = replace(after, corrections=(), precision_inferred=before.precision_inferred)
            batch_of_one = (
                correction.set is not None and correction.set.value_times_batch and before.batch == 1
            )
            assert unchanged != before or batch_of_one, f"{correction.id} does nothing to {before.id}"


def test_bert_without_padding_stays_under_the_peak_of_an_a2() -> None:
    """NVIDIA A2: 36 dense INT8 TOPS at its boost; 247 GOP is BERT-Large at 384 tokens."""
    rate = max(row.value for row in read_measurements() if (row.part, row.model) == ("a2", "bert_large_squad")
               and row.metric == "throughput_fps")  # fmt: skip

    assert rate * 247e9 > 36e12
    assert rate * 247e9 * 177 / 384 < 36e12


def test_a_range_stays_within_its_source() -> None:
    correction = Correction.model_validate(
        {"id": "x", "rows": ["a-00002..a-00004", "b-00001"], "action": "exclude", "why": "test"}
    )

    assert rows_of(correction, ["a-00001", "a-00002", "a-00004", "ab-00003", "b-00001"]) == {
        "a-00002", "a-00004", "b-00001"
    }  # fmt: skip


def test_a_correction_of_no_row_is_refused() -> None:
    correction = Correction(id="x", rows=["nothing-1"], action="exclude", why="test")

    with pytest.raises(InputError, match="no such row"):
        apply_corrections(read_measurements()[:5], [correction])


@pytest.mark.parametrize(
    "text",
    [
        "{id: x, rows: [a-1], action: repair, why: y}",
        "{id: x, rows: [a-1], action: exclude, set: {unit: gpu}, why: y}",
        "{id: x, rows: [], action: exclude, why: y}",
        "{id: x, rows: [a-1], action: repair, set: {value: 3}, why: y}",
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        validate(parse_document(f"schema: 1\ncorrections:\n  - {text}\n", "corrections.yaml"), Corrections)


def test_a_published_name_has_one_meaning() -> None:
    alias = "{published: a, name: b, why: c}"
    with pytest.raises(InputError, match="each published name once"):
        validate(parse_document(f"schema: 1\nparts: [{alias}, {alias}]\nmodels: []\n", "names.yaml"), Names)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (",1.5,", ",soon,", "zero or more"),
        (",1.5,", ",nan,", "zero or more"),
        (",1.5,", ",-1,", "zero or more"),
        ("id,", "id,extra,", "the columns"),
        ("a-2", "a-1", "each id once"),
    ],
)
def test_malformed_rows_are_refused_with_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, expected: str
) -> None:
    line = "{},part,,gpu,engine,,model,,fp16,1,,latency_ms,mean,{},source,,A\n"
    text = ",".join(COLUMNS) + "\n" + line.format("a-1", "1.5") + line.format("a-2", "2.5")
    monkeypatch.setattr(measurement_file, "rows_dir", lambda: tmp_path)
    (tmp_path / "a.csv").write_text(text)
    assert len(read_text()) == 2

    (tmp_path / "a.csv").write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=expected) as refusal:
        read_text()
    assert refusal.value.problems[0].line is not None


def test_missing_columns_name_the_command_that_builds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement_file, "columns_path", lambda: tmp_path / "columns.npz")
    with pytest.raises(MissingDataError, match="build_measurements"):
        read_columns()
    (tmp_path / "columns.npz").write_bytes(b"no archive")
    with pytest.raises(MissingDataError, match="build_measurements"):
        read_columns()


def test_packing_gives_the_same_bytes() -> None:
    rows = read_text()[:50]

    assert pack(rows, "digest") == pack(rows, "digest")


def test_a_repair_names_known_fields_only() -> None:
    fields = set(Measurement.__dataclass_fields__) | {"value_times_batch"}

    assert set(Repair.model_fields) <= fields
