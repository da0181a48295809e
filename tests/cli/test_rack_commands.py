"""`planner density`, and what `planner simulate` adds for scenarios about the rack."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.data_files import scenarios_dir


def test_density_as_table_and_as_json(call):
    table = call("density", "article-density")
    assert table.status == 0
    assert "limit: 67 devices" in table.out
    assert "note: offset and power_law hold within 0.5 K" in table.out
    data = call("density", "article-density", "--format", "json")
    assert data.json["limit"]["devices"] == 67
    assert [row["devices"] for row in data.json["rows"]] == [10, 20, 30, 40, 50, 60, 70, 80]


def test_density_that_has_no_room_is_infeasible(call, tmp_path):
    text = (scenarios_dir() / "article-density.yaml").read_text()
    path = tmp_path / "tight.yaml"
    path.write_text(text.replace("power_limit: 20 kW", "power_limit: 50 W"))
    assert call("density", path).status == 3


def test_theory_stands_beside_the_simulation(call):
    told = call("simulate", "theory-mmc", "--replications", "3")
    assert told.status == 0
    assert "M/M/4 in theory and here:" in told.out
    data = call("simulate", "theory-mmc", "--replications", "3", "--format", "json").json["theory"]
    assert data["model"] == "M/M/4"
    for row in data["rows"]:
        assert abs(row["error"]) < 0.15


def test_a_stream_that_is_not_passed_says_why_below_the_table(call, tmp_path):
    """Twelve milliseconds are hardly more than the service time: two runs do not show that they suffice."""
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    path = tmp_path / "tight.yaml"
    path.write_text(text.replace("latency: 200 ms", "latency: 12 ms"))
    arguments = ("simulate", path, "--replications", "2")
    (stream,) = call(*arguments, "--format", "json").json["streams"]
    assert stream["verdict"] != "PASS"
    shown = " ".join(call(*arguments).out.split())
    assert f"{stream['name']}: {stream['verdict']}: {stream['verdict_reason']}" in shown
    assert ": PASS: " not in call("simulate", "theory-md1", "--replications", "2").out


def test_updates_and_clock_savings_stand_under_the_simulation(call):
    update = call("simulate", "article-update", "--replications", "2")
    assert "each device out for 45 s" in " ".join(update.out.split())
    assert "measure the pair" in update.out
    clocks = call("simulate", "article-dvfs", "--replications", "2")
    assert "the claimed 15 % to 25 % reached with: no case" in clocks.out


def test_a_report_of_a_synthetic_device_is_refused(call, tmp_path):
    refused = call("report", "theory-md1", "-o", tmp_path / "x.pdf")
    assert refused.status == 2
    assert "planner simulate" in refused.err


def test_failures_and_offloading_are_told(call, tmp_path):
    text = (scenarios_dir() / "article-dvfs.yaml").read_text()
    path = tmp_path / "life.yaml"
    path.write_text(
        text
        + "failures: {mtbf: 995 h, mttr: 5 h, target: 99 %}\n"
        + "offload: {share: 50 %, round_trip: 40 ms, up: 1 Mbit/s, down: 40 Mbit/s, loss: 1 %, "
        + "timeout: 200 ms, request: 10 kB, answer: 1 kB, service: 20 ms, price_per_million: 10 USD}\n"
    )
    told = call("simulate", path, "--replications", "2")
    assert "0 failed, 98.015 % of the time: 34 % busy" in told.out
    assert "99.0000 % asked: kept" in " ".join(told.out.split())
    assert "note: the link queues" in told.out


SMALL = (
    ("duration: 240 s", "duration: 20 s"),
    ("warmup: 60 s", "warmup: 5 s"),
    ("max_batch: 4", "max_batch: 2"),
    ("    - jetson-nano-4\n    - jetson-agx-xavier-32\n", ""),
    ("    - atlas-200-dk\n    - atlas-300i-pro\n    - raspberry-pi-5\n    - xeon-8380\n", ""),
)


@pytest.fixture
def small(tmp_path):
    """The inspection line with fewer parts, a short run and further keys at its end."""

    def write(extra: str = "") -> Path:
        text = (scenarios_dir() / "line-inspection.yaml").read_text()
        for old, new in SMALL:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "small.yaml"
        path.write_text(text + extra)
        return path

    return write


def test_size_as_table_json_and_csv(call, small):
    path = small()
    table = call("size", path, "--parts", "1")
    assert table.status == 0
    assert "would keep the service levels with nothing to spare" in table.out
    data = call("size", path, "--parts", "1", "--format", "json").json
    assert data["options"][0]["verdict"] == "PASS"
    assert data["digests"][0]["what"] == "scenario small.yaml"
    rows = call("size", path, "--parts", "1", "--format", "csv").out.splitlines()
    assert len(rows) == 1 + len(data["options"])


def test_size_without_a_feasible_option_says_what_binds(call, small):
    path = small()
    path.write_text(path.read_text().replace("power_limit: 1200 W", "power_limit: 20 W"))
    refused = call("size", path)
    assert refused.status == 3
    assert "the rack's limit is 20 W" in refused.out


def test_lint_tells_evidence_advice_and_source_and_is_strict_when_asked(call, small):
    path = small()
    told = call("lint", path)
    assert told.status == 0
    assert "warning over-compression/unchecked" in told.out
    strict = call("lint", path, "--strict", "--format", "json")
    assert strict.status == 3
    keys = {"id", "severity", "where", "evidence", "advice", "source"}
    assert all(keys <= set(pitfall) for pitfall in strict.json["pitfalls"])


def test_lint_of_an_accepted_mistake_is_quiet_when_strict(call, small):
    also = "toolchain-tax/launches: the label reader is a small part of the load"
    path = small(f"accepted: {{over-compression: a pilot measures accuracy first, {also}}}\n")
    told = call("lint", path, "--strict")
    assert told.status == 0
    assert "accepted: a pilot measures accuracy first" in told.out
