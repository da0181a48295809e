"""Questions about many sites: one plan for all of them.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.scenarios import Progress, quiet
from planner.files import write_bytes

if TYPE_CHECKING:
    from planner.plan.fleet.result import Fleet
    from planner.plan.sweep.run import SweepProgress
    from planner.report.pdf import Paper
    from planner.wording.catalog import Language


def fleet(
    fleet: str | Path,
    folder: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[SweepProgress], None] = lambda _: None,
    tell: Progress = quiet,
) -> Fleet:
    """One plan for the sites of a FLEET.yaml, its folder, or a shipped fleet by its name.

    Sites that ask the same are answered once, by `workers` processes (None: the cores) or those of the Dask
    `scheduler`; what is finished is kept in `folder`, and the same call goes on where an earlier one ended.
    Money is in the fleet's currency, energy in joules, carbon in kg. Sites that no part serves are rows
    without one. Raises `InputError` with every problem of the fleet's file, or of its table, with its line.

    >>> fleet("fleet-stores", "stores").plan.parts
    ('jetson-orin-nano-8',)
    """
    from planner.plan.fleet.run import plan_fleet

    return plan_fleet(
        Path(fleet), Path(folder), workers=workers, scheduler=scheduler, progress=progress, tell=tell
    )


def write_fleet(
    found: Fleet,
    folder: str | Path,
    *,
    pdf: bool = False,
    page: bool = False,
    language: Language = "en",
    paper: Paper = "a4",
) -> tuple[Path, ...]:
    """Write a fleet's lists as CSV (and Parquet, with pyarrow) and fleet.json; its files, in order.

    `pdf` adds fleet.pdf, `page` adds fleet.html, whose table of sites can be filtered offline.

    >>> [path.name for path in write_fleet(fleet("fleet-stores", "stores"), "stores", pdf=True)]
    ['sites.csv', 'orders.csv', 'sites.parquet', 'fleet.json', 'fleet.pdf']
    """
    from planner.plan.fleet.record import fleet_json, fleet_record
    from planner.plan.fleet.tables import write_lists

    place = Path(folder)
    written = list(write_lists(found, place))
    record = fleet_record(found)
    write_bytes(place / "fleet.json", fleet_json(record))
    written.append(place / "fleet.json")
    if pdf:
        from planner.report.fleet.pdf import render_fleet

        write_bytes(place / "fleet.pdf", render_fleet(record, language=language, paper=paper))
        written.append(place / "fleet.pdf")
    if page:
        from planner.report.fleet.page import fleet_page

        write_bytes(place / "fleet.html", fleet_page(record, language))
        written.append(place / "fleet.html")
    return tuple(written)
