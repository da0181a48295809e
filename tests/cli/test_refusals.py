"""Bad input: one message with what was expected, what came and what to do; status 2; nothing half-written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

LINE = Path(__file__).resolve().parents[2] / "scenarios" / "line-inspection.yaml"
NETWORK = "zoo:mobilenet_v2_1.0"


def refused(answer, *parts: str) -> None:
    assert answer.status == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    for part in parts:
        assert part in answer.err


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"this is text and no network, whatever its name says" * 20, "ONNX"),
        (b"\x08\x08\x12\x04abc", "ONNX"),
    ],
)
def test_files_that_are_no_network(call, tmp_path, content, expected):
    file = tmp_path / "net.onnx"
    if content is not None:
        file.write_bytes(content)
    refused(call("inspect", file), "expected", expected)


def test_a_truncated_network(call, tmp_path):
    whole = tmp_path / "whole.onnx"
    call("zoo", "export", "mobilenet_v2_1.0", "-o", whole, "--quiet")
    half = tmp_path / "half.onnx"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(call("inspect", half), "expected")


def test_unknown_names_offer_the_nearest(call):
    refused(call("estimate", NETWORK, "--device", "jetson-agx-orin"), "jetson-agx-orin-64")
    refused(call("inspect", "zoo:resnet50"[:-1]), "resnet")
    refused(call("estimate", NETWORK, "--device", "jetson-nano-4", "--mode", "MAXM"), "MAXN")
    refused(call("estimate", NETWORK, "--device", "jetson-nano-4", "--unit", "gpuu"), "gpu")
    refused(call("estimate", NETWORK, "--device", "jetson-nano-4", "--precision", "int9"), "int8")
    refused(call("estimate", NETWORK, "--device", "jetson-nano-4", "--engine", "tensorflow"), "tensorrt")
    refused(call("compare", NETWORK, "--devices", "jetsn-*"), "unknown device")


def test_wrong_units_on_the_command_line(call):
    refused(
        call("compare", NETWORK, "--devices", "*", "--max-latency", "50W"),
        "--max-latency",
        "'W' is a unit of power",
    )
    refused(
        call("compare", NETWORK, "--devices", "*", "--max-power", "15"),
        "--max-power",
        "a unit after the number",
    )
    refused(call("compare", NETWORK, "--devices", "*", "--budget", "cheap"), "--budget", "currency")
    refused(call("inspect", NETWORK, "--shape", "input"), "NAME=1,3,640,640")
    refused(call("estimate", NETWORK, "--device", "jetson-nano-4", "--calibration", "x.yaml"), "existing")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("count: 24", "cuont: 24", ("unknown key 'cuont'", "did you mean count", "line 1")),
        ("jitter: 3 ms", "jitter: 3 W", ("streams[0].jitter", "'W' is a unit of power")),
        ("fan: 25 W", "fan: -25 W", ("site.fan", "zero or more")),
        ("count: 24", "count: 24\n    count: 25", ("each key once",)),
        ("rate: 15 FPS", "rate: 15", ("streams[0].rate", "its unit")),
        ("recirculation: 20 %", "recirculation: 120 %", ("site.recirculation",)),
        ("count: 24", "count: &many 24", ("anchor",)),
        ("model: zoo:yolov5s", "model: zoo:yolov5t", ("unknown network", "yolov5s")),
        ("- jetson-nano-4", '- "jetsen-*"', ("unknown device",)),
        ("budget: 20000 USD", "budget: 20000 EUR", ("budget in USD",)),
        ("warmup: 60 s", "warmup: 600 s", ("warmup shorter than duration",)),
    ],
)
def test_scenarios_with_a_mistake(call, tmp_path, old, new, parts):
    text = LINE.read_text()
    assert old in text
    file = tmp_path / "scenario.yaml"
    file.write_text(text.replace(old, new, 1))
    pdf = tmp_path / "out.pdf"
    refused(call("report", file, "-o", pdf, "--quiet"), *parts)
    assert not pdf.exists()


def test_all_problems_of_a_scenario_arrive_together(call, tmp_path):
    text = LINE.read_text().replace("fan: 25 W", "fan: 25 K").replace("jitter: 3 ms", "jitter: soon")
    file = tmp_path / "scenario.yaml"
    file.write_text(text)
    refused(call("simulate", file), "2 problems", "site.fan", "streams[0].jitter")


def test_all_names_that_no_catalog_has_arrive_together(call, tmp_path):
    text = LINE.read_text()
    for old, new in (
        ("- jetson-nano-4", '- "jetsen-*"'),
        ("- raspberry-pi-5", "- raspberry-pi-9"),
        ("model: zoo:yolov5s", "model: zoo:yolov5t"),
        ("horizon_years: 5", "horizon_years: 5\n  prices: {t44: 900 USD}"),
    ):
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "scenario.yaml"
    file.write_text(text + "deployment: {device: jetson-orin-nano-8, count: 3, mode: 99W}\n")
    refused(
        call("size", file),
        "5 problems",
        "candidates.devices[0]",
        "unknown device 'raspberry-pi-9'; did you mean raspberry-pi-5",
        "unknown network 'yolov5t'; did you mean ",
        "unknown device 't44'; did you mean t4",
        "deployment.mode: expected a power mode of jetson-orin-nano-8",
        "line 13, streams[0].model",
    )


def test_a_missing_scenario_names_the_shipped_ones(call):
    refused(call("simulate", "nowhere.yaml"), "line-inspection")


@pytest.mark.parametrize("target", ["missing-folder/out.pdf", "."])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(call, tmp_path, target):
    refused(call("report", LINE, "-o", tmp_path / target, "--quiet"), "expected")
    assert list(tmp_path.iterdir()) == []


def test_an_unmeetable_scenario_exits_with_three_and_writes_the_reasons(call, tmp_path):
    file = tmp_path / "scenario.yaml"
    text = LINE.read_text().replace("latency: 100 ms", "latency: 10 us")
    file.write_text(re.sub(r"  devices:\n(    - .*\n)+", "  devices: [jetson-orin-nano-8, t4]\n", text))
    pdf, data = tmp_path / "out.pdf", tmp_path / "out.json"
    assert call("report", file, "-o", pdf, "--data", data, "--quiet").status == 3
    assert pdf.read_bytes().startswith(b"%PDF")
    assert '"INFEASIBLE"' in data.read_text()
    assert call("simulate", file, "--quiet").status == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.pdf", "scenario.yaml"]


def test_usage_errors_exit_with_two(call):
    assert call("estimate", NETWORK).status == 2
    assert call("inspect", NETWORK, "--format", "xml").status == 2
    assert call("nonsense").status == 2


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from planner.cli.main import run; run(['--help']); "
        "heavy = {'numpy', 'onnx', 'pandas', 'matplotlib', 'pydantic', 'simpy', 'typst', 'scipy', 'rich'}; "
        "sys.exit(','.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "estimate" in done.stdout


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "planner", "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nonsense" in done.stderr


def test_several_networks_may_be_measured_at_once(call):
    """The second is refused by its name, not as an argument too many."""
    refused(call("measure", NETWORK, "zoo:nobody", "--engine", "onnxruntime"), "unknown network 'nobody'")
