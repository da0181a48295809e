"""A fleet from beginning to end: its file, its sites, each question answered once, one plan for all."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast, overload

from planner.data_files import own_parts_dirs
from planner.errors import InputError, Problem
from planner.forks import usable_cores
from planner.plan.fleet.choices import NONE, ChoiceTable, FleetChooser, SiteClass, require_mtbf
from planner.plan.fleet.money import fleet_years, money_of
from planner.plan.fleet.result import Fleet, SiteRow
from planner.plan.fleet.site_answer import SiteAnswer
from planner.plan.fleet.sites.questions import Question
from planner.plan.fleet.sites.rows import FleetSite, Sites, read_sites
from planner.plan.fleet.sites.table import read_table
from planner.plan.fleet.sites.template import beside, fleet_path, read_spec, read_templates
from planner.plan.fleet.tornado import Swings
from planner.plan.fleet.totals import YearSums, part_of, pool_rows, site_row, totals_of
from planner.plan.fleet.updates import UpdateWay, update_ways
from planner.plan.fleet.worker import MODULE, reply_to_question
from planner.plan.sweep.cluster import on_scheduler
from planner.plan.sweep.journal import SweepJournal
from planner.plan.sweep.point import PointTask
from planner.plan.sweep.processes import on_processes
from planner.plan.sweep.run import SweepProgress
from planner.plan.sweep.worker import Reply
from planner.rack.simulation import make_ready
from planner.schema.fleet.fleet import FleetSpec


def plan_fleet(
    fleet: Path,
    folder: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[SweepProgress], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> Fleet:
    """Answer a fleet; finished questions are kept in `folder`, whatever ends the run, and not asked again.

    The answer does not depend on the number of workers, nor on where they are. Raises `InputError` with every
    problem of the fleet's file, of its templates or of its table, before anything runs.
    """
    path = fleet_path(fleet)
    spec, document = read_spec(path)
    templates = read_templates(spec, document, path.parent)
    table = read_table(beside(path.parent, spec.sites))
    sites = read_sites(table, spec, templates)
    _require_links(spec, sites.sites)
    make_ready("compiled", tell)  # before there are workers, which would each do it
    with SweepJournal(folder, on_disk=True) as journal:
        before = sum(question.digest in journal.finished for question in sites.questions)
        tasks = _Tasks([q for q in sites.questions if q.digest not in journal.finished])
        faults = _keep(_replies(tasks, workers, scheduler), journal, before, len(tasks), progress)
        answers = _Answers(sites.questions, journal)
        seconds = sum(journal.seconds.get(question.digest, 0.0) for question in sites.questions)
        return _planned(spec, sites, answers, faults, before, seconds, folder)


class _Tasks(Sequence[PointTask]):
    """The tasks of questions, each made when a worker is free for it."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = questions
        self._hardware = own_parts_dirs()

    def __len__(self) -> int:
        return len(self.questions)

    @overload
    def __getitem__(self, number: int) -> PointTask: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[PointTask]: ...
    def __getitem__(self, number: int | slice) -> PointTask | Sequence[PointTask]:
        if isinstance(number, slice):
            return _Tasks(self.questions[number])
        return self.questions[number].task(self._hardware)


class _Answers:
    """The answers by the number of the question, read from the disk one at a time."""

    def __init__(self, questions: Sequence[Question], journal: SweepJournal) -> None:
        self._questions, self._rows = questions, journal.finished

    def get(self, number: int) -> SiteAnswer | None:
        """The answer; None where the question met a fault of ours."""
        digest = self._questions[number].digest
        return cast("SiteAnswer", self._rows[digest]) if digest in self._rows else None


def _replies(tasks: _Tasks, workers: int | None, scheduler: str | None) -> Generator[tuple[str, Reply]]:
    if not len(tasks):
        return
    if scheduler is None:
        numbered = on_processes(tasks, workers or usable_cores(), MODULE)
    else:
        numbered = on_scheduler(tasks, scheduler, reply_to_question)
    with contextlib.closing(numbered):
        for number, reply in numbered:
            yield tasks.questions[number].digest, reply


def _keep(
    replies: Generator[tuple[str, Reply]],
    journal: SweepJournal,
    before: int,
    asked: int,
    progress: Callable[[SweepProgress], None],
) -> dict[str, str]:
    """Write each reply down as it comes; what met a fault of ours, by its digest."""
    faults: dict[str, str] = {}
    start, answered = time.monotonic(), 0
    progress(SweepProgress(before, before + asked, None))
    with contextlib.closing(replies):
        for digest, reply in replies:
            if reply["row"] is None:
                faults[digest] = reply["fault"] or "unknown"
            else:
                journal.add(digest, reply["row"], reply["seconds"])
            answered += 1
            left_s = (time.monotonic() - start) / answered * (asked - answered)
            progress(SweepProgress(before + answered, before + asked, left_s))
    return faults


