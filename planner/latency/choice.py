"""What an estimate rests on: no calibration, a file, or the one kept for this machine; and its anchors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from planner.hardware.processor import cpu_name
from planner.latency.anchoring.file import Anchor, read_anchors
from planner.latency.anchoring.measured import timed
from planner.latency.anchoring.possible import refuse_impossible
from planner.latency.calibrated.calibration import Calibration
from planner.latency.calibrated.file import read_calibration
from planner.latency.calibrated.store import THIS_MACHINE, of_this_machine, staleness

NONE = "none"


def calibration_for(
    asked: str | None, device: str, engine: str | None, threads: int | None, precision: str | None
) -> tuple[Calibration | None, tuple[str, ...]]:
    """The calibration to use and what to say of it; `asked` is a file, "none", or None for the usual one.

    A file may be of another machine than the part asked about; the result says so.
    """
    if asked == NONE:
        return None, ()
    if asked is None:
        if device != THIS_MACHINE:
            return None, ()
        return of_this_machine(engine, threads, precision)
    calibration = read_calibration(Path(asked))
    own = calibration.setting
    if device == own.device:
        notes = [f"the calibration is stale: {text}" for text in staleness(calibration, cpu_name())]
    else:
        notes = [f"the calibration is of {own.device} ({own.cpu}), not of {device}"]
    return calibration, tuple(notes)


PUBLISHED = "published"


def anchors_for(asked: Sequence[str]) -> tuple[tuple[Anchor, ...], bool]:
    """The measurements of the files asked for, and whether published ones are too ("published").

    Published anchors are asked for and never taken by themselves: the fitted model rests on those rows
    already, so they tell it little, and a comparison of parts stays one of equals.
    """
    files = [text for text in asked if text not in (PUBLISHED, NONE)]
    found: list[Anchor] = []
    for text in files:
        anchors = read_anchors(Path(text))
        refuse_impossible(text, map(timed, anchors))
        found += anchors
    return tuple(found), PUBLISHED in asked
