"""Epochs run ahead of heat: how many at once, and the way back where one of them changed a setting.

What happens to requests depends on heat only through clocks and shutdowns, and in a cool rack neither ever
changes. Several epochs are therefore run in one call, and heat is moved on through them afterwards. Where it
changes a setting at the end of one of them, the epochs behind it are run again, from a copy of the state and
with the same requests: the run is then the one in which each epoch waits for the one before, bit for bit.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from planner.rack.arrivals.merged import arrival_pieces
from planner.rack.compiled.state import CONSTANT, LoopState, Piece
from planner.rack.description.rack import Rack

_MOST_EPOCHS = 64
_MOST_REQUESTS = 50_000
"""In epochs that are run at once: beyond, to close an epoch costs little beside its requests."""
_CALM_PER_EPOCH = 4
"""Epochs without a change for each that is run at once: a rack that swings over its trip seldom goes back."""


def most_ahead(rack: Rack) -> int:
    """How many epochs of a rack may be run at once."""
    requests = sum(group.offered_per_s for group in rack.streams) * rack.epoch_s
    return int(min(_MOST_EPOCHS, max(1.0, _MOST_REQUESTS / max(requests, 1.0))))


def copied(state: LoopState, spare: LoopState | None = None) -> LoopState:
    """The state as it is now; what happens to the other is not seen in it.

    Written over the arrays of a `spare` state that nobody needs any more: new ones of this size would be
    taken from the system page by page, each time.
    """
    if spare is None or spare.nodes.shape != state.nodes.shape:
        return LoopState._make(
            array if name in CONSTANT else array.copy()
            for name, array in zip(LoopState._fields, state, strict=True)
        )
    for name, array, old in zip(LoopState._fields, state, spare, strict=True):
        if name not in CONSTANT:
            np.copyto(old, array)
    return spare


class EpochsAhead:
    """How many epochs to run at once: one while settings change, and more the longer they do not."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._calm = 0
        self.epochs = 1

    def seen(self, kept: int, *, moved: bool) -> None:
        """So many epochs were kept of those that were run; whether the last of them changed a setting."""
        self._calm = 0 if moved else self._calm + kept
        self.epochs = max(1, min(self._most, self._calm // _CALM_PER_EPOCH))


class Pieces:
    """The requests of a replication piece by piece; from a mark on they can be taken once more."""

    def __init__(self, rack: Rack, replication: int) -> None:
        self._pieces = arrival_pieces(rack, replication)
        self._drawn = 0
        self._taken: list[Piece] | None = None
        self._again: deque[Piece] = deque()

    def take(self) -> Piece | None:
        """The next piece that has a request in it; None when all are taken."""
        piece = self._again.popleft() if self._again else self._draw()
        if piece is not None and self._taken is not None:
            self._taken.append(piece)
        return piece

    def mark(self) -> None:
        """From here on pieces are kept."""
        self._taken = []

    def go_back(self) -> None:
        """Give what was taken since the mark once more."""
        self._again.extendleft(reversed(self._taken or ()))
        self._taken = None

    def all_drawn(self) -> int:
        """All requests of the run, those too that come after its end and are never taken."""
        while self._draw() is not None:
            pass
        return self._drawn

    def _draw(self) -> Piece | None:
        drawn = next((piece for piece in self._pieces if piece.time_s.size), None)
        if drawn is None:
            return None
        self._drawn += drawn.time_s.size
        return Piece(drawn.time_s, drawn.stream, drawn.source, drawn.work)
