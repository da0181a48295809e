"""Bytes that are no HTTP, halves of requests, silent connections: others are answered meanwhile."""

import asyncio
import contextlib
import os
import signal
import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from planner.web import connection
from planner.web.connection import Connection
from tests.web.client import Server
from tests.web.test_guard import goes_on

BYTES = st.binary(max_size=200)
HEAD = "{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-Planner-Token: {csrf}\r\n"
PATHS = (
    "/", "/jobs", "/models?name=a", "/static/../app.py", "/static/%2e%2e/app.py", "/static/%00", "/jobs/%ff",
    "/jobs/x/files/..%2f..%2fx", "/%c0%ae%c0%ae/", "//", "*", "http://evil.example/", "/" + "a" * 70_000,
    "/?%", "/?lang=%00&model=%ed%a0%80",
)  # fmt: skip
FIELDS = (
    "Content-Length: 5", "Content-Length: -5", "Content-Length: " + "9" * 20, "Content-Length: " + "9" * 5000,
    "Content-Length: 6", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
    "Expect: 100-continue",
    "Upgrade: websocket\r\nConnection: Upgrade", "Upgrade: h2c\r\nConnection: Upgrade", "Host: evil.example",
    "Connection: close", "Range: bytes=9-2,-,--", "Cookie: " + "a=b;" * 5000, "X: " + "y" * 100_000,
    "Content-Type: multipart/form-data; boundary=\"\\", "Accept-Language: zh;q=1.1.1,en;q=", "X\x00: y",
)  # fmt: skip
BODIES = (
    b"", b"abcde", b"zz\r\n", b"5\r\nabcde\r\n0\r\n\r\n", b"f" * 19 + b"\r\n", b"5\r\nabcde\r\nzz\r\n",
    b"a=b&" * 200,
    b"call=network&model=zoo:%00%ff", b"[" * 10_000, b'{"a": NaN, "a": 1}', b"x" * 100_000,
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 50, b"csrf=%ed%a0%80",
)  # fmt: skip


