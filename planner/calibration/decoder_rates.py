"""Rates of decoders and encoders from makers' tables of streams, and how they do on rows kept out.

A frame takes `a + pixels * g` of one instance; a part with n instances then carries
`floor(n / (fps * (a + pixels * g)))` streams. A published count N says that N streams fit and N + 1 do not:
two bounds on the time. The rate is the slowest that keeps as many bounds as can be kept (a linear programme
over the relative violations), so it promises no more than the maker does. It stops where a table has rows of
one size alone: the time a frame is then zero, and streams of other sizes are only as good as that.

`python -m planner.calibration.decoder_rates` fits on the rows of the set `fit` and counts on the others.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from planner.hardware.video.published import StreamRow, published_streams

WITHIN = 0.15
"""A row comes out where the streams worked out for it are within this share of the published ones."""
INSTANCES: Mapping[str, int] = {"atlas-300i-3000": 4, "atlas-300i-duo": 2}
"""Chips of a card, each with the engine of the same name; one in every other part."""
_MARGIN = 1e-4
_PULL = 1e-4
"""Weight of slow pixels against violations: it only decides where no bound does."""


@dataclass(frozen=True, slots=True)
class FrameTime:
    """What one instance takes for a frame: a time for each, and a time for each pixel."""

    frame_s: float
    pixel_s: float

    def streams(self, row: StreamRow) -> float:
        """Streams of a row's size and rate that a part carries, fractions included."""
        instances = INSTANCES.get(row.part, 1)
        return instances / (row.fps * (self.frame_s + row.pixels * self.pixel_s))


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that was kept out, and the streams worked out for it; None where its engine has no rate."""

    row: StreamRow
    streams: int | None

    @property
    def comes_out(self) -> bool:
        """Whether it lies within the tolerance."""
        return self.streams is not None and abs(self.streams / self.row.streams - 1.0) <= WITHIN


def fit_frame_time(rows: Sequence[StreamRow]) -> FrameTime:
    """The slowest times that keep as many of the bounds as can be kept."""
    from scipy.optimize import linprog

    most_s = np.array([INSTANCES.get(r.part, 1) / (r.fps * r.streams) for r in rows])
    least_s = np.array([INSTANCES.get(r.part, 1) / (r.fps * (r.streams + 1)) for r in rows])
    # In megapixels, so that both unknowns are of a like size: a in s, g in s a megapixel.
    terms = np.column_stack((np.ones(len(rows)), [r.pixels / 1e6 for r in rows])) / most_s[:, None]
    slack = np.eye(len(rows))
    # terms . x - slack <= 1 (N streams fit); -terms . x - slack <= -least/most (N + 1 do not).
    found = linprog(
        # Slower pixels where no bound decides: a time for each frame has to be asked for by a bound.
        np.concatenate(([0.0, -_PULL * terms[:, 1].sum()], np.ones(len(rows)))),
        A_ub=np.vstack((np.hstack((terms, -slack)), np.hstack((-terms, -slack)))),
        # N + 1 must not fit even by a rounding.
        b_ub=np.concatenate((np.ones(len(rows)), -(1.0 + _MARGIN) * least_s / most_s)),
        bounds=[(0.0, None)] * (2 + len(rows)),
    )
    frame_s, megapixel_s = np.asarray(found.x, dtype=np.float64)[:2].tolist()
    return FrameTime(frame_s, megapixel_s / 1e6)


def fit_groups(rows: Sequence[StreamRow]) -> dict[tuple[str, str, str], FrameTime]:
    """One for each engine, direction and codec that has rows to fit on."""
    groups = dict.fromkeys(row.group for row in rows)
    return {group: fit_frame_time([row for row in rows if row.group == group]) for group in groups}


def checked(rows: Sequence[StreamRow]) -> tuple[Checked, ...]:
    """The rows kept out, with what the others say of them."""
    fitted = fit_groups([row for row in rows if not row.kept_out])
    return tuple(
        Checked(row, whole_streams(fitted[row.group], row) if row.group in fitted else None)
        for row in rows
        if row.kept_out
    )


def checked_beside_one(rows: Sequence[StreamRow]) -> tuple[Checked, ...]:
    """The rows kept out where one of each table is known: that with most streams, which says most.

    Products with one engine differ by its clock, which nobody publishes. The known row gives the ratio to the
    engine's other products; it is no part of the answer.
    """
    fitted = fit_groups([row for row in rows if not row.kept_out])
    tables: dict[tuple[str, tuple[str, str, str]], list[StreamRow]] = {}
    for row in rows:
        if row.kept_out and row.group in fitted:
            tables.setdefault((row.part, row.group), []).append(row)
    found = []
    for table in tables.values():
        time = fitted[table[0].group]
        known = max(table, key=lambda row: row.streams)
        # N streams fit and N + 1 do not: half-way between is as likely as any.
        ratio = (known.streams + 0.5) / time.streams(known)
        scaled = FrameTime(time.frame_s / ratio, time.pixel_s / ratio)
        found += [Checked(row, whole_streams(scaled, row)) for row in table if row is not known]
    return tuple(found)


def whole_streams(time: FrameTime, row: StreamRow) -> int:
    """Streams that fit; a quotient a rounding below a whole number counts as that number."""
    return math.floor(time.streams(row) * (1.0 + 1e-6))


def main() -> None:
    """Print what came out of the rows kept out, and the misses by name."""
    found = checked(published_streams())
    good = [item for item in found if item.comes_out]
    sys.stdout.write(f"{len(good)} of {len(found)} rows kept out come out within {WITHIN:.0%}\n")
    beside = checked_beside_one(published_streams())
    well = sum(item.comes_out for item in beside)
    sys.stdout.write(f"{well} of {len(beside)} more do where one row of each table is known\n")
    for item in found:
        if not item.comes_out:
            row = item.row
            size = f"{row.width}x{row.height} at {row.fps:g} FPS"
            said = "no rate" if item.streams is None else f"{item.streams} streams"
            sys.stdout.write(f"  {row.part} {row.direction} {row.codec} {size}: {row.streams}, here {said}\n")


if __name__ == "__main__":
    main()
