"""What was meant: commands, options, scenarios, parts, networks and values that are not quite right."""

import sys

import pytest
from click.testing import CliRunner

from planner.cli.main import planner
from planner.data_files import scenarios_dir

LINE = scenarios_dir() / "line-inspection.yaml"


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("comprae",), "did you mean compare"),
        (("devices", "lst"), "did you mean list?"),
        (("estimate", "zoo:resnet18", "--devcie", "t4"), "--device"),
        (("simulate", "line-inspectin"), "did you mean line-inspection?"),
        (("simulate", str(scenarios_dir() / "line-inspecton.yaml")), f"did you mean {LINE}"),
        (("scenarios", "show", "theory-md"), "did you mean theory-md1"),
        (("inspect", "resnet18"), "did you mean zoo:resnet18?"),
        (("inspect", "zoo:resnet-18"), "did you mean resnet18"),
        (("estimate", "zoo:resnet18", "--device", "T-4"), "did you mean t4"),
        (("estimate", "zoo:resnet18", "--device", "t4", "--precision", "INT_8"), "did you mean int8"),
        (("compare", "zoo:resnet18", "--devices", "t4", "--max-power", "15"), "did you mean 15 W?"),
        (("compare", "zoo:resnet18", "--devices", "t4", "--max-latency", "50 mss"), "did you mean 50 ms"),
        (("compare", "zoo:resnet18", "--devices", "t4", "--budget", "$500"), "did you mean 500 USD?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_the_nearest_is_offered(call, arguments, meant):
    answer = call(*arguments)
    assert answer.status == 2
    assert answer.out == ""
    assert meant in answer.err


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("supply: 30 degC", "supply: 30 K", ("site.supply", "did you mean 30 degC?", "line ")),
        ("rate: 15 FPS", "rate: 15", ("did you mean 15 /s?", "line ")),
        ("recirculation: 20 %", "recirculation: 0.2", ("did you mean 20 % or 0.2 %?", "line ")),
        ("power_limit: 1200 W", "power_limit: 1,2 kW", ("did you mean 1.2 kW?", "line ")),
        ("dispatch: shortest_queue", "dispatch: shortest-queue", ("did you mean shortest_queue?", "line ")),
        ("pue: 1.3", "pue: high", ("140 %", "line ")),
        ("simulation:\n", "simulation:\n  pue: 1.3\n", ("a key of another block", "line ")),
    ],
)
def test_values_of_a_file(call, tmp_path, old, new, parts):
    text = LINE.read_text()
    if old not in text:  # what the file leaves to the default
        old, new = "simulation:\n", f"simulation:\n  {new}\n"
    assert old in text
    file = tmp_path / "line.yaml"
    file.write_text(text.replace(old, new, 1))
    answer = call("simulate", file)
    assert answer.status == 2
    for part in parts:
        assert part in answer.err


def test_what_is_refused_after_reading_has_its_line_too(call, tmp_path):
    """A network that cannot be read, and a price that is missing, are found when the work begins."""
    text = LINE.read_text().replace("model: zoo:yolov5s", "model: missing.onnx", 1)
    file = tmp_path / "line.yaml"
    file.write_text(text)
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "missing.onnx" in line)
    assert f"line {number}, streams[0].model" in call("size", file).err


@pytest.mark.parametrize(("option", "missing"), [("--html", "plotly"), ("--tables", "pyarrow")])
def test_what_is_missing_is_said_before_the_work(call, tmp_path, monkeypatch, option, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setattr("planner.plan.study.study.run_study", lambda *_, **__: pytest.fail("has begun"))
    kind = ["--tables-as", "parquet"] if option == "--tables" else []
    answer = call("report", LINE, "-o", tmp_path / "line.pdf", option, tmp_path / "beside", *kind)
    assert answer.status == 2
    assert missing in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_trace_that_cannot_be_read_is_named_with_its_line(call, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    text = LINE.read_text().replace("    arrivals: poisson", "    arrivals: trace\n    trace: a.parquet", 1)
    file = tmp_path / "line.yaml"
    file.write_text(text)
    answer = call("size", file)
    assert "streams[1].trace: expected pyarrow" in answer.err
    assert "line " in answer.err


def test_several_parts_with_commas(call):
    answer = call(
        "compare", "zoo:resnet18", "--devices", "t4,rk3588", "--mode", "default", "--format", "json"
    )
    assert {row["device"] for row in answer.json["candidates"]} == {"t4", "rk3588"}


def test_scenarios_are_listed_shown_and_copied(call, tmp_path):
    names = [row["name"] for row in call("scenarios", "list", "--format", "json").json["scenarios"]]
    assert names == sorted(path.stem for path in scenarios_dir().glob("*.yaml"))
    assert call("scenarios", "show", "line-inspection").out == LINE.read_text()
    assert call("scenarios", "copy", "line-inspection", tmp_path / "own.yaml", "--quiet").status == 0
    assert (tmp_path / "own.yaml").read_bytes() == LINE.read_bytes()
    again = call("scenarios", "copy", "line-inspection", tmp_path / "own.yaml")
    assert again.status == 2
    assert "a new file" in again.err
    assert call("scenarios", "copy", "theory-md1", tmp_path, "--quiet").status == 0
    assert (tmp_path / "theory-md1.yaml").exists()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("estimate", "zoo:resnet1"), {"zoo:resnet18", "zoo:resnet101", "zoo:resnet152"}),
        (("size", "theory-"), {"theory-md1", "theory-mmc"}),
        (("compare", "x", "--devices", "t4,raspberry-pi-5"), {"t4,raspberry-pi-5"}),
        (("estimate", "x", "--device", "jetson-orin-nano-8", "--mode", "1"), {"15W"}),
        (("estimate", "x", "--device", "nobody", "--mode", ""), set()),
        (("what-if", "x", "--device", "rk3588", "--unit", "n"), {"npu"}),
        (("estimate", "x", "--precision", "INT"), {"int8", "int4"}),
        (("curve", "x", "--engine", "tensor"), {"tensorrt"}),
        (("scenarios", "show", "edge"), {"edge-llm"}),
        (("si",), {"size", "simulate"}),
    ],
)
def test_names_are_completed(typed, offered):
    *before, last = typed
    words = " ".join(["planner", *before, last])
    environment = {"_PLANNER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed))}
    done = CliRunner().invoke(planner, [], env=environment, prog_name="planner")
    found = {line.split(",", 1)[1] for line in done.output.splitlines() if line.startswith("plain,")}
    assert offered <= found
    assert all(name.startswith(last.lower()) for name in found)
