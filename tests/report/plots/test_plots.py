"""Answers as pictures: what is drawn, in which form, and what cannot be."""

import re
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from planner import api
from planner.cli import bars
from planner.cli.main import run
from planner.errors import InputError, OutputError
from planner.plan.record.options import comparison_record
from planner.report.plots.comparison import plot_comparison
from planner.wording.message import Wording
from tests.fonts import needs_chinese_font

PNG = b"\x89PNG\r\n\x1a\n"


def words(path):
    root = ET.parse(path).getroot()  # noqa: S314 - drawn here a moment ago
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("}text")]


@pytest.fixture(scope="module")
def estimate():
    return api.estimate("zoo:resnet18", "jetson-orin-nano-8")


@pytest.fixture(scope="module")
def comparison():
    return api.compare("zoo:resnet18", ["t4", "jetson-orin-nano-8", "hailo-8"], modes="default")


def test_an_estimate_has_its_roofs_and_its_longest_kernel(estimate, tmp_path):
    path = tmp_path / "estimate.svg"
    api.plot_estimate(estimate, path)
    texts = words(path)
    longest = max(estimate.layers, key=lambda layer: layer.time.mid_s)
    assert {"operations per byte moved", "datasheet roof", longest.name} <= set(texts)
    api.plot_estimate(estimate, tmp_path / "estimate.PNG")
    assert (tmp_path / "estimate.PNG").read_bytes().startswith(PNG)


def test_a_comparison_has_every_part_and_the_limit(comparison, tmp_path):
    path = tmp_path / "front.svg"
    api.plot_comparison(comparison, path, max_latency_s=0.002)
    texts = " ".join(words(path))
    assert all(name in texts for name in ("t4", "jetson-orin-nano-8", "hailo-8", "latency asked"))
    assert not re.search(r"\b(nan|inf)\b", texts)


def test_a_curve_has_its_sizes_and_its_knee(tmp_path):
    path = tmp_path / "curve.svg"
    api.plot_curve(api.curve("zoo:resnet18", "t4", up_to=8), path)
    assert {"1", "2", "4", "8", "knee", "batch"} <= set(words(path))


def test_the_same_answer_gives_the_same_bytes(estimate, comparison, tmp_path):
    for name in ("svg", "png"):
        first, second = (tmp_path / f"{n}.{name}" for n in "ab")
        api.plot_estimate(estimate, first)
        api.plot_estimate(estimate, second)
        assert first.read_bytes() == second.read_bytes()


@needs_chinese_font
def test_pictures_are_drawn_in_chinese_too(comparison):
    svg = plot_comparison(comparison_record(comparison), "svg", Wording("zh")).decode()
    assert "器件推理时的功耗" in svg


def test_what_cannot_be_drawn_is_refused_before_work(estimate, tmp_path, capsys):
    for name in ("picture.gif", "picture"):
        with pytest.raises(InputError, match=r"\.svg or \.png"):
            api.plot_estimate(estimate, tmp_path / name)
    with pytest.raises(OutputError, match="existing folder"):
        api.plot_estimate(estimate, tmp_path / "none" / "a.svg")
    assert run(["estimate", "/nowhere.onnx", "--device", "t4", "--plot", "a.gif"]) == 2
    assert ".svg or .png" in capsys.readouterr().err, "before the network is looked at"
    large = api.estimate(api.read_onnx("zoo:resnet18", batch=4096), "jetson-nano-4")
    with pytest.raises(InputError, match="does not"):
        api.plot_estimate(large, tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


def test_the_commands_draw_too(tmp_path, capsys):
    for command in (
        ["estimate", "zoo:resnet18", "--device", "t4"],
        ["compare", "zoo:resnet18", "--devices", "t4"],
        ["curve", "zoo:resnet18", "--device", "t4", "--up-to", "2"],
    ):
        path = tmp_path / f"{command[0]}.svg"
        assert run([*command, "--plot", str(path)]) == 0
        assert words(path)
    assert "wrote" in capsys.readouterr().err


class Terminal:
    """Standard output as a terminal with this encoding."""

    def __init__(self, own, encoding="utf-8"):
        self._own, self.encoding = own, encoding

    def isatty(self):
        return True

    def __getattr__(self, name):
        return getattr(self._own, name)


def test_bars_are_for_terminals_that_have_them(monkeypatch, capsys):
    question = ["estimate", "zoo:resnet18", "--device", "t4"]
    assert run(question) == 0
    assert "where the time goes" not in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdout", Terminal(sys.stdout))
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("TERM", "xterm")
    assert run(question) == 0
    text = capsys.readouterr().out
    assert "where the time goes" in text
    assert "█" in text
    monkeypatch.setenv("TERM", "dumb")
    assert not bars.can_draw()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", Terminal(sys.stdout, "ascii"))
    assert not bars.can_draw()


def test_a_report_can_be_opened(monkeypatch, tmp_path, capsys):
    import click

    opened = []
    monkeypatch.setattr(click, "launch", lambda place: opened.append(place) or len(opened) - 1)
    monkeypatch.setattr(api, "write_report", lambda *_, **__: SimpleNamespace(verdict="PASS"), raising=False)
    report = ["report", "line-inspection", "-o", str(tmp_path / "a.pdf"), "--open"]
    assert run(report) == 0
    assert run([*report, "--html", str(tmp_path / "a.html")]) == 0
    assert opened == [str(tmp_path / "a.pdf"), str(tmp_path / "a.html")]
    assert "open it yourself" in capsys.readouterr().err
