"""`planner measurements`: filters, forms and refusals."""

import csv
import io


def test_list_filters_and_names_what_the_catalogue_and_the_zoo_have(call):
    record = call(
        "measurements", "list", "--device", "jetson-agx-xavier-32", "--model", "zoo:resnet50_v1.5",
        "--engine", "tensorrt", "--precision", "int8", "--batch", "1", "--metric", "latency_ms",
        "--format", "json",
    ).json  # fmt: skip
    rows = record["measurements"]
    assert record["matched"] == len(rows) > 5
    for row in rows:
        assert (row["part"], row["model"], row["engine"]) == (
            "jetson-agx-xavier-32",
            "resnet50_v1.5",
            "tensorrt",
        )
        assert row["in_catalogue"]
        assert row["in_zoo"]
        assert row["source"]
        assert row["trust"]
        assert row["value_si"] == row["value"] * 1e-3


def test_the_limit_says_how_much_is_left(call):
    answer = call("measurements", "list", "--limit", "3")
    assert answer.status == 0
    assert "more; --limit shows them" in answer.out
    rows = list(
        csv.DictReader(io.StringIO(call("measurements", "list", "--limit", "3", "--format", "csv").out))
    )
    assert len(rows) == 3


def test_corrections_apply_on_request_only(call):
    arguments = ("measurements", "list", "--model", "deepmar*", "--batch", "4", "--format", "json")
    (plain,) = call(*arguments).json["measurements"]
    (corrected,) = call(*arguments, "--corrected").json["measurements"]
    assert corrected["value"] == 4 * plain["value"]
    assert corrected["corrections"] == ["deepmar-batches"]


def test_corrections_are_listed_with_their_reasons(call):
    record = call("measurements", "corrections", "--format", "json").json
    assert all(row["rows"] > 0 and row["why"] for row in record["corrections"])
    assert "bert-padding" in call("measurements", "corrections").out


def test_an_unknown_name_is_refused_with_the_nearest(call):
    answer = call("measurements", "list", "--device", "jetson-nano-5")
    assert answer.status == 2
    assert "jetson-nano-4" in answer.err
