"""`planner sweep SCENARIO --set KEY=a,b,c -o DIR`: one question at many points."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.evidence import network_evidence
from planner.cli.output import CommandResult, Format, Output
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option

if TYPE_CHECKING:
    from planner.plan.sweep.run import Sweep, SweepProgress

_MOST_ROWS = 40
_RANK = ("limit_devices", "currency", "latency_s.mid", "latency_provenance", "power_w", "total_cost")
"""Of the columns of the answer; the keys that were set always stay."""
_SHOWN = (
    "verdict", "device", "count", "latency_s.mid", "latency_provenance", "power_w", "total_cost", "currency",
    "limit_devices",
)  # fmt: skip
_LINE_EVERY_S = 15.0


@click.command("sweep")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="KEY=a,b,c",
    help="A key of the scenario and its values; KEY=lo..hi with --random. Repeatable.",
)
@click.option(
    "--random", "draws", type=click.IntRange(min=1), metavar="N", help="N points of a Latin hypercube."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the hypercube.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; one a core unless said.")
@click.option("--scheduler", metavar="ADDRESS", help="Of Dask, whose workers then answer the points.")
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.option(
    "--format", "fmt", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@click.option("--quiet", is_flag=True, help="No progress and no remarks on stderr.")
@network_evidence
@hardware_option
@outside_option
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def command(
    scenario: Path,
    settings: tuple[str, ...],
    draws: int | None,
    seed: int,
    workers: int | None,
    scheduler: str | None,
    folder: Path,
    fmt: Format,
    quiet: bool,  # noqa: FBT001 - click passes it by name
    *,
    evidence: dict[str, object],
) -> int:
    """Answer SCENARIO at every combination of values of its keys, into DIR/points.parquet.

    A key is a dotted path with list items by number or name: site.supply, 'streams[0].rate', 'streams.bottle
    cameras.count', site.carriers.module.price. Finished points are kept in DIR whatever ends the run; the
    same command goes on where it stopped. Exit status 3 when no point has a feasible answer.
    """
    output = Output(fmt, None, quiet)
    if workers is not None and scheduler is not None:
        raise click.UsageError("expected --workers or --scheduler, got both; Dask has workers of its own")
    sweep = api.sweep(
        scenario,
        settings,
        folder,
        random=draws,
        seed=seed,
        workers=workers,
        scheduler=scheduler,
        evidence=evidence,
        progress=shown_progress(output, "points"),
        tell=output.progress,
    )
    output.progress_done()
    output.write(_answer(sweep))
    return _status(sweep, output)


def _status(sweep: Sweep, output: Output) -> int:
    from planner.cli.main import FAULT, INFEASIBLE, OK

    if sweep.faults:
        number, fault = next(iter(sweep.faults.items()))
        output.say(
            f"planner: points that met a fault of the planner itself: {len(sweep.faults)}, the first of them "
            f"point {number}:\n{fault.strip()}\nThe others are finished; the same command tries these again."
        )
        return FAULT
    hopeless = all(row["verdict"] in ("INFEASIBLE", "FAIL", "REFUSED") for row in sweep.rows)
    return INFEASIBLE if hopeless else OK


def shown_progress(output: Output, what: str) -> Callable[[SweepProgress], None]:
    """A line on a terminal that the next one overwrites, else a line now and then."""
    reported_s = time.monotonic()

    def tell(now: SweepProgress) -> None:
        nonlocal reported_s
        left = "" if now.left_s is None else f", about {_clock(now.left_s)} left"
        line = f"{now.finished} of {now.points} {what}{left}"
        if sys.stderr.isatty():
            output.progress(line)
        elif time.monotonic() - reported_s > _LINE_EVERY_S:
            reported_s = time.monotonic()
            output.say(line)

    return tell


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _answer(sweep: Sweep) -> CommandResult:
    answers = {"verdict", "reasons"}
    set_names = [name for name in sweep.kinds if name != "point"]
    set_names = set_names[: next((i for i, name in enumerate(set_names) if name in answers), len(set_names))]
    shown = [*set_names, *(name for name in _SHOWN if name in sweep.kinds and name not in set_names)]
    table = [
        {"point": str(row["point"]), **{n: _cell(row.get(n)) for n in shown}}
        for row in sweep.rows[:_MOST_ROWS]
    ]
    more = len(sweep.rows) - len(table)
    footer = [f"and {more} more"] if more > 0 else []
    footer.append(f"{len(sweep.rows)} points in {sweep.path}")
    if sweep.found_finished:
        footer[-1] += f", {sweep.found_finished} of them from earlier runs"
    refused = {row["reasons"]: row["point"] for row in reversed(sweep.rows) if row["verdict"] == "REFUSED"}
    footer += [f"point {number} refused: {reason}" for reason, number in refused.items()]
    record = {
        "scenario": sweep.scenario,
        "points": [{name: row.get(name) for name in sweep.kinds} for row in sweep.rows],
        "table": str(sweep.path),
        "found_finished": sweep.found_finished,
        "faults": [{"point": number, "fault": fault} for number, fault in sweep.faults.items()],
    }
    right = frozenset(name for name in ("point", *shown) if sweep.kinds.get(name) in ("int", "float"))
    rows = [{name: row.get(name) for name in sweep.kinds} for row in sweep.rows]
    return CommandResult(record, rows, table, [], footer, right, _RANK)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return "" if value is None else str(value)