def _planned(
    spec: FleetSpec,
    sites: Sites,
    answers: _Answers,
    faults: Mapping[str, str],
    before: int,
    seconds: float,
    folder: Path,
) -> Fleet:
    classes = _classes(sites.sites)
    require_mtbf(spec, (answer for _, answer in _each(classes, answers)))
    years = fleet_years([(_money_only(answer), item.opens) for item, answer in _each(classes, answers)])
    table = ChoiceTable(spec, years)
    for item, answer in _each(classes, answers):
        table.add(item, answer)
    chooser = table.closed()
    few = chooser.few(3 if spec.kinds is None else spec.kinds.most)
    plan = chooser.plan(few)
    rows, sums, swings = _rows(spec, sites, answers, chooser, plan.picks, years)
    groups: dict[str, list[SiteRow]] = {}
    for row in rows:
        groups.setdefault(str(row["group"]), []).append(row)
    by_group = chooser.by_group()
    return Fleet(
        spec=spec,
        rows=rows,
        questions=len(sites.questions),
        roundings=sites.roundings,
        plan=plan,
        best_at_each=chooser.best_at_each(),
        by_group=by_group,
        few=few,
        singles=chooser.singles(),
        group_standards=_standards(chooser, by_group.picks),
        part_names=table.names,
        totals=totals_of("fleet", rows),
        groups=tuple(totals_of(name, inside) for name, inside in groups.items()),
        years=sums.totals(spec, chooser, plan),
        orders=sums.orders(spec, chooser, plan, table.names),
        pool=pool_rows(spec, chooser, plan),
        updates=_updates(spec, sites.sites),
        swings=swings.all_of(chooser, plan),
        unpriced=table.unpriced,
        found_finished=before,
        seconds=seconds,
        folder=folder,
        faults={
            site.id: faults[sites.questions[site.question].digest]
            for site in sites.sites
            if sites.questions[site.question].digest in faults
        },
    )


def _money_only(answer: SiteAnswer) -> SiteAnswer:
    """What the number of years needs; the parts are left on the disk."""
    return {**answer, "parts": [], "cannot": []}


def _classes(sites: Sequence[FleetSite]) -> list[SiteClass]:
    """Sites by question, group and opening, in the order of the questions."""
    found: dict[tuple[int, str, int], int] = {}
    for site in sites:
        key = (site.question, site.group, site.own.opens_in)
        found[key] = found.get(key, 0) + 1
    ordered = sorted(found.items(), key=lambda item: item[0][0])
    return [SiteClass(question, group, opens, number) for (question, group, opens), number in ordered]


def _each(classes: Sequence[SiteClass], answers: _Answers) -> Iterator[tuple[SiteClass, SiteAnswer]]:
    """Each class with its answer; classes of one question share it."""
    last: tuple[int, SiteAnswer | None] = (-1, None)
    for item in classes:
        if item.question != last[0]:
            last = (item.question, answers.get(item.question))
        if last[1] is not None:
            yield item, last[1]


def _rows(
    spec: FleetSpec, sites: Sites, answers: _Answers, chooser: FleetChooser, picks: Sequence[int], years: int
) -> tuple[list[SiteRow], YearSums, Swings]:
    """A row for each site in the order of the table, and the sums over all."""
    found: list[SiteRow | None] = [None] * len(sites.sites)
    alike: dict[int, int] = {}
    inside: dict[tuple[int, str, int], list[int]] = {}
    for number, site in enumerate(sites.sites):
        alike[site.question] = alike.get(site.question, 0) + 1
        inside.setdefault((site.question, site.group, site.own.opens_in), []).append(number)
    sums, swings = YearSums(years), Swings(spec)
    answered = _each(chooser.classes, answers)
    for (item, answer), pick in zip(answered, picks, strict=True):
        device = None if pick == NONE else chooser.parts[pick]
        part = None if device is None else part_of(answer, device)
        money = None if part is None else money_of(spec, answer, part, item.opens)
        if device is not None and part is not None and money is not None:
            sums.add(device, money, item.sites)
            swings.add(answer, part, item.opens, item.sites)
        for number in inside[(item.question, item.group, item.opens)]:
            site = sites.sites[number]
            found[number] = site_row(spec, site, answer, device, money, alike[site.question])
    return [row for row in found if row is not None], sums, swings


def _standards(chooser: FleetChooser, picks: Sequence[int]) -> dict[str, str | None]:
    """The standard of each group in the plan by groups."""
    found: dict[str, str | None] = {}
    for item, pick in zip(chooser.classes, picks, strict=True):
        found[item.group] = chooser.parts[pick] if pick != NONE else found.get(item.group)
    return found


def _require_links(spec: FleetSpec, sites: Sequence[FleetSite]) -> None:
    """Refuse updates of sites whose uplink no one states."""
    if spec.updates is None or spec.updates.uplink_bytes_per_s is not None:
        return
    without = [site for site in sites if site.own.uplink_bytes_per_s is None]
    if without:
        advice = "add the column `uplink`, or `uplink` under `updates` for all"
        got = f"none for {len(without)} sites, the first in line {without[0].line}"
        raise InputError(
            f"fleet {spec.id}", [Problem("updates.uplink", "the uplink of each site", got, advice)]
        )


def _updates(spec: FleetSpec, sites: Sequence[FleetSite]) -> tuple[UpdateWay, ...]:
    if spec.updates is None:
        return ()
    usual = spec.updates.uplink_bytes_per_s or 0.0
    return update_ways(spec.updates, [site.own.uplink_bytes_per_s or usual for site in sites])
