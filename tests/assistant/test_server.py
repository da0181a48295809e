"""The tools of an assistant read and never write, and answer as the command line does."""

import asyncio
import json
import sys

import pytest

from planner.cli.main import run

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from mcp.client import Client

from planner.assistant.server import TOOLS, server

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
    ("size", {"scenario": "line-inspection", "most_parts": 1},
     ["size", "line-inspection", "--parts", "1"]),
]  # fmt: skip


def asked(tool, arguments):
    async def ask():
        async with Client(server()) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("tool", "arguments", "command"), SAME, ids=[f"{s[0]} {n}" for n, s in enumerate(SAME)]
)
def test_answers_are_those_of_the_command_line(tool, arguments, command, capsys):
    found = asked(tool, arguments)
    assert not found.is_error
    assert run([*command, "--format", "json"]) in (0, 3)
    assert found.structured_content == json.loads(capsys.readouterr().out)


def test_every_tool_only_reads_and_says_what_it_does():
    async def tools():
        async with Client(server()) as client:
            return (await client.list_tools()).tools

    found = asyncio.run(tools())
    assert [tool.name for tool in found] == [tool.__name__ for tool in TOOLS]
    for tool in found:
        assert tool.description
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("estimate", {"model": NETWORK, "device": "t5"}, "did you mean t4"),
        ("estimate", {"model": "/nowhere.onnx", "device": "t4"}, "no such file"),
        ("estimate", {"model": NETWORK, "device": "t4", "precision": "int9"}, "unknown precision"),
        ("devices", {"kind": "tpu"}, "gpu"),
        ("size", {"scenario": "nothing"}, "nothing"),
        ("compare", {"model": NETWORK, "devices": "t4"}, "devices"),
    ],
)
def test_bad_questions_are_refused_as_on_the_command_line(tool, arguments, said):
    found = asked(tool, arguments)
    assert found.is_error
    assert said in found.content[0].text
    assert "Traceback" not in found.content[0].text


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
