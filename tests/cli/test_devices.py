"""`planner devices`: filters, datasheets, own parts, the template and the page that walks through it."""

import re
from pathlib import Path

import pytest

from planner.data_files import database_dir

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "raspberry-pi-5-oc2900"


@pytest.fixture
def example(tmp_path):
    """The finished file of docs/add-a-device.md in a folder of own parts."""
    page = (ROOT / "docs" / "add-a-device.md").read_text()
    text, *_ = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    folder = tmp_path / "my-parts"
    folder.mkdir()
    (folder / f"{EXAMPLE}.yaml").write_text(text)
    return folder


def test_list_filters_and_sorts(call):
    record = call(
        "devices", "list", "--vendor", "nvidia", "--precision", "fp16", "--max-power", "15W", "--min-memory",
        "8GB", "--kind", "gpu", "--sort", "bandwidth", "--format", "json",
    ).json  # fmt: skip
    rows = record["devices"]
    assert {"jetson-agx-orin-64", "jetson-orin-nano-8"} <= {row["id"] for row in rows}
    assert all(row["power_limit_w"] <= 15 and row["memory_bytes"] >= 8e9 for row in rows)
    widths = [row["bandwidth_bytes_per_s"] for row in rows]
    assert widths == sorted(widths, reverse=True)


def test_a_price_limit_says_what_it_left_out(call):
    answer = call("devices", "list", "--max-price", "300 USD")
    assert "299 USD" in answer.out
    assert "1999 USD" not in answer.out
    assert "left out" in answer.out
    assert call("devices", "list", "--max-price", "300").status == 2


def test_nothing_that_matches_is_an_answer(call):
    answer = call("devices", "list", "--vendor", "nobody")
    assert (answer.status, "no part matches" in answer.out) == (0, True)
    assert call("devices", "list", "--vendor", "nobody", "--format", "json").json["devices"] == []


def test_show_reads_like_a_datasheet(call):
    out = call("devices", "show", "jetson-agx-orin-64").out
    for piece in (
        "275 TOPS = sparse int8 in MAXN: gpu 170 TOPS + 2 x dla 52.5 TOPS",
        "30W (default)",
        "measured",
        "contradiction, sparse INT8 of the GPU in 15W",
        "8 W*",
        "units.gpu.peaks.int8.MAXN",
        "source datasheet",
    ):
        assert piece in out


def test_the_walk_through_ends_in_a_part_that_passes(call, example):
    check = call("devices", "check", "--hardware", example, "--format", "json")
    assert check.json["problems"] == []
    assert check.status == 0
    shown = call("devices", "show", EXAMPLE, "--hardware", example, "--format", "json").json
    assert shown["origin"] == "own"
    estimate = call(
        "estimate", "zoo:squeezenet_v1.1", "--device", EXAMPLE, "--engine", "ncnn", "--hardware", example,
        "--format", "json",
    ).json  # fmt: skip
    assert any("not in the database" in warning for warning in estimate["warnings"])
    assert call("measurements", "list", "--device", EXAMPLE, "--model", "squeezenet_v1.1").status == 0
    assert call("devices", "show", EXAMPLE).status == 2


def test_the_walk_through_quotes_what_the_check_says(call, example):
    path = example / f"{EXAMPLE}.yaml"
    path.write_text(path.read_text().replace("185.6 GOPS", "153.6 GOPS"))
    answer = call("devices", "check", "--hardware", example, "--format", "json")
    problem = next(p for p in answer.json["problems"] if p["where"] == "units.cpu.peaks.fp32.default")
    quoted = (
        f"line {problem['line']}, {problem['where']}: expected {problem['expected']}, got {problem['got']}"
    )
    assert quoted in (ROOT / "docs" / "add-a-device.md").read_text()
    refusal = call("estimate", "zoo:resnet18", "--device", EXAMPLE, "--hardware", example)
    assert refusal.status == 2
    assert quoted in refusal.err


