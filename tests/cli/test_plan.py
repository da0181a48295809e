"""`planner plan` and `planner init`: one line, the same numbers as `size`, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import planner.zoo.source
from planner import api

LINE = ("plan", "zoo:mobilenet_v2_1.0", "--cameras", "24", "--fps", "15")
FEW = ("--devices", "hailo-8,jetson-orin-nano-8")


def decoder(path: Path, past: str | int) -> Path:
    """An export that reads a cache of keys and values, with `past` tokens before it."""
    shape = [1, 2, past, 4]
    cache = [
        helper.make_tensor_value_info(f"past_key_values.0.{kind}", TensorProto.FLOAT, shape)
        for kind in ("key", "value")
    ]
    result = helper.make_tensor_value_info("sum", TensorProto.FLOAT, shape)
    node = helper.make_node("Add", [value.name for value in cache], ["sum"])
    onnx.save(helper.make_model(helper.make_graph([node], "decoder", cache, [result])), path)
    return path


def test_size_gives_the_same_numbers_from_anywhere(call, tmp_path, monkeypatch):
    """Of a file of one's own, with a limit, a budget and a site; the scenario is in another folder."""
    api.export_network("mobilenet_v2_1.0", tmp_path / "net.onnx")
    (tmp_path / "plans").mkdir()
    monkeypatch.chdir(tmp_path)
    asked = (
        "--latency",
        "80ms",
        "--quantile",
        "99.5%",
        "--max-power",
        "1kW",
        "--budget",
        "20k EUR",
        "--site",
        "cabinet:30C",
    )
    found = call(
        "plan",
        "net.onnx",
        *LINE[2:],
        *FEW,
        *asked,
        "--spares",
        "2",
        "-o",
        "plans/mine.yaml",
        "--format",
        "json",
    )
    assert found.status == 0, found.err
    monkeypatch.chdir("/")
    sized = call("size", str(tmp_path / "plans" / "mine.yaml"), "--allow-outside", "--format", "json")
    assert sized.status == 0, sized.err
    assert {key: found.json[key] for key in sized.json} == sized.json
    assert set(found.json) - set(sized.json) == {"scenario_text", "scenario_file", "defaults", "pitfalls"}
    assert found.json["scenario_file"] == "plans/mine.yaml"
    assert (tmp_path / "plans" / "mine.yaml").read_text() == found.json["scenario_text"]
    assert sized.json["options"][0]["spares"] == 2
    assert sized.json["options"][0]["currency"] == "EUR"


def test_the_answer_is_one_line_and_every_default_is_listed(call, tmp_path):
    told = call(*LINE, *FEW, "-o", str(tmp_path / "plan.yaml"))
    assert told.status == 0
    lines = told.out.splitlines()
    (at,) = [n for n, line in enumerate(lines) if line.startswith("1 + 1 x Hailo-8 (M.2): PASS; p99 ")]
    answer = " ".join("".join(lines[at : at + 2]).split())
    assert all(word in answer for word in (" W, ", " USD to buy", " USD a year"))
    assert "What could go wrong:" in lines
    start = next(n for n, line in enumerate(lines) if line.startswith("Taken, as nobody said otherwise"))
    # What does not fit a line goes on below, further in.
    listed = [found[1] for line in lines[start + 1 :] if (found := re.match(r"  (\S+) = ", line))]
    plan = call(*LINE, *FEW, "--format", "json")
    assert listed == [item["key"] for item in plan.json["defaults"]]
    assert plan.json["scenario_file"] is None
    assert f"planner size {tmp_path / 'plan.yaml'}" in " ".join(told.out.split())


def test_the_csv_has_a_row_for_each_part(call, tmp_path):
    found = call(*LINE, *FEW, "--to", str(tmp_path / "plan.csv"))
    assert found.status == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "plan.csv").read_text())))
    assert {row["device"] for row in rows} == {"hailo-8", "jetson-orin-nano-8"}
    assert {row["verdict"] for row in rows} == {"PASS"}


