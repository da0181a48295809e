"""The tools of an assistant read and never write, and answer as the command line does."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from planner.cli.main import run
from planner.data_files import HARDWARE_VARIABLE, database_dir

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from mcp.client import Client

from planner.assistant import server as assistant
from planner.assistant.server import QuestionLimits, server, workers
from planner.assistant.tools import TOOLS

NETWORK = "zoo:resnet18"
SAME = [
    ("estimate", {"model": NETWORK, "device": "t4"}, ["estimate", NETWORK, "--device", "t4"]),
    (
        "estimate",
        {"model": NETWORK, "device": "jetson-orin-nano-8", "precision": "int8", "batch": 4, "layers": True},
        ["estimate", NETWORK, "--device", "jetson-orin-nano-8", "--precision", "int8", "--batch", "4",
         "--layers"],
    ),
    ("inspect", {"model": NETWORK, "operators": True}, ["inspect", NETWORK]),
    (
        "compare",
        {"model": NETWORK, "devices": ["t4", "rk3588"], "precisions": ["int8"], "max_latency_s": 0.005},
        ["compare", NETWORK, "--devices", "t4,rk3588", "--modes", "default", "--precision", "int8",
         "--max-latency", "5ms"],
    ),
    ("devices", {"device": "t4"}, ["devices", "show", "t4"]),
    ("devices", {"kind": "npu"}, ["devices", "list", "--kind", "npu"]),
    ("converse", {"model": "zoo:llama3.2-1b", "users": 2, "devices": ["jetson-orin-nano-8"]},
     ["plan", "zoo:llama3.2-1b", "--users", "2", "--devices", "jetson-orin-nano-8"]),
    ("size", {"scenario": "line-inspection", "most_parts": 1},
     ["size", "line-inspection", "--parts", "1"]),
]  # fmt: skip


BAD = [
    ("estimate", {"model": NETWORK, "device": "t5"}, "did you mean t4"),
    ("estimate", {"model": "/nowhere.onnx", "device": "t4"}, "no such file"),
    ("estimate", {"model": NETWORK, "device": "t4", "precision": "int9"}, "unknown precision"),
    ("devices", {"kind": "tpu"}, "gpu"),
    ("size", {"scenario": "nothing"}, "nothing"),
    ("llm", {"model": "zoo:llama3.2-1b", "devices": ["t5"]}, "t4"),
    ("llm", {"model": "zoo:llama3.2-1b", "devices": ["jetson-orin-nano-8"], "users": [0]}, "one or more"),
    ("converse", {"model": "zoo:llama3.2-1b", "users": 0}, "1 to 100,000 people"),
    ("compare", {"model": NETWORK, "devices": "t4"}, "devices"),
    ("compare", {"model": NETWORK, "devices": ["t4"], "max_latency_s": -1.0}, "above 0"),
    ("compare", {"model": NETWORK, "devices": ["t4"], "max_power_w": 0.0}, "above 0"),
    ("compare", {"model": NETWORK, "devices": ["t4"] * 2000}, "at most 1,000"),
    ("llm", {"model": "zoo:llama3.2-1b", "devices": ["t4"], "max_ttft_s": -1.0}, "above 0"),
    ("size", {"scenario": "line-inspection", "most_parts": -5}, "one or more"),
    ("inspect", {"model": "a" * 10_000}, "at most 8,192"),
    ("inspect", {"model": "a" * 300}, "File name too long"),
    ("inspect", {"model": "a\0b"}, "file"),
]


def session(questions, limits=None):
    """What a server answers one after the other, its processes ended afterwards."""

    async def ask():
        bounds = limits or QuestionLimits()
        at_work = workers(bounds)
        try:
            async with Client(server(bounds, at_work)) as client:
                return [await client.call_tool(tool, arguments) for tool, arguments in questions]
        finally:
            await at_work.close()

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def answered():
    return session([(tool, arguments) for tool, arguments, _ in (*SAME, *BAD)])


@pytest.mark.parametrize("number", range(len(SAME)), ids=[f"{s[0]} {n}" for n, s in enumerate(SAME)])
def test_answers_are_those_of_the_command_line(answered, number, capsys):
    found = answered[number]
    assert not found.is_error
    assert run([*SAME[number][2], "--format", "json"]) in (0, 3)
    assert found.structured_content == json.loads(capsys.readouterr().out)


def test_every_tool_only_reads_and_says_what_it_does():
    async def tools():
        async with Client(server(QuestionLimits(), workers(QuestionLimits()))) as client:
            return (await client.list_tools()).tools

    found = asyncio.run(tools())
    assert [tool.name for tool in found] == [tool.__name__ for tool in TOOLS]
    for tool in found:
        assert tool.description
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_questions_are_refused_as_on_the_command_line(answered, number):
    found = answered[len(SAME) + number]
    assert found.is_error
    assert BAD[number][2] in found.content[0].text
    assert "Traceback" not in found.content[0].text


def test_a_question_has_limits_and_the_server_goes_on_after_each():
    """Time, memory, a process that is killed in the middle: a sentence, and the next question is answered."""
    size = ("size", {"scenario": "line-inspection"})
    quick = ("devices", {"device": "t4"})
    late, after = session([size, quick], QuestionLimits(seconds=1.0))
    assert late.is_error
    assert "within 1 s" in late.content[0].text
    assert "--time-limit" in late.content[0].text
    assert not after.is_error or "within 1 s" in after.content[0].text  # a start takes a second
    many = ("size", {"scenario": "three-hundred-cameras"})
    large, again = session([many, quick], QuestionLimits(memory_bytes=330_000_000))
    assert large.is_error
    assert "--memory-limit" in large.content[0].text or "defect" in large.content[0].text
    assert not again.is_error


def test_a_killed_process_is_a_sentence_and_leaves_none_behind():
    async def ask():
        at_work = workers(QuestionLimits())
        try:
            async with Client(server(QuestionLimits(), at_work)) as client:
                asked = asyncio.create_task(client.call_tool("size", {"scenario": "line-inspection"}))
                while not (working := at_work.numbers()):
                    await asyncio.sleep(0.05)
                os.kill(working[0], signal.SIGKILL)
                return working[0], await asked, await client.call_tool("devices", {"device": "t4"})
        finally:
            await at_work.close()

    number, killed, after = asyncio.run(ask())
    assert killed.is_error
    assert "the server goes on" in killed.content[0].text
    assert not after.is_error
    assert not Path(f"/proc/{number}").exists()


def test_own_parts_are_seen_by_the_processes_that_answer(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text(
        (database_dir() / "devices" / "t4.yaml").read_text().replace("id: t4", "id: mine", 1)
    )
    monkeypatch.setenv(HARDWARE_VARIABLE, "")
    seen = []
    monkeypatch.setattr(assistant, "run", lambda limits: seen.append((limits, os.environ[HARDWARE_VARIABLE])))
    assert run(["mcp", "--hardware", str(tmp_path), "--time-limit", "2min", "--memory-limit", "1GiB"]) == 0
    assert seen == [(QuestionLimits(120.0, 2**30), str(tmp_path))]


@pytest.mark.parametrize(
    "option", [["--time-limit", "2y"], ["--memory-limit", "1kB"], ["--time-limit", "nan s"]]
)
def test_limits_that_are_none(option, capsys):
    assert run(["mcp", *option]) == 2
    assert option[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "missing", "module", "extra"),
    [("mcp", "mcp", "planner.assistant.server", "mcp"), ("serve", "uvicorn", "planner.web.serve", "web")],
)
def test_a_missing_extra_is_named(monkeypatch, capsys, command, missing, module, extra):
    for name in [name for name in sys.modules if name == module or name.split(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(module, raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    assert run([command]) == 2
    assert f"pip install 'edge-ai-planner[{extra}]'" in capsys.readouterr().err