def test_an_override_is_shown_wherever_it_counts(call, tmp_path):
    text = (database_dir() / "devices" / "raspberry-pi-5.yaml").read_text()
    (tmp_path / "raspberry-pi-5.yaml").write_text(text)
    listed = call("devices", "list", "--hardware", tmp_path)
    assert "override" in listed.out
    assert "overrides the shipped part" in listed.out
    compared = call(
        "compare", "zoo:resnet18", "--devices", "raspberry*", "--hardware", tmp_path, "--format", "json"
    ).json
    assert any("overrides the shipped part" in warning for warning in compared["warnings"])
    shipped = call("compare", "zoo:resnet18", "--devices", "jetson-n*", "--format", "json").json["warnings"]
    assert not any("overrides" in warning for warning in shipped)


def test_a_study_on_own_parts_says_so(call, tmp_path):
    for name in ("jetson-agx-orin-64", "jetson-orin-nano-8", "jetson-agx-xavier-32", "jetson-nano-4"):
        text = (database_dir() / "devices" / f"{name}.yaml").read_text()
        (tmp_path / f"{name}.yaml").write_text(text)
    text = (ROOT / "scenarios" / "line-inspection.yaml").read_text()
    line = tmp_path / "short-line.scenario"
    for old, new in (
        (r"duration: .*", "duration: 20 s"),
        (r"warmup: .*", "warmup: 5 s"),
        (r"  devices:\n(    - .*\n)+", "  devices: [jetson-orin-nano-8]\n"),
    ):
        text, changed = re.subn(old, new, text)
        assert changed
    line.write_text(text)
    record = call(
        "simulate", line, "--replications", "2", "--hardware", tmp_path, "--format", "json", "--quiet"
    ).json
    assert any("overrides the shipped part" in warning for warning in record["warnings"])
    filled = call("density", line, "--hardware", tmp_path)
    assert "overrides the shipped part" in filled.out


def test_the_environment_names_own_parts_too(call, example, monkeypatch):
    monkeypatch.setenv("PLANNER_HARDWARE", str(example))
    ids = [row["id"] for row in call("devices", "list", "--format", "json").json["devices"]]
    assert EXAMPLE in ids


def test_a_folder_that_is_not_there_is_refused(call, tmp_path):
    answer = call("devices", "list", "--hardware", tmp_path / "nowhere")
    assert answer.status == 2
    assert "--hardware" in answer.err
    assert "no such folder" in answer.err


def test_the_template_asks_for_everything_that_is_missing(call, tmp_path):
    text = call("devices", "template", "--id", "new-part").out
    assert text.startswith("# yaml-language-server: $schema=")
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "new-part.yaml").write_text(text)
    answer = call("devices", "check", "--hardware", folder, "--format", "json")
    assert answer.status == 2
    asked = {problem["where"] for problem in answer.json["problems"]}
    assert asked >= {
        "name", "vendor", "form", "architecture", "units.gpu.kind", "units.gpu.name", "units.gpu.engines",
        "memory.shared", "memory.capacity", "memory.bandwidth.DEFAULT", "thermal.coolers[0].resistance",
        "thermal.coolers[0].heat_capacity", "thermal.throttle", "thermal.shutdown", "thermal.hysteresis",
        "thermal.throttled_clock", "modes[0].power_limit", "modes[0].idle", "year", "sources.datasheet.title",
    }  # fmt: skip
    assert all(problem["line"] for problem in answer.json["problems"])


def test_the_page_is_written_in_both_forms(call, tmp_path):
    assert call("devices", "page", "-o", tmp_path / "parts.md").status == 0
    assert (tmp_path / "parts.svg").read_bytes().startswith(b"<?xml")
    assert "](parts.svg)" in (tmp_path / "parts.md").read_text()
    assert call("devices", "page", "-o", tmp_path / "parts.html", "--quiet").err == ""
    assert "<svg" in (tmp_path / "parts.html").read_text()
    assert call("devices", "page", "-o", tmp_path / "parts.pdf").status == 2
