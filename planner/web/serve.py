"""The server around the page: where it listens, who is let in, and how it ends."""

from __future__ import annotations

import ipaddress
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn

from planner.errors import InputError, Problem
from planner.process.temporary import temporary_folder
from planner.web.app import VisitorLimits, application
from planner.web.connection import BACKLOG, Connection

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that listens, and the address under which a browser finds it."""

    socket: socket.socket
    address: str
    hosts: tuple[str, ...]
    port: int
    token: str | None
    names: tuple[str, ...]
    """More names under which it is asked, on any port."""


def listen(host: str = "127.0.0.1", port: int = 8017, names: tuple[str, ...] = ()) -> Listening:
    """Bind the port, 0 for any that is free; beyond loopback with a token. `names` are more host names.

    Raises `InputError` for a host that is none of this machine's and for a port that is in use.
    """
    address = _address(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((str(address), port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        got = f"{port}: {(error.strerror or str(error)).lower()}"
        expected = f"a free port of {host}"
        problem = Problem("--port", expected, got, "choose another, or 0 for any that is free")
        raise InputError("serve", [problem]) from None
    found = int(bound.getsockname()[1])
    text = f"[{address}]" if address.version == 6 else str(address)
    loopback = address.is_loopback
    hosts: tuple[str, ...] = (*_LOOPBACK_NAMES, text, host)
    if address.is_unspecified:
        hosts, text = (*hosts, socket.gethostname(), "*"), "127.0.0.1"
    token = None if loopback else secrets.token_urlsafe(24)
    query = "" if token is None else f"?token={token}"
    return Listening(bound, f"http://{text}:{found}/{query}", hosts, found, token, names)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        expected = "an address of this machine, such as 127.0.0.1 or 0.0.0.0"
        raise InputError("serve", [Problem("--host", expected, repr(host))]) from None


def serve(
    found: Listening, limits: VisitorLimits | None = None, ready: Callable[[str], None] = lambda _: None
) -> None:
    """Answer until a signal ends it. `ready` gets the address.

    The signal is raised again, as `Stopped`, once what visitors brought is removed.
    """
    with temporary_folder("web") as folder:
        app = application(
            folder / "work", limits or VisitorLimits(), found.hosts, found.port, found.token, found.names
        )
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            backlog=BACKLOG,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=2,
        )
        ready(found.address)
        server = uvicorn.Server(config)
        try:
            with _in_order(server, getattr(signal, "SIGHUP", None)):
                server.run(sockets=[found.socket])
        finally:
            found.socket.close()


@contextmanager
def _in_order(server: uvicorn.Server, number: int | None) -> Iterator[None]:
    """Inside the `with`, a signal that uvicorn does not know ends it in order, and is raised behind it.

    uvicorn does so with Ctrl-C and SIGTERM; any other would end it in the middle of what it does.
    """
    if number is None or signal.getsignal(number) is signal.SIG_IGN:
        yield
        return

    def end(came: int, _frame: FrameType | None) -> None:
        heard.append(came)
        server.should_exit = True

    heard: list[int] = []
    usual = signal.signal(number, end)
    try:
        yield
    finally:
        signal.signal(number, usual)
    if heard:
        signal.raise_signal(number)
