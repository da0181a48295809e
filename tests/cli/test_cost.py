"""`planner cost`: the bill, the tornado, the draws, and prices that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.data_files import scenarios_dir

LINE = (scenarios_dir() / "line-inspection.yaml").read_text()


@pytest.fixture
def few(tmp_path) -> Path:
    """The main scenario with three candidates, one of them without a price, and a short run."""
    start, end = LINE.index("    - jetson-nano-4\n"), LINE.index("  modes: all")
    parts = "    - jetson-orin-nano-8\n    - jetson-agx-orin-64\n    - atlas-200-dk\n"
    path = tmp_path / "few.yaml"
    short = LINE[end:].replace("duration: 240 s", "duration: 30 s").replace("warmup: 60 s", "warmup: 10 s")
    path.write_text(LINE[:start] + parts + short)
    return path


def test_the_table_says_what_is_paid_for_what_and_what_it_hangs_on(call, few):
    told = call("cost", few, "--draws", "50")
    assert told.status == 0
    for part in (
        "cooling and losses",
        "unabsorbed:",
        "one input at a time",
        "latency",
        "all inputs at once, 50 draws",
        "cheapest in",
        "not costed, money.prices.atlas-200-dk",
        "carbon: unknown",
    ):
        assert part in told.out


def test_json_holds_lines_that_add_up_and_is_the_same_each_time(call, few):
    first = call("cost", few, "--draws", "50", "--seed", "3", "--format", "json")
    assert first.out == call("cost", few, "--draws", "50", "--seed", "3", "--format", "json").out
    data = first.json
    assert sum(line["present_value"] for line in data["lines"]) == pytest.approx(data["total_cost"])
    assert data["options"][0]["total_cost"] == data["total_cost"] == data["tornado"]["total_cost"]
    assert data["monte_carlo"]["draws"] == 50
    assert sum(data["monte_carlo"]["histogram"]["counts"]) == 50
    assert [row["key"] for row in data["missing_prices"]] == ["money.prices.atlas-200-dk"]
    assert data["price"] | {"quoted_currency": "USD", "date": "not stated"} == data["price"]


def test_csv_has_a_row_for_each_part(call, few):
    rows = call("cost", few, "--draws", "10", "--format", "csv").out.splitlines()
    assert rows[0].startswith("device,mode,precision,batch,count,spares,power_w,capital")
    assert len(rows) == 3


def test_a_part_without_a_price_is_asked_about_by_name_or_assumed_and_flagged(call, few):
    refused = call("cost", few, "--device", "atlas-200-dk")
    assert refused.status == 2
    assert "money.prices.atlas-200-dk: expected the price of Huawei Atlas 200 DK" in refused.err
    unknown = call("cost", few, "--device", "jetson-orin-nano")
    assert unknown.status == 2
    assert "did you mean jetson-orin-nano-8" in unknown.err
    few.write_text(
        few.read_text().replace("  currency: USD\n", "  currency: USD\n  missing_prices: assume\n")
    )
    told = call("cost", few, "--device", "atlas-200-dk", "--draws", "10")
    assert told.status in (0, 3)
    assert "not costed" not in told.out


def test_where_no_option_is_left_the_reasons_are_told(call, few):
    few.write_text(few.read_text().replace("power_limit: 1200 W", "power_limit: 30 W"))
    told = call("cost", few)
    assert told.status == 3
    assert "the rack's limit is 30 W" in told.out
