"""Makers' tables of streams: so many of a codec at a size and rate (`hardware_db/video/streams.csv`)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from planner.data_files import database_dir
from planner.schema.hardware.video import Codec

Direction = Literal["decode", "encode"]


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One row as published: the part whose document has it, and the engine in that part."""

    part: str
    engine: str
    direction: Direction
    codec: Codec
    width: int
    height: int
    fps: float
    streams: int
    kept_out: bool
    """Whether rates are checked with it and were not fitted on it."""
    source: str
    confidence: str

    @property
    def pixels(self) -> int:
        """Of one frame."""
        return self.width * self.height

    @property
    def group(self) -> tuple[str, str, str]:
        """Rows of one engine, direction and codec share a rate."""
        return self.engine, self.direction, self.codec

    @property
    def table(self) -> tuple[str, str, str, str]:
        """The table that the row is of: a group in one part."""
        return (*self.group, self.part)


@cache
def published_streams() -> tuple[StreamRow, ...]:
    """Every row, in the order of the file."""
    text = (database_dir() / "video" / "streams.csv").read_text(encoding="utf-8")
    return tuple(
        StreamRow(
            part=row["part"],
            engine=row["engine"],
            direction=cast("Direction", row["direction"]),
            codec=cast("Codec", row["codec"]),
            width=int(row["width"]),
            height=int(row["height"]),
            fps=float(row["fps"]),
            streams=int(row["streams"]),
            kept_out=row["set"] == "kept_out",
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in csv.DictReader(text.splitlines())
    )
