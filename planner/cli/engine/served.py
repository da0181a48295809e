"""`planner validate --serve SCENARIO`: a server of this machine beside its simulations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner import api
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import interval, quantity, share
from planner.units import format_number, format_percent

if TYPE_CHECKING:
    from planner.schema.record.commands.validate import QuantileRecord, ServedSideRecord, ServeRecord

_SIDES = {
    "measured": "measured",
    "replayed": "simulated, its times in order",
    "process": "simulated, its process",
    "planned": "planned, from the network's file",
    "loop": "simulated, benchmark loop",
}
_RIGHT = frozenset({"requests", "dropped", "p50", "p90", "p99"})
_RANK = ("p90", "requests", "dropped", "p50", "interval")


def serve(
    scenario: Path, engine: str, duration_s: float | None, seed: int | None, plot: Path | None, output: Output
) -> int:
    """Serve, simulate and print; the exit status."""
    from planner.cli.main import OK

    source = api.read_scenario(scenario)
    precision = source.scenario.candidates.precisions[0]
    found = api.validate_serving(
        source, engine, precision=precision, duration_s=duration_s, seed=seed, progress=output.progress
    )
    output.progress_done()
    record = api.serving_record(source.scenario.id, found, engine, precision)
    if plot is not None:
        api.plot_served(found, plot)
        output.say(f"wrote {plot}")
    rows = [
        {"side": side["side"], **{key: value for key, value in stream.items() if key != "latency"}}
        for side in record["sides"]
        for stream in side["streams"]
    ]
    table = [row for side in record["sides"] for row in _cells(side)]
    output.write(CommandResult(dict(record), rows, table, _heading(record), _footer(record), _RIGHT, _RANK))
    return OK


def _heading(record: ServeRecord) -> list[str]:
    noise = record["noise"]
    lines = [
        f"{record['engine']} {record['engine_version']}, {record['precision']}, served for "
        f"{record['duration_s']:g} s, seed {record['seed']}",
        f"empty loop  lost {format_percent(noise['lost'], 1)} of its time, speed scattered by "
        f"{format_percent(noise['spread'], 1)}, "
        f"longest turn {quantity(noise['longest_s'], 's')}: {'noisy' if noise['noisy'] else 'quiet'}",
    ]
    for row in record["services"]:
        served = row["served_s"]
        there = "never served"
        if served is not None:
            there = f"{quantity(served, 's')} in service ({row['served']} times)"
        name, loop = f"{row['network']}, batch {row['batch']}", quantity(row["loop_s"], "s")
        lines.append(f"{name}: {loop} in a benchmark loop, {there}")
    lines.append(f"in service {format_number(record['serving_factor'], 3)} times as long as in the loop")
    if record["neighbours"] is not None:
        lines.append(f"the loop takes {share(record['neighbours'])} longer while another core runs the same")
    if record["together"] is not None:
        lines.append(f"correlation of service in two units at the same time {record['together']:.2f}")
    process = record["variation"]
    if process is not None:
        outliers = (
            f"{format_percent(process['outliers'], 1)} take "
            f"{format_number(process['outlier_factor'], 2)} times as long"
        )
        lines.append(
            f"service times scatter by {share(process['cv'])}; correlation {process['next']:.2f} over one "
            f"batch, {process['over_ten']:.2f} over ten, {process['over_hundred']:.2f} over a hundred; "
            + (outliers if process["outliers"] else "no outliers")
        )
    return lines


def _cells(side: ServedSideRecord) -> list[dict[str, str]]:
    rows = []
    for stream in side["streams"]:
        by_share = {item["share"]: item for item in stream["latency"]}
        p99 = by_share[0.99]
        rows.append(
            {
                "stream": stream["name"],
                "side": _SIDES[side["side"]],
                "requests": str(stream["requests"]),
                "dropped": format_number(stream["dropped"], 4),
                "p50": _time(by_share[0.5]),
                "p90": _time(by_share[0.9]),
                "p99": _time(p99),
                "interval": "-" if p99["low_s"] is None else interval(p99["low_s"], p99["high_s"], "s"),
                "verdict": stream["verdict"] + {None: "", True: "", False: ", wrong"}[stream["right"]],
            }
        )
    return rows


def _time(item: QuantileRecord) -> str:
    return "-" if item["value_s"] is None else quantity(item["value_s"], "s")


def _footer(record: ServeRecord) -> list[str]:
    lines = []
    for side in record["sides"]:
        lines.append(
            f"{_SIDES[side['side']]}: use {format_percent(side['utilisation'], 1)}, "
            f"{format_number(side['throughput_per_s'], 4)} requests a second, "
            f"batches of {format_number(side['mean_batch'], 3)}"
        )
    return lines + [f"note: {text}" for text in record["warnings"]]
