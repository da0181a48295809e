"""What may reach the page: requests of one's own browser to one's own page.

Against DNS rebinding the Host header has to be a name of this server; against forged requests (CSRF) one
that changes something has to come from a page of this server, by its Origin and Sec-Fetch-Site headers, and
to carry a token that only such a page has (OWASP, "Cross-Site Request Forgery Prevention"). Beyond loopback
every request has to carry the token that was printed when the server was started.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from planner.wording.message import message

COOKIE = "planner_token"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
_READING = ("GET", "HEAD")


class Guard:
    """Refuses what does not come from this server's own pages, and adds headers that say so to browsers."""

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], port: int, token: str | None, names: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._hosts = frozenset(name.lower() for name in hosts)
        self._names = frozenset(name.lower() for name in names)
        self._port = port
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)

        async def guarded(event: Message) -> None:
            if event["type"] == "http.response.start":
                own = MutableHeaders(scope=event)
                for name, value in _HEADERS.items():
                    own.setdefault(name, value)
            await send(event)

        refusal = self._refusal(scope["method"], headers) or self._login(scope, headers)
        with suppress(ClientDisconnect):  # a browser that goes in the middle of its question is no fault
            await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, method: str, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        if not self._is_own(host):
            return PlainTextResponse(message("web.other_host"), 421)
        site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
        if method in _READING:
            foreign = site not in (None, "same-origin", "none") and mode != "navigate"
        else:
            origin = headers.get("origin")
            foreign = site not in (None, "same-origin") or origin not in (
                None,
                f"http://{host}",
                f"https://{host}",
            )
        return PlainTextResponse(message("web.other_origin"), 403) if foreign else None

    def _is_own(self, host: str) -> bool:
        """Whether a Host header names this server: a known name, or an address where all are listened to."""
        name, separator, port = host.rpartition(":")
        if not separator or port.endswith("]"):
            name, port = host, "80"
        if name.lower() in self._names:
            return True  # a proxy before this server has a port of its own
        if port != str(self._port):
            return False
        if name.lower() in self._hosts:
            return True
        if "*" not in self._hosts:
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    def _login(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """Beyond loopback: the token of the address becomes a cookie; without either there is nothing."""
        if self._token is None:
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        given = dict(query).get("token")
        if given is not None and same(given, self._token) and scope["method"] in _READING:
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            answer = RedirectResponse(f"{scope['path']}?{rest}" if rest else scope["path"], 303)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict", path="/")
            return answer
        if same(_cookie(headers.get("cookie", "")), self._token):
            return None
        return PlainTextResponse(message("web.no_token"), 401)


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not say where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value
