"""Messages that are none, odd ones, and being stopped with the input still open."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

ROOT = Path(__file__).resolve().parents[2]
HELLO = {
    "jsonrpc": "2.0", "id": 0, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {},
               "clientInfo": {"name": "x", "version": "1"}},
}  # fmt: skip
ASK = {"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "devices", "arguments": {"device": "t4"}}}
ODD = [
    *({**ASK, "id": odd} for odd in (None, True, 1.5, "", "x" * 1000, [], {}, -1, 2**70, 1e308, [1])),
    [{**ASK, "id": 1}, {**ASK, "id": 2}], [], "x", 7, None,
    {"jsonrpc": "1.0", "id": 7, "method": "ping"}, {"id": 7, "method": "ping"}, {"jsonrpc": "2.0"},
    {"jsonrpc": "2.0", "id": 8, "method": "no such"}, {"jsonrpc": "2.0", "id": 9, "method": "tools/call"},
    {**ASK, "id": 10, "params": []}, {**ASK, "id": 11, "params": {"name": "no such"}},
    {**ASK, "id": 12, "params": {"name": "estimate", "arguments": {"model": "\ud800", "device": "a\0"}}},
    {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "no such"}},
    {"jsonrpc": "2.0", "method": "notifications/cancelled"},
    {"jsonrpc": "2.0", "id": 13, "result": {}},
    {"jsonrpc": "2.0", "id": "y", "error": {"code": 1, "message": ""}},
    {**ASK, "id": 14}, {**ASK, "id": 14}, HELLO,
]  # fmt: skip
RAW = [
    b"{" * 100_000, b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"", b"\r",
    b'{"jsonrpc":"2.0","id":NaN,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":5,"id":6,"method":"ping"}', b'{"jsonrpc":"2.0","id":7,"method":"ping"}\r',
    b'{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"inspect","arguments":{"model":"'
    + b"A" * 3_000_000 + b'"}}}',
]  # fmt: skip


class Assistant:
    """A server of its own process, and lines to and from it."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "planner", "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        self.unread = b""
        assert self.answer(HELLO)["result"]
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, said):
        line = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self, said, seconds=60.0):
        """The answer to a message with this id, others passed over."""
        self.send(said)
        return self.heard(said["id"], seconds)

    def heard(self, identity, seconds=60.0):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line, found, rest = self.unread.partition(b"\n")
            if not found:
                if select.select([self.process.stdout], [], [], 1.0)[0]:
                    self.unread += os.read(self.process.stdout.fileno(), 1 << 20)
                continue
            self.unread = rest
            reply = json.loads(line)
            if reply.get("id") == identity:
                return reply
        raise AssertionError("no answer")

    def children(self):
        number = self.process.pid
        return Path(f"/proc/{number}/task/{number}/children").read_text().split()


@pytest.fixture(scope="module")
def assistant():
    made = Assistant()
    yield made
    made.process.kill()
    made.process.communicate()


def test_odd_messages_are_passed_over_and_the_next_question_is_answered(assistant):
    for said in (*ODD, *RAW):
        assistant.send(said)
    last = assistant.answer({**ASK, "id": "last"})
    assert last["result"]["structuredContent"]["id"] == "t4"


def test_a_limit_that_is_no_number_is_refused(assistant):
    call = {"name": "compare", "arguments": {"model": "zoo:resnet18", "devices": ["t4"]}}
    for odd in ("NaN", "Infinity", "1e999"):
        text = json.dumps({**ASK, "id": odd, "params": call}).replace(
            '["t4"]', f'["t4"], "max_latency_s": {odd}'
        )
        assistant.send(text.encode())
        found = assistant.heard(odd)["result"]
        assert found["isError"], odd


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_stop_ends_it_though_the_input_stays_open(assistant):
    """In the middle of a question: within seconds, with the status of the signal, no process left."""
    slow = {"name": "size", "arguments": {"scenario": "line-inspection"}}
    assistant.send({**ASK, "id": "slow", "params": slow})
    assistant.answer({"jsonrpc": "2.0", "id": "ping", "method": "ping"})
    while not (children := assistant.children()):
        time.sleep(0.05)
    assistant.process.send_signal(signal.SIGTERM)
    assert assistant.process.wait(15) == 128 + signal.SIGTERM
    said = assistant.process.stderr.read()
    assert said.endswith(b"planner: stopped by SIGTERM; nothing half-written is left behind\n")
    end = time.monotonic() + 10.0  # one that is still starting finds that its parent is gone
    while any(Path(f"/proc/{number}").exists() for number in children):
        assert time.monotonic() < end
