"""A connection that does not wait for ever, and a server that is not filled by those who say nothing.

Whoever opens connections and sends half a request, a byte a minute, or takes no answer, keeps their places
(RFC 9110 section 17; "slowloris"). Here a request has to be there within `HEAD_S`, something has to move
within `SILENT_S`, and where there are more than `MOST_CONNECTIONS` the one that was silent longest goes.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 128
"""A browser opens six; each is a file, of which systems give a process 256 and more."""
BACKLOG = 256
"""Connections that wait to be taken, and that are taken at once."""
HEAD_S = 20.0
SILENT_S = 30.0


class Connection(H11Protocol):
    """One connection of a browser."""

    _heard_s = 0.0
    _moved_s = 0.0
    _asked_s = 0.0
    _unsent_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A browser is there; where there are too many, the longest silent one is not any more."""
        super().connection_made(transport)
        self._heard_s = self._moved_s = self._asked_s = self.loop.time()
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        if len(others) >= MOST_CONNECTIONS:
            silent = min(others, key=lambda other: other._heard_s)
            self.connections.discard(silent)
            silent.transport.abort()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self._heard_s = self._moved_s = self.loop.time()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """An answer was given, and the next request may come."""
        self._asked_s = self._moved_s = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is refused; behind an answer that has begun there is no place to say so."""
        cycle = self.cycle
        if cycle is not None and cycle.response_started:
            self.transport.abort()
            return
        if cycle is not None:  # the question whose rest this was gets no other answer
            cycle.disconnected = True
            cycle.message_event.set()
        super().send_400_response(msg)

    def _watch(self) -> None:
        """End the connection where nothing moves; look again otherwise."""
        if self.transport.is_closing():
            return
        now_s, unsent = self.loop.time(), self.transport.get_write_buffer_size()
        if unsent != self._unsent_bytes:
            self._unsent_bytes, self._moved_s = unsent, now_s
        answering = self.cycle is not None and not self.cycle.response_complete
        waits_for_us = answering and not self.cycle.more_body and not unsent
        if waits_for_us or (
            now_s - self._moved_s < SILENT_S and (answering or now_s - self._asked_s < HEAD_S)
        ):
            self.loop.call_later(min(HEAD_S, SILENT_S) / 10.0, self._watch)
        else:
            self.transport.abort()
