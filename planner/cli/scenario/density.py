"""`planner density SCENARIO`: how the rack heats as it fills, and where it stops."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from planner import api
from planner.cli.completion import scenarios
from planner.cli.evidence import scenario_evidence
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.outside import outside_option
from planner.cli.own_parts import hardware_option
from planner.cli.text.margins import cooler_text
from planner.cli.text.numbers import quantity, share
from planner.cli.text.services import option_lines
from planner.units import format_percent

_RANK = ("airflow", "power each", "throttled", "rise", "inlet")


@click.command("density")
@click.argument("scenario", type=click.Path(path_type=Path), shell_complete=scenarios)
@scenario_evidence
@hardware_option
@outside_option
@output_options
def command(scenario: Path, *, output: Output) -> int:
    """Heat, power and throughput of SCENARIO's rack by number of devices, and the most that it holds.

    Every device keeps the load that it has in the scenario. Exit status 3 when not even one device fits.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.plan.record.density import density_record

    curve = api.density(scenario)
    table = [
        {
            "devices": str(row.devices),
            "inlet": quantity(row.inlet_c, "c"),
            "rise": quantity(row.temperature_rise_k, "k"),
            "device": quantity(row.device_c, "c"),
            "power each": quantity(row.power_per_device_w, "w"),
            "throttled": share(row.throttled_share),
            "throughput": f"{row.throughput_per_s:,.0f} /s",
            "airflow": quantity(row.airflow_m3_per_s, "m3_per_s"),
        }
        for row in curve.rows
    ]
    footer = [f"limit: {curve.limit.devices} devices; {curve.limit.reason}"]
    footer += [
        f"  {weight.name} alone: {weight.devices} devices{'' if weight.met else ' or more'}; "
        f"{share(weight.used)} of it used at the limit, "
        f"{weight.devices_with_a_tenth_more} devices with a tenth more"
        for weight in curve.weights
    ]
    if curve.best is not None:
        footer.append(
            f"best: {curve.best.devices} devices, {curve.best.throughput_per_s:,.0f} /s and "
            f"{quantity(curve.best.power_w, 'w')}; {curve.best.binds} binds; most throughput looked at: "
            f"{curve.best.fullest_throughput_per_s:,.0f} /s with {curve.best.fullest}"
        )
    if curve.liquid is not None:
        footer.append(
            f"with cold plates: {curve.liquid.limit.devices} devices at {curve.liquid.device_c:.0f} °C, "
            f"water back at {curve.liquid.return_c:.1f} °C; {curve.liquid.limit.reason}"
        )
    footer += [
        f"published, {r.devices} devices: off by {r.rise_error_k:+.2f} K and {r.power_error_w:+.2f} W"
        for r in curve.residuals
    ]
    footer += [
        f"airflow model {fit.model.name}, {fit.model.fitted} fitted: off by at most {fit.worst_k:.2f} K "
        f"({fit.model.meaning})"
        for fit in curve.airflows
    ]
    footer += [
        f"leakage at {format_percent(leak.per_k)} a kelvin: "
        + (
            "none fits"
            if leak.low_w is None
            else f"{leak.reference_w:.2f} W at zero rise ({leak.low_w:.2f} to {leak.high_w:.2f})"
        )
        for leak in curve.leakages
    ]
    footer += [
        f"rises and powers with {both.fitted} fitted in all: off by at most {both.worst_k:.2f} K and "
        f"{both.worst_w:.2f} W ({both.airflow}; {both.power}"
        + (f"; assumed: {' and '.join(both.assumed)})" if both.assumed else ")")
        for both in curve.joint
    ]
    footer += [f"note: {text}" for text in curve.remarks]
    heading = [f"airflow: {curve.airflow}"]
    heading += option_lines(curve.option)
    if curve.part is not None:
        heading.append(f"cooler: {cooler_text(curve.part)}")
    right = frozenset(table[0])
    rows = [asdict(row) for row in curve.rows]
    output.write(CommandResult(density_record(curve), rows, table, heading, footer, right, _RANK))
    return INFEASIBLE if curve.limit.devices == 0 else OK
