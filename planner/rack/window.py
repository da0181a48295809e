"""The counted window of a run: its epochs after the warm-up, and what overlaps it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.rack.description import Rack
from planner.rack.records import Floats, Records


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """From the end of one epoch to the end of another; `epochs` selects its rows, with lengths `epoch_s`."""

    start_s: float
    end_s: float
    epochs: slice
    epoch_s: Floats

    @property
    def length_s(self) -> float:
        """Length of the window."""
        return self.end_s - self.start_s

    def overlap_s(self, start_s: Floats, end_s: Floats) -> Floats:
        """Time that each interval spends in the window; an end that is NaN is past the end of the run."""
        last_s = np.fmin(end_s, self.end_s)
        return np.asarray(np.maximum(last_s - np.maximum(start_s, self.start_s), 0.0))


def counted_window(rack: Rack, records: Records) -> Window:
    """The window of one replication."""
    edges_s = np.concatenate(([0.0], records.epochs.end_s))
    first = rack.warmup_epochs
    return Window(
        float(edges_s[first]), float(edges_s[-1]), slice(first, None), np.asarray(np.diff(edges_s)[first:])
    )
