"""`planner import TOOL FILE --thermal`: a cooler from a log, as a table and as lines for a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.output import CommandResult
from planner.errors import InputError, Problem
from planner.units import UnitError, parse_quantity

if TYPE_CHECKING:
    from planner.rack.heat.fit_cooler import Interval


def fitted_cooler(
    tool: str, files: tuple[Path, ...], ambient: str | None, interval: str | None
) -> CommandResult:
    """The cooler of one log."""
    from planner.plan.options.fitted_cooler import heat_fit_record

    if tool not in api.HEAT_LOG_TOOLS:
        raise click.UsageError(f"--thermal reads {' or '.join(api.HEAT_LOG_TOOLS)}, not {tool}")
    if len(files) > 1:
        raise click.UsageError(f"expected one log, got {len(files)}; fit them one by one")
    interval_s = parse_option("--interval", interval, "s")
    fit = api.import_heat(tool, files[0], ambient_c=_celsius(ambient), interval_s=interval_s)
    cooler = fit.cooler
    rows: list[tuple[str, Interval, str]] = [
        ("resistance", cooler.resistance_k_per_w, "K/W"),
        ("die's time constant", cooler.die_time_s, "s"),
        ("sink's time constant", cooler.sink_time_s, "s"),
    ]
    if fit.leakage_w_per_k is not None:
        rows.append(("leakage", fit.leakage_w_per_k, "W/K"))
    table = [
        {
            "quantity": name,
            "value": f"{found.value:.4g} {unit}",
            "from": f"{found.low:.4g}",
            "to": f"{found.high:.4g}",
        }
        for name, found, unit in rows
    ]
    heading = [
        f"{fit.log.file}: {cooler.samples} samples every {cooler.step_s:.3g} s in air of {fit.ambient_c:.1f} "
        f"°C; off by {cooler.rmse_k:.2f} K root mean square, {cooler.worst_k:.2f} K at most"
    ]
    footer = [*fit.scenario_text.splitlines(), *(f"note: {text}" for text in fit.notes)]
    flat: list[dict[str, object]] = [
        {"quantity": name, "value": found.value, "low": found.low, "high": found.high, "unit": unit}
        for name, found, unit in rows
    ]
    return CommandResult(heat_fit_record(fit), flat, table, heading, footer, {"value", "from", "to"})


def _celsius(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return parse_quantity(text, "c")
    except UnitError as error:
        problem = Problem("value", error.expected, repr(text), error.advice)
        raise InputError("--ambient", [problem]) from None