def spoken(server, content: bytes, *, half: bool = False) -> bytes:
    """What comes back within a moment."""
    made = socket.create_connection(("127.0.0.1", server.port), timeout=0.05)
    with made, contextlib.suppress(OSError):
        made.sendall(content)
        if half:
            made.shutdown(socket.SHUT_WR)
        return made.recv(4096)
    return b""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server whose standard error is looked at in the end: nothing that visitors send is a fault of it."""
    made = Server(tmp_path_factory.mktemp("visitors"), "--max-upload", "1MB")
    yield made
    made.process.send_signal(signal.SIGTERM)
    said = made.process.stderr.read()
    made.process.stderr.close()
    assert made.process.wait(30) == 128 + signal.SIGTERM
    assert said.strip() == "planner: stopped by SIGTERM; nothing half-written is left behind"


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_bytes_are_answered_or_refused(own, data):
    if data.draw(st.integers(0, 5)) == 0:
        content = data.draw(BYTES) * data.draw(st.sampled_from((1, 1000)))
    else:
        method = data.draw(st.sampled_from(("GET", "POST", "HEAD", "CONNECT", "TRACE", "BREW", "get", "")))
        head = HEAD.format(method=method, path=data.draw(st.sampled_from(PATHS)), csrf=own.csrf,
                           host=f"127.0.0.1:{own.port}")  # fmt: skip
        fields = data.draw(st.lists(st.sampled_from(FIELDS), max_size=3))
        ending = data.draw(st.sampled_from(("\r\n", "\r\n", "")))
        content = (head + "".join(f"{field}\r\n" for field in fields) + ending).encode()
        content += data.draw(st.sampled_from(BODIES))
    answer = spoken(own, content, half=data.draw(st.booleans()))
    assert b" 500 " not in answer[:40]
    assert own.process.poll() is None


@pytest.mark.parametrize(
    "content",
    [
        "POST /jobs HTTP/1.1\r\nHost: {host}\r\nContent-Length: 500\r\n\r\nab",
        "POST /jobs HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n",
        "GET / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /jobs HTTP/1.1\r\nHost: {host}\r\nX-Planner-Token: {csrf}\r\nContent-Length: 400\r\n\r\n"
        + "a=b&" * 100,
    ],
    ids=["gone", "broken", "broken behind the answer", "a hundred fields"],
)
def test_what_once_was_a_fault(own, content):
    made = content.format(host=f"127.0.0.1:{own.port}", csrf=own.csrf).encode()
    assert b" 500 " not in spoken(own, made, half=True)
    goes_on(own)


def test_hundreds_of_halves_of_requests_keep_nobody_out(own):
    made = []
    files = len(os.listdir(f"/proc/{own.process.pid}/fd"))  # noqa: PTH208
    try:
        for _ in range(400):
            made.append(socket.create_connection(("127.0.0.1", own.port), timeout=10))
            made[-1].sendall(b"POST /models HTTP/1.1\r\nHost: ")
        started = time.monotonic()
        goes_on(own)
        assert time.monotonic() - started < 5.0
        assert len(os.listdir(f"/proc/{own.process.pid}/fd")) < files + 150  # noqa: PTH208
    finally:
        for one in made:
            one.close()
    goes_on(own)


def test_only_a_few_files_may_come_at_a_time(own):
    head = (
        f"POST /models?name=a.onnx HTTP/1.1\r\nHost: 127.0.0.1:{own.port}\r\nX-Planner-Token: {own.csrf}\r\n"
    )
    coming = [socket.create_connection(("127.0.0.1", own.port), timeout=10) for _ in range(4)]
    try:
        for one in coming:
            one.sendall(f"{head}Content-Length: 9000\r\n\r\nabc".encode())
        end = time.monotonic() + 5.0
        while (found := own.upload("b.onnx", b"abc")).status != 503:
            assert time.monotonic() < end
        assert "too many" in found.text.lower()
    finally:
        for one in coming:
            one.close()
    end = time.monotonic() + 5.0
    while own.upload("b.onnx", b"abc").status != 200:
        assert time.monotonic() < end


async def _app(_scope, receive, send):
    """Reads the body and answers ten megabytes, as an application of ASGI does."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(100):
        await send({"type": "http.response.body", "body": bytes(100_000), "more_body": number < 99})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "takes no answer"],
)
def test_a_silent_connection_is_ended(monkeypatch, content):
    monkeypatch.setattr(connection, "HEAD_S", 0.2)
    monkeypatch.setattr(connection, "SILENT_S", 0.3)

    async def run() -> int:
        state, config = ServerState(), Config(_app, http=Connection, log_config=None)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
        async with server:
            with socket.create_connection(server.sockets[0].getsockname()) as made:
                made.sendall(content)
                await asyncio.sleep(0.1)
                assert len(state.connections) == 1
                await asyncio.sleep(0.9)
                return len(state.connections)

    assert asyncio.run(run()) == 0


def test_a_slow_sender_that_goes_on_is_waited_for(monkeypatch):
    monkeypatch.setattr(connection, "SILENT_S", 0.3)
    monkeypatch.setattr(connection, "HEAD_S", 0.2)

    async def run() -> bytes:
        state, config = ServerState(), Config(_app, http=Connection, log_config=None)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n")
            for _ in range(5):
                await asyncio.sleep(0.15)
                writer.write(b"a")
            found = await reader.read()
            writer.close()
            return found

    assert len(asyncio.run(run())) > 10_000_000


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the system has no such signal")
def test_a_terminal_that_closes_ends_it_in_order(tmp_path):
    """uvicorn knows Ctrl-C and SIGTERM alone: SIGHUP came out of the middle of its loop as a traceback."""
    server = Server(tmp_path)
    server.process.send_signal(signal.SIGHUP)
    said = server.process.stderr.read()
    server.process.stderr.close()
    assert server.process.wait(30) == 128 + signal.SIGHUP
    assert said.strip() == "planner: stopped by SIGHUP; nothing half-written is left behind"
    assert list(tmp_path.iterdir()) == []
