"""What a served run has shown: latencies by stream with intervals, use, batches, drops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planner.arrays import Flags, Floats, Ints
from planner.rack.counts.student import student_quantile

_BLOCKS = 8
_LEAST = 20


@dataclass(frozen=True, slots=True, eq=False)
class ServedRun:
    """Requests and batches of a run, in the order of arrival and of beginning; times from its start.

    `done_s` is NaN for a request that was dropped or not answered before the end; `late_s` is by how much the
    server saw requests after they had arrived.
    """

    duration_s: float
    warmup_s: float
    servers: int
    stream: Ints
    arrival_s: Floats
    done_s: Floats
    dropped: Flags
    batch_server: Ints
    batch_network: Ints
    batch_size: Ints
    batch_start_s: Floats
    batch_end_s: Floats
    late_s: Floats

    @property
    def window(self) -> Flags:
        """The requests that count: those that arrived after the warm-up."""
        return self.arrival_s >= self.warmup_s

    def latencies_s(self, stream: int) -> Floats:
        """Latencies of a stream's answered requests that count, in order of arrival."""
        own = self.window & (self.stream == stream) & ~np.isnan(self.done_s)
        return np.asarray(self.done_s[own] - self.arrival_s[own])

    def drops(self, stream: int) -> int:
        """A stream's requests that count and were lost."""
        return int((self.window & (self.stream == stream) & self.dropped).sum())

    def requests(self, stream: int) -> int:
        """A stream's requests that count."""
        return int((self.window & (self.stream == stream)).sum())

    @property
    def utilisation(self) -> float:
        """The share of the counted time that servers were busy."""
        start_s = np.maximum(self.batch_start_s, self.warmup_s)
        busy_s = np.clip(np.minimum(self.batch_end_s, self.duration_s) - start_s, 0.0, None).sum()
        return float(busy_s / ((self.duration_s - self.warmup_s) * self.servers))

    @property
    def throughput_per_s(self) -> float:
        """Requests answered a second of the counted time."""
        inside = (self.done_s >= self.warmup_s) & (self.done_s <= self.duration_s)
        return float(inside.sum() / (self.duration_s - self.warmup_s))

    @property
    def counted(self) -> Flags:
        """The batches that began in the counted time."""
        return self.batch_start_s >= self.warmup_s

    @property
    def mean_batch(self) -> float:
        """Mean size of the batches that count."""
        sizes = self.batch_size[self.counted]
        return float(sizes.mean()) if sizes.size else 0.0


def block_interval(values: Floats, share: float, confidence: float = 0.95) -> tuple[float, float] | None:
    """An interval for a quantile of a sequence that remembers, from equal blocks of it.

    The quantiles of blocks scatter as much as memory makes them; their mean has Student's interval, which is
    laid around the quantile of all (batch means; Law, Simulation Modeling and Analysis, section 9.5.3).
    Blocks shorter than the memory make it too narrow. None for fewer than twenty values a block.
    """
    if values.size < _BLOCKS * _LEAST:
        return None
    found = [
        float(np.quantile(block, share, method="inverted_cdf")) for block in np.array_split(values, _BLOCKS)
    ]
    half = student_quantile(_BLOCKS - 1, 0.5 + confidence / 2) * float(np.std(found, ddof=1)) / _BLOCKS**0.5
    middle = float(np.quantile(values, share, method="inverted_cdf"))
    return max(0.0, middle - half), middle + half
