"""A sweep from beginning to end: design, points answered by workers, each kept as it comes, one table."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.data_files import own_parts_dirs
from planner.errors import OutputError
from planner.forks import usable_cores
from planner.plan.scenario.beside import require_files_beside
from planner.plan.scenario.climate import with_climate
from planner.plan.scenario.conversations import as_conversations, no_frames
from planner.plan.scenario.evidence import values_with
from planner.plan.scenario.file import scenario_path
from planner.plan.sweep.cluster import on_scheduler
from planner.plan.sweep.columns import ColumnType, SweepRow
from planner.plan.sweep.design import grid, latin_hypercube
from planner.plan.sweep.journal import SweepJournal
from planner.plan.sweep.point import PointTask
from planner.plan.sweep.processes import on_processes
from planner.plan.sweep.settings import parse_settings
from planner.plan.sweep.table import NAME, column_kinds, frame_of, require_parquet, write_table
from planner.plan.sweep.tasks import PlannedPoint, plan_points
from planner.plan.sweep.worker import Reply
from planner.rack.simulation import make_ready
from planner.schema.reading.yaml_file import read_document, validate
from planner.schema.scenario.scenario import Scenario
from planner.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

_TABLE_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """How far a sweep is; `left_s` is an estimate from the points answered so far, None before the first."""

    finished: int
    points: int
    left_s: float | None


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Shown):
    """A sweep's rows in the order of its design; `kinds` are their columns, units in the names."""

    scenario: str
    rows: tuple[SweepRow, ...]
    kinds: Mapping[str, ColumnType]
    path: Path
    """The table, as Parquet."""
    found_finished: int
    """Points that an earlier run had finished."""
    faults: Mapping[int, str]
    """Points that met a fault of ours, and what it was; they are in no row and are tried again next time."""

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        return f"of {self.scenario}: {len(self.rows)} points in {self.path}"

    def to_frame(self) -> pd.DataFrame:
        """One row a point; units are in the column names."""
        return frame_of(self.rows, self.kinds)


def run_sweep(
    scenario: Path,
    settings: Sequence[str] | Mapping[str, object],
    folder: Path,
    *,
    draws: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    scheduler: str | None = None,
    evidence: Mapping[str, object] | None = None,
    progress: Callable[[SweepProgress], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> Sweep:
    """Answer a scenario at every point of a grid (or at `draws` points of a Latin hypercube) over its keys.

    Finished points are kept in `folder`, whatever ends the run, and are not answered again. The rows and the
    bytes of the table do not depend on the number of workers, nor on where they are. Raises `InputError`
    for unknown keys and refused values, all at once and before anything runs; `OutputError` for a folder that
    cannot be written, or is full.
    """
    require_parquet()
    path = scenario_path(scenario)
    document = read_document(path)
    if as_conversations(document) is not None:
        raise no_frames(path.name)
    asked = validate(with_climate(document, path.parent), Scenario)
    require_files_beside(asked, path.parent, document)
    values = values_with(document.values, asked, evidence or {})
    parsed = parse_settings(settings, values, draws=draws is not None)
    points = grid(parsed) if draws is None else latin_hypercube(parsed, draws, seed)
    planned = plan_points(path.name, path.parent.resolve(), values, parsed, points, own_parts_dirs())
    make_ready("compiled", tell)  # before there are workers, which would each do it
    about = {"scenario": path.name, "sha256": document.sha256, "points": len(planned)}
    with SweepJournal(folder) as journal:
        before = sum(point.task["point"] in journal.finished for point in planned)
        table = _Table(folder / NAME, planned, journal, about)
        replies = _replies(_unanswered(planned, journal), workers, scheduler)
        try:
            faults = _keep(replies, planned, journal, table, progress)
        except BaseException:
            with contextlib.suppress(OutputError):
                table.write()
            raise
        table.write()
        return Sweep(path.stem, table.rows(), table.kinds(), folder / NAME, before, faults)


def _unanswered(planned: Sequence[PlannedPoint], journal: SweepJournal) -> list[PointTask]:
    """What is left to do, once each: points of a design may be alike."""
    tasks = {point.task["point"]: point.task for point in planned}
    return [task for digest, task in tasks.items() if digest not in journal.finished]


def _replies(
    tasks: Sequence[PointTask], workers: int | None, scheduler: str | None
) -> Generator[tuple[str, Reply]]:
    """Each task's point and the reply to it, as they come."""
    if not tasks:
        return
    if scheduler is None:
        numbered = on_processes(tasks, workers or usable_cores())
    else:
        numbered = on_scheduler(tasks, scheduler)
    with contextlib.closing(numbered):
        for number, reply in numbered:
            yield tasks[number]["point"], reply


def _keep(
    replies: Generator[tuple[str, Reply]],
    planned: Sequence[PlannedPoint],
    journal: SweepJournal,
    table: _Table,
    progress: Callable[[SweepProgress], None],
) -> dict[int, str]:
    """Write each reply down as it comes; what met a fault of ours, by the point's number."""
    faults: dict[str, str] = {}
    digests = [point.task["point"] for point in planned]
    answered, start = 0, time.monotonic()
    left = len(set(digests) - journal.finished.keys())
    progress(SweepProgress(len(digests) - left, len(digests), None))
    with contextlib.closing(replies):
        for point, reply in replies:
            if reply["row"] is None:
                faults[point] = reply["fault"] or "unknown"
            else:
                journal.add(point, reply["row"], reply["seconds"])
            answered += 1
            left_s = (time.monotonic() - start) / answered * (left - answered)
            progress(SweepProgress(len(digests) - left + answered, len(digests), left_s))
            table.write_now_and_then()
    return {number: faults[digest] for number, digest in enumerate(digests) if digest in faults}


class _Table:
    """The table of the points finished so far."""

    def __init__(
        self, path: Path, planned: Sequence[PlannedPoint], journal: SweepJournal, about: Mapping[str, object]
    ) -> None:
        self._path, self._planned, self._journal, self._about = path, planned, journal, about
        self._written = time.monotonic()

    def rows(self) -> tuple[SweepRow, ...]:
        """A row for each finished point, in the order of the design."""
        found = []
        for number, point in enumerate(self._planned):
            answer = self._journal.finished.get(point.task["point"])
            if answer is not None:
                found.append({"point": number, **point.settings, **answer})
        return tuple(found)

    def kinds(self) -> dict[str, ColumnType]:
        """The columns: all settings of the design, and what the finished points answered."""
        digests = dict.fromkeys(point.task["point"] for point in self._planned)
        answers = [self._journal.finished[digest] for digest in digests if digest in self._journal.finished]
        return column_kinds([point.settings for point in self._planned], answers)

    def write(self) -> None:
        """Replace the file by all that is finished."""
        write_table(self._path, self.rows(), self.kinds(), self._about)
        self._written = time.monotonic()

    def write_now_and_then(self) -> None:
        """Let others look on while a long sweep runs."""
        if time.monotonic() - self._written > _TABLE_EVERY_S:
            self.write()
