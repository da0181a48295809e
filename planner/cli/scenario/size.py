"""`planner size SCENARIO`: how many of which part, side by side, each simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.evidence import SIMULATORS, simulated_evidence
from planner.cli.output import CommandResult, Output, frame_rows, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.scenario import conversations
from planner.cli.text.margins import chain_lines, cooler_text, host_lines, margin_lines
from planner.cli.text.numbers import band, quantity, share
from planner.cli.text.rack_notes import availability_text
from planner.cli.text.services import service_lines
from planner.cli.text.units import other_lines
from planner.units import format_probability

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.plan.options.what_to_measure import ToMeasure
    from planner.plan.sizing.growth import YearCount
    from planner.plan.sizing.result import SizedOption, Sizing
    from planner.rack.simulation import SimulationEngine
    from planner.schema.record.sizing import MovedRecord, StateRecord

RANK = (
    "racks", "busy", "worst", "a year", "hottest", "left", "throttles", "cooler", "power", "rests on",
    "setting", "on", "p99 (low - high)",
)  # fmt: skip
"""Columns that a narrow terminal may go without, the least important first."""

RIGHT = frozenset(
    {
        "count",
        "racks",
        "busy",
        "p99 (low - high)",
        "worst",
        "hottest",
        "throttles",
        "power",
        "to buy",
        "a year",
    }
)
"""Columns of numbers."""


@click.command("size")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@simulated_evidence
@click.option(
    "--parts",
    "most_parts",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Parts to simulate, the cheapest in closed form first.",
)
@hardware_option
@outside_option
@output_options
def command(scenario: Path, simulator: SimulationEngine, most_parts: int, *, output: Output) -> int:
    """The least devices of each candidate part that hold SCENARIO's streams, the best part first.

    Counts are proposed in closed form and decided by simulation. PASS holds at the cautious end of the
    predicted latency, FAIL not even at its best end; UNDECIDED says what would decide it. Exit status 3 when
    no option is feasible.
    """
    from planner.cli.main import INFEASIBLE, OK

    if api.has_conversations(scenario):
        return conversations.size(scenario, simulator, output=output)
    from planner.plan.record.sizing import moved_record, sizing_record

    before = _before(simulator, most_parts, output)
    sizing = api.size(scenario, engine=simulator, most_parts=most_parts, progress=output.progress)
    output.progress_done()
    record = sizing_record(sizing)
    moved = [] if before is None else moved_record(before, sizing)
    if before is not None:
        record["moved"] = moved
    notes = api.own_part_notes(tuple(dict.fromkeys(item.option.device for item in sizing.options)))
    output.write(
        CommandResult(
            record,
            lambda: frame_rows(sizing.to_frame()),
            [table_row(item) for item in sizing.options],
            [sizing.source.scenario.question.strip(), *_moved_lines(moved)],
            [*_footer(sizing), *(f"note: {text}" for text in (*sizing.notes, *notes))],
            RIGHT,
            RANK,
        )
    )
    if sizing.feasible:
        return OK
    output.say("planner: no option is feasible; the reasons stand below each other above")
    return INFEASIBLE


def _before(simulator: SimulationEngine, most_parts: int, output: Output) -> Sizing | None:
    """The plan without what --measured names; None where that was not given."""
    given = click.get_current_context().params
    if not given.get("measured"):
        return None
    output.progress("the plan before it was measured")
    own = api.evidence(
        None if given["engine"] in SIMULATORS else given["engine"],
        given["threads"],
        given["calibration"],
        given["anchors"],
        (),
        given["instances"],
    )
    return api.size(
        api.with_evidence(given["scenario"], own),
        engine=simulator,
        most_parts=most_parts,
        progress=output.progress,
    )


def _moved_lines(moved: Sequence[MovedRecord]) -> Iterator[str]:
    """Each part that a measurement moved, before and after."""
    changed = [row for row in moved if row["before"] != row["after"]]
    if moved and not changed:
        yield "measured: nothing in the plan moved; the notes say why"
    for row in changed:
        yield f"measured, {row['device']}: {_state(row['before'])} -> {_state(row['after'])}"


def _state(found: StateRecord | None) -> str:
    if found is None:
        return "not in the plan"
    slowest = max(found["services"], key=lambda service: service["batch_s"][-1])
    latency, p99 = slowest["latency_s"], found["p99_s"]
    times = band(latency["low"], latency["mid"], latency["high"], "s")
    promise = "" if p99 is None or p99["high"] is None else f", p99 up to {quantity(p99['high'], 's')}"
    setting = f"{found['mode']} {found['precision']} b{found['batch']}"
    return (
        f"{found['count']} devices in {setting}, {found['verdict']}{promise} "
        f"({slowest['network']} {times}, {slowest['provenance']}), rack {quantity(found['power_w'], 'w')}, "
        f"hottest {quantity(found['temperature_c'], 'c')}"
    )


def table_row(item: SizedOption) -> dict[str, str]:
    """One option as text, by the heading of its column."""
    option = item.option
    spares = f" + {option.spares}" if option.spares else ""
    return {
        "part": option.device,
        "on": option.runs_on,
        "setting": f"{option.mode} {option.precision} b{option.batch}",
        "count": f"{option.count}{spares}",
        "racks": str(option.racks),
        "busy": share(item.simulated.result.devices.utilisation if item.simulated else option.utilisation),
        "p99 (low - high)": _p99(item),
        "worst": _worst(item),
        "rests on": option.latency_provenance.value,
        "hottest": f"{_hottest_c(item):.1f} of {option.part.thermal.throttle_c.value:g} °C",
        "left": _left(item),
        "throttles": _chance(option.throttle_probability),
        "cooler": cooler_text(option.part),
        "power": quantity(option.heat.power_w, "w"),
        "to buy": _money(option.cost.capital, option.cost.currency),
        "a year": _money(option.cost.running_per_year, option.cost.currency),
        "verdict": item.verdict.value,
    }


def _p99(item: SizedOption) -> str:
    tightest = item.tightest
    if tightest is None:
        return "not simulated"
    ends = (tightest.low_s, tightest.mid_s, tightest.high_s)
    if not tightest.seen:
        return "unknown"
    low, mid, high = ("no end" if end is None else quantity(end, "s") for end in ends)
    return f"{mid} ({low} - {high})"


def _worst(item: SizedOption) -> str:
    """The worst p99 of single installations, and how many of them break the promise."""
    tightest = item.tightest
    if tightest is None or tightest.worst_s is None:
        return "-"
    broken = tightest.installations_broken
    return quantity(tightest.worst_s, "s") + ("" if not broken else f", {share(broken)} broken")


def _hottest_c(item: SizedOption) -> float:
    """The hottest device of the simulated rack, or of the closed form's."""
    if item.simulated is None:
        return item.option.heat.temperature_c
    return item.simulated.result.devices.temperature_c.max


