"""A fleet's plan as lines and small tables of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner.cli.layout import Grid, Line
from planner.units import format_percent, format_quantity

if TYPE_CHECKING:
    from planner.plan.fleet.choices import FleetChoice
    from planner.plan.fleet.result import Fleet, SiteRow, Totals, YearTotals
    from planner.plan.fleet.updates import UpdateWay

_J_PER_MWH, _S_PER_HOUR = 3.6e9, 3600.0
_MOST_SINGLES = 5
_MOST_GROUPS = 20


def fleet_lines(fleet: Fleet, written: Sequence[Path]) -> list[Line]:
    """What is said below the heading, and the files that were written."""
    lines: list[Line] = [*_comparison(fleet), "", *_groups(fleet), "", *_years(fleet), ""]
    lines += [*_shelves(fleet), *_updates(fleet.updates), *_tornado(fleet), *_worst(fleet), *_notes(fleet)]
    lines.append("wrote " + ", ".join(str(path) for path in written))
    return lines


def fleet_heading(fleet: Fleet) -> Iterator[str]:
    """The question, and the plan in two lines."""
    plan, totals = fleet.plan, fleet.totals
    yield fleet.spec.question.strip()
    yield ""
    if not fleet.feasible:
        yield f"no part serves any of the {totals.sites} sites"
        return
    names = " and ".join(plan.parts)
    yield (
        f"{names}: {totals.devices:,} devices at {plan.served:,} of {totals.sites:,} sites"
        + (f", {plan.open:,} of them with an open verdict" if plan.open else "")
        + (f"; {plan.unserved:,} without a part" if plan.unserved else "")
    )
    yield (
        f"to buy {totals.capital:,.0f} {fleet.spec.currency} at today's prices; "
        f"{plan.total:,.0f} {fleet.spec.currency} over the years, present value"
    )
    yield f"{fleet.questions} different kinds of site, each answered once"


def _comparison(fleet: Fleet) -> Iterator[Line]:
    """The plan beside the best part at each site, a standard for each group, and single standards."""
    named: list[tuple[str, FleetChoice]] = [
        ("the plan", fleet.plan),
        ("best at each site", fleet.best_at_each),
    ]
    if len(fleet.groups) > 1:
        named.append(("a standard a group", fleet.by_group))
    named += [(f"all {choice.parts[0]}", choice) for choice in fleet.singles[:_MOST_SINGLES]]
    yield f"present value in {fleet.spec.currency}:"
    rows = [
        {
            "": name,
            "kinds": str(len(choice.parts)),
            "served": str(choice.served),
            "open": str(choice.open),
            "sites": _amount(choice.sites_cost),
            "visits": _amount(choice.visits_cost),
            "kinds cost": _amount(choice.kinds_cost),
            "shelf": _amount(choice.pool_cost),
            "in all": _amount(choice.total),
        }
        for name, choice in named
    ]
    yield Grid(rows, frozenset(rows[0]) - {""}, ("visits", "open"))
    note = None if fleet.spec.kinds is None else fleet.spec.kinds.note
    yield "a kind costs nothing beside its parts: not stated" if note is None else f"a kind: {note}"


def _groups(fleet: Fleet) -> Iterator[Line]:
    rows = [_group(total, fleet) for total in fleet.groups[:_MOST_GROUPS]]
    if not rows:  # no site was answered
        return
    yield "by group, energy and carbon over all years:"
    yield Grid(rows, frozenset(rows[0]) - {"group", "best standard"}, ("spares", "open", "carbon"))
    if len(fleet.groups) > _MOST_GROUPS:
        yield f"and {len(fleet.groups) - _MOST_GROUPS} more groups in fleet.json"


def _group(total: Totals, fleet: Fleet) -> dict[str, str]:
    return {
        "group": total.name,
        "sites": str(total.sites),
        "served": str(total.served),
        "open": str(total.open),
        "devices": str(total.devices),
        "spares": str(total.spares),
        "to buy": _amount(total.capital),
        "energy": f"{total.energy_j / _J_PER_MWH:,.0f} MWh",
        "carbon": _carbon(total.carbon_kg),
        "best standard": fleet.group_standards.get(total.name) or "none",
    }


def _years(fleet: Fleet) -> Iterator[Line]:
    yield f"by year, {fleet.spec.currency} of that year:"
    rows = [_year(year) for year in fleet.years]
    if rows:
        yield Grid(rows, frozenset(rows[0]), ("kinds", "shelf"))


def _year(year: YearTotals) -> dict[str, str]:
    return {
        "year": str(year.year),
        "sites": str(year.sites),
        "devices": str(year.devices),
        "to buy": _amount(year.capital),
        "running": _amount(year.running),
        "visits": _amount(year.visits_cost),
        "kinds": _amount(year.kinds_cost),
        "shelf": _amount(year.spares_cost),
        "energy": f"{year.energy_j / _J_PER_MWH:,.0f} MWh",
        "carbon": _carbon(year.carbon_kg),
    }


def _shelves(fleet: Fleet) -> Iterator[str]:
    for row in fleet.pool:
        yield (
            f"shelf of {row.shelf}: {row.found.stock} {row.device} for {row.devices} devices, "
            f"{row.failures_per_year:.1f} failures a year; a site waits in "
            f"{format_percent(row.found.waits, 1)} of them, {row.found.mean_wait_s / _S_PER_HOUR:.1f} h on "
            "average, transport not counted"
        )
    if fleet.pool:
        yield ""


def _updates(ways: Sequence[UpdateWay]) -> Iterator[str]:
    for way in ways:
        yield (
            f"update, {way.way}: {format_quantity(way.bytes_per_site, 'bytes', 3)} a site, "
            f"{format_quantity(way.total_bytes, 'bytes', 3)} in all; 99 % of the sites have it after "
            f"{way.nearly_all_s / 86400.0:.1f} days, in {len(way.waves)} waves"
        )
    if ways:
        yield ""


def _tornado(fleet: Fleet) -> Iterator[str]:
    if not fleet.swings:
        return
    yield f"one input at a time, from its low to its high end, all {_amount(fleet.plan.total)}:"
    for swing in fleet.swings:
        yield f"  {swing.input:20} {_amount(swing.low):>12} - {_amount(swing.high)}"
    yield ""


def _worst(fleet: Fleet) -> Iterator[str]:
    yield "worst sites:"
    alike: dict[str, list[str]] = {}
    for row in fleet.worst:
        alike.setdefault(_trouble(row), []).append(str(row["site"]))
    for trouble, sites in alike.items():
        yield f"  {', '.join(sites)}: {trouble}"
    yield ""


def _trouble(row: SiteRow) -> str:
    headroom = row["headroom"]
    left = f", {format_percent(headroom)} of headroom" if isinstance(headroom, float) else ""
    part = f"{row['count']} x {row['device']}" if row["device"] else "no part"
    return f"{part}, {row['verdict']}{left}; {row['reason']}"


def _notes(fleet: Fleet) -> Iterator[str]:
    for item in fleet.roundings:
        yield (
            f"note: {item.column} rounded up to multiples of {item.step:g} at {item.changed} sites, by "
            f"{format_percent(item.mean_ratio, 1)} on average and {format_percent(item.largest_ratio, 1)} at "
            "most"
        )
    for device, sites in fleet.unpriced.items():
        yield f"note: {device} serves {sites} sites and has no price: state it under `money.prices`"
    if fleet.found_finished:
        yield f"note: {fleet.found_finished} kinds of site were answered by earlier runs"


def _carbon(kilograms: float | None) -> str:
    return "unknown" if kilograms is None else f"{kilograms / 1000:,.1f} t"


def _amount(value: float) -> str:
    return f"{value:,.0f}"