def test_a_limit_that_nothing_keeps_is_an_answer_with_its_scenario(call, tmp_path):
    path = tmp_path / "plan.yaml"
    found = call(*LINE, *FEW, "--max-power", "1W", "-o", str(path))
    assert found.status == 3
    assert "No part keeps every limit; what is broken is below." in found.out.splitlines()[1:3]
    assert "the rack's limit is 1 W" in found.out
    assert api.read_scenario(path).scenario.site.power_limit_w == 1.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*LINE[:2], "--fps", "15"), "cameras: expected how many cameras send, got none"),
        ((*LINE, "--latency", "5W"), "latency: expected one of the units"),
        ((*LINE, "--latency", "0ms"), "latency: expected more than zero"),
        ((*LINE, "--cameras", "many"), "cameras: expected a whole number such as 300, got 'many'"),
        ((*LINE, "--budget", "20"), "did you mean 20 USD or 20 EUR?"),
        ((*LINE, "--devices", "jetsn-*"), "unknown device 'jetsn-*'"),
        ((*LINE, "--site", "outdoors:45C"), "did you mean outdoor?"),
        (("plan", "zoo:mobilnet_v2_1.0", *LINE[2:]), "did you mean mobilenet_v2_1.0"),
        (("plan", "missing.onnx", *LINE[2:]), "missing.onnx: MODEL: expected an ONNX file"),
        (("plan", "zoo:llama3.2-1b", *LINE[2:]), "`planner llm zoo:llama3.2-1b --device ID` answers"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(call, tmp_path, arguments, said):
    path = tmp_path / "plan.yaml"
    found = call(*arguments, "-o", str(path))
    assert found.status == 2
    assert len(found.err.splitlines()) == 1
    assert said in found.err
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_wrong_is_said_at_once(call):
    found = call("plan", "zoo:resnet18", "--fps", "15kg", "--site", "roam")
    assert found.status == 2
    assert [line.split(":")[0].strip(" -") for line in found.err.splitlines()[1:]] == [
        "fps",
        "cameras",
        "site",
    ]


@pytest.mark.parametrize("name", ["", "plan.onnx", "no/such/plan.yaml"])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(call, tmp_path, monkeypatch, name):
    monkeypatch.setattr(planner.zoo.source, "read_model", lambda *_, **__: pytest.fail("worked"))
    found = call(*LINE, "-o", str(tmp_path / name))
    assert found.status == 2
    assert "expected" in found.err
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_network_are_refused(call, tmp_path):
    path = tmp_path / "net.onnx"
    path.write_text("streams: []")
    found = call("plan", str(path), *LINE[2:])
    assert found.status == 2
    assert "expected an ONNX model" in found.err


@pytest.mark.parametrize("past", [16, "past"])
def test_a_decoder_of_text_has_another_command(call, tmp_path, past):
    found = call("plan", str(decoder(tmp_path / "text.onnx", past)), *LINE[2:])
    assert found.status == 2
    assert "got a language model; `planner llm" in found.err


@pytest.mark.parametrize("name", ["config.json", "model.gguf", "model.safetensors"])
def test_descriptions_of_language_models_have_another_command(call, tmp_path, name):
    (tmp_path / name).write_text("{}")
    for source in {tmp_path / name, tmp_path if name == "config.json" else tmp_path / name}:
        found = call("plan", str(source), *LINE[2:])
        assert found.status == 2
        assert f"`planner llm {source} --device ID` answers for language models" in found.err


def answers(monkeypatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_init_asks_again_and_writes_what_plan_writes(call, tmp_path, monkeypatch):
    """Wrong answers are explained and asked again; Enter takes the template's value."""
    path = tmp_path / "mine.yaml"
    answers(
        monkeypatch,
        "no-such.onnx", "zoo:mobilenet_v2_1.0", "0", "24", "fast", "15", "", "150 %", "",
        "attic", "cabinet:30C", "jetsn", "hailo-8", "", "20", "5k USD", "-1", "0",
    )  # fmt: skip
    found = call("init", "-o", str(path))
    assert found.status == 0, found.err
    assert found.out.count("Error: ") == 8
    other = tmp_path / "plan"
    other.mkdir()
    asked = ("--devices", "hailo-8", "--site", "cabinet:30C", "--budget", "5000 USD", "--spares", "0")
    assert call(*LINE, *asked, "-o", str(other / "mine.yaml"), "--quiet").status == 0
    assert path.read_text() == (other / "mine.yaml").read_text()
    assert call("size", str(path), "--quiet").status == 0


def test_init_asks_only_for_what_is_missing(call, tmp_path, monkeypatch):
    said = (
        "--latency",
        "50ms",
        "--quantile",
        "99%",
        "--site",
        "room",
        "--devices",
        "t4",
        "--max-power",
        "1kW",
    )
    answers(monkeypatch, "zoo:resnet18")
    path = tmp_path / "mine.yaml"
    found = call("init", *LINE[2:], *said, "--budget", "9000 USD", "--spares", "1", "-o", str(path))
    assert found.status == 0
    assert api.read_scenario(path).scenario.streams[0].model == "zoo:resnet18"


@pytest.mark.parametrize("lines", [(), ("zoo:resnet18", "4")])
def test_init_that_ends_early_writes_nothing(call, tmp_path, monkeypatch, lines):
    answers(monkeypatch, *lines)
    assert call("init", "-o", str(tmp_path / "mine.yaml")).status == 130
    assert list(tmp_path.iterdir()) == []


def test_init_keeps_a_file_that_is_there(call, tmp_path, monkeypatch):
    path = tmp_path / "mine.yaml"
    path.write_text("mine")
    answers(monkeypatch, "n")
    assert call("init", "-o", str(path)).status == 0
    assert path.read_text() == "mine"


def test_the_record_is_plain_json(call):
    found = call(*LINE, *FEW, "--format", "json")
    assert json.loads(found.out)["pitfalls"][0]["id"] == "over-compression"