def _left(item: SizedOption) -> str:
    """Kelvins from the hottest device to its throttle."""
    die = next(margin for margin in item.option.margins if margin.name == "die")
    return f"{die.margin:.1f} K"


def _chance(probability: float | None) -> str:
    """How probable it is that a device throttles, over what its cooler may be."""
    return "-" if probability is None else format_probability(probability)


def _money(amount: float | None, currency: str) -> str:
    return "unknown" if amount is None else f"{amount:,.0f} {currency}"


def _footer(sizing: Sizing) -> list[str]:
    from planner.plan.record.options import service_records

    lines = []
    best = sizing.options[0] if sizing.options else None
    for item in sizing.options:
        lines.append(f"{item.option.device}: {item.verdict_reason}")
        lines += [f"  {line}" for line in service_lines(service_records(item.option))]
        lines += [f"  not on {line}" for line in other_lines(item.option.others)]
        lines += host_lines(item.option)
        lines += chain_lines(item.option)
        if item.count_for_service is not None:
            least = item.count_at_saturation
            up = "" if least is None else f"; {least} are the least that can keep up at all"
            lines.append(
                f"  {item.count_for_service} would keep the service levels with nothing to spare{up}"
            )
        lines += [f"  decided by {text}" for text in item.would_decide]
        lines += [f"  {text}" for text in margin_lines(item.option.margins)] if item is best else []
    if best is not None and best.years:
        lines.append(f"{best.option.device}, year by year:")
        lines += [f"  {_year(year)}" for year in best.years]
    if best is not None and best.spares:
        lines.append(f"{best.option.device}, spares on top of {best.option.count}:")
        lines += [
            f"  +{row.spares}: {availability_text(row.availability)}"
            + (", as asked" if row.meets_target else "")
            for row in best.spares
        ]
    if best is not None and best.simulated is not None:
        lines += [f"{best.option.device}: {text}" for text in best.simulated.result.warnings]
    if sizing.contradiction is not None:
        lines.append(sizing.contradiction)
    lines += _worth_measuring(sizing)
    lines += [f"cannot run: {r.device} {r.mode} {r.precision}: {r.reason}" for r in sizing.refusals]
    lines.append(f"{sizing.considered} settings sized in closed form; the best of each part is shown")
    unsimulated = sum(item.option.feasible and item.simulated is None for item in sizing.options)
    if unsimulated:
        lines.append(
            f"{unsimulated} of {len(sizing.options)} parts keep every limit and were not simulated, for "
            "others are cheaper; --parts simulates more of them"
        )
    return lines


_MOST_LISTED = 3


def _worth_measuring(sizing: Sizing) -> Iterator[str]:
    """What to measure before ordering, in the order of what it is worth, with the commands."""
    found = sizing.to_measure()
    if found:
        yield "to measure before ordering, by chance of another count, part or verdict times money:"
    for number, item in enumerate(found[:_MOST_LISTED], start=1):
        lines = list(_how(item))
        yield f"  {number}. {lines[0]}"
        yield from (f"   {line}" for line in lines[1:])
    if len(found) > _MOST_LISTED:
        yield f"  and {len(found) - _MOST_LISTED} that are worth less; `--format json` has all"


def _how(found: ToMeasure) -> Iterator[str]:
    """What to measure, what it may change, and the commands one by one."""
    worth, money = found.worth, found.money_open
    between = "" if money is None else f" ({money:,.0f} {found.currency})"
    value = "" if worth.money is None else f", worth {worth.money:,.0f} {found.currency}"
    yield (
        f"{found.network} on one {found.device} in mode {found.mode}: chance {share(worth.chance)}{value}; "
        f"{found.devices_open:.1f} devices{between} lie between its two ends"
    )
    yield from (f"  here: {command}" for command in found.first)
    yield from (f"  on the part: {command}" for command in found.on_the_part)
    if found.note is not None:
        yield f"  {found.note}"
    yield from (f"  here, with {found.bring_back}: {command}" for command in found.here)
    yield from (f"  on the part meanwhile: {command}" for command in found.power_on_the_part)
    yield from (f"  here, with its log: {command}" for command in found.power_here)
    if found.service is not None:
        yield f"  {found.service}"


def _year(year: YearCount) -> str:
    found = (
        f"year {year.year}: {year.requests_per_s:,.0f} requests/s, {year.count} devices ({year.added} to buy)"
    )
    held = f", {year.verdict}" if year.verdict else ", closed form"
    return found + held + "".join(f"; {reason}" for reason in year.reasons)
