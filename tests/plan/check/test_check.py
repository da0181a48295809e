"""A changed network beside its baseline: what is compared, what breaks, what is written."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from planner import api
from planner.cli.main import run
from planner.errors import InputError, OutputError
from planner.latency.record import estimate_record
from planner.wording.message import Wording

PARTS = ["t4", "jetson-orin-nano-8"]


@pytest.fixture(scope="module")
def baseline(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("baseline") / "baseline.json"
    api.write_check(api.check("zoo:resnet18", PARTS, precision="int8"), baseline=path)
    return path


def test_figures_are_those_of_estimate():
    row = api.check("zoo:resnet18", ["t4"]).record["rows"][0]["after"]
    own = estimate_record(api.estimate("zoo:resnet18", "t4"))
    assert {key: row[key] for key in own if key in row} == {key: own[key] for key in own if key in row}
    assert {"latency_s", "memory_bytes", "energy_per_inference_j", "provenance"} <= row.keys() & own.keys()


def test_the_same_network_changes_nothing_and_says_so(baseline):
    found = api.check("zoo:resnet18", against=baseline)
    assert found.passed
    assert [row["device"] for row in found.record["rows"]] == PARTS
    for row in found.record["rows"]:
        assert row["after"]["precision"] == "int8", "asked as the baseline was"
        assert row["changes"] == {"latency": 0.0, "memory": 0.0, "energy": 0.0}
    assert any("The network is that of the baseline" in text for text in found.record["notes"])


def test_a_larger_network_grows_by_the_ratio_of_both(baseline):
    found = api.check("zoo:resnet34", against=baseline)
    assert not found.passed
    for row in found.record["rows"]:
        for name, key in (("latency", "latency_s"), ("energy", "energy_per_inference_j")):
            ratio = row["after"][key]["mid"] / row["before"][key]["mid"]
            assert row["changes"][name] == pytest.approx(ratio - 1)
        assert row["broken"] == ["latency", "memory", "energy"]
    assert api.check("zoo:resnet34", against=baseline, max_increase=None).passed
    assert api.check("zoo:resnet34", against=baseline, max_increase=1.0).passed


def test_a_limit_is_of_the_end_that_a_plan_counts_on():
    band = api.check("zoo:resnet18", ["t4"]).record["rows"][0]["after"]["planning_latency_s"]
    between_s = (band["mid"] + band["high"]) / 2
    assert not api.check("zoo:resnet18", ["t4"], max_latency_s=between_s).passed
    assert api.check("zoo:resnet18", ["t4"], max_latency_s=between_s, plan_for="typical").passed


def test_a_part_that_lost_the_network_fails_and_the_others_are_still_checked(tmp_path):
    path = tmp_path / "baseline.json"
    api.write_check(api.check("zoo:resnet18", ["coral-edgetpu-usb", "t4"], precision="int8"), baseline=path)
    found = api.check("zoo:bert_large_squad", ["coral-edgetpu-usb", "t4"], against=path, max_increase=None)
    rows = {row["device"]: row for row in found.record["rows"]}
    assert not rows["coral-edgetpu-usb"]["passed"]
    assert rows["coral-edgetpu-usb"]["broken"] == ["run"]
    assert rows["coral-edgetpu-usb"]["after"] is None
    assert rows["t4"]["after"] is not None


def test_markdown_and_junit_say_the_same_in_both_languages(baseline, tmp_path):
    found = api.check("zoo:resnet34", against=baseline)
    markdown, junit = tmp_path / "check.md", tmp_path / "check.xml"
    for language, word in (("en", "FAILED"), ("zh", "未通过")):
        api.write_check(found, markdown=markdown, junit=junit, language=language)
        text = markdown.read_text(encoding="utf-8")
        assert word in text
        assert all(part in text for part in PARTS)
        suite = ET.parse(junit).getroot()  # noqa: S314 - our own file
        assert len(suite) == int(suite.get("tests")) == 4 * len(PARTS)
        failed = [case for case in suite if case.find("failure") is not None]
        assert len(failed) == int(suite.get("failures")) == 3 * len(PARTS)
    assert Wording("zh").of(found.record["rows"][0]["reasons"][0]).startswith("时延")


def test_a_name_that_xml_cannot_carry_is_written_all_the_same(tmp_path):
    path = tmp_path / "bad\x01\x1b]name.onnx"
    api.export_network("zoo:resnet18", path)
    junit, markdown = tmp_path / "a.xml", tmp_path / "a.md"
    api.write_check(api.check(path, ["t4"]), junit=junit, markdown=markdown)
    ET.parse(junit)  # noqa: S314
    assert "\x1b" not in markdown.read_text()


def test_exit_status_and_files_of_the_command(baseline, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["check", "zoo:resnet18", "--against", str(baseline)]) == 0
    capsys.readouterr()
    assert run(["check", "zoo:resnet34", "--against", str(baseline), "--format", "json"]) == 3
    record = json.loads(capsys.readouterr().out)
    assert record["passed"] is False
    assert run(["check", "zoo:resnet34", "--against", str(baseline), "--max-increase", "none"]) == 0
    assert run(["check", "zoo:resnet18", "--device", "t4", "--max-latency", "1us"]) == 3
    assert run(["check", "zoo:resnet18", "--device", "t4", "--max-memory", "1MB"]) == 3
    assert run(["check", "zoo:resnet18", "--device", "t4", "--max-energy", "0.01mJ"]) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no JSON", "as JSON"),
        ("[1]", "expected a baseline"),
        ('{"baseline": 2}', "baseline"),
        ('{"baseline": 1, "rows": 3}', "problems"),
        ("\ud800", "UTF-8"),
        ("[" * 100_000, "as JSON"),
        ('{"baseline": NaN}', "NaN is no number"),
    ],
    ids=["text", "list", "version", "keys", "bytes", "deep", "not a number"],
)
def test_what_is_no_baseline_is_refused(tmp_path, content, said):
    path = tmp_path / "baseline.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match=said):
        api.check("zoo:resnet18", against=path)


def test_bad_questions_are_refused_in_one_message(baseline, tmp_path, capsys):
    with pytest.raises(InputError, match="neither"):
        api.check("zoo:resnet18")
    with pytest.raises(InputError, match="a baseline of hailo-8"):
        api.check("zoo:resnet18", ["hailo-8"], against=baseline)
    with pytest.raises(InputError, match="an existing file"):
        api.check("zoo:resnet18", against=tmp_path / "none.json")
    with pytest.raises(OutputError, match="another file"):
        api.check_files(tmp_path / "a", tmp_path / "a")
    for option in (["--max-increase", "-1%"], ["--max-increase", "5ms"], ["--max-latency", "5W"]):
        assert run(["check", "zoo:resnet18", "--device", "t4", *option]) == 2
    assert run(["check", "zoo:resnet18", "--device", "t4", "--markdown", "/nowhere/at/all.md"]) == 2
    assert "Traceback" not in capsys.readouterr().err
