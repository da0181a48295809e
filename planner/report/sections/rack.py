"""The simulated rack: what became of the requests, how hot it got, and whether the simulation checks out."""

from __future__ import annotations

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Style, Table, cells
from planner.report.figures.rack import MOST_STREAMS, latency_histogram, rack_over_time
from planner.report.numbers import (
    UNKNOWN,
    celsius,
    percent,
    quantity,
    residual,
    shortened,
    significant,
    stated,
    whole,
)
from planner.report.record import Rack, StreamResult, Study
from planner.report.selection import DRAWN_INSTANTS

_STYLES: dict[str, Style] = {"PASS": "good", "FAIL": "bad"}
_LAWS = {
    "little": "Little’s law: mean number in the rack = rate × mean time in it",
    "little_queue": "Little’s law for the requests that wait",
    "utilisation": "Utilisation law: busy share = rate × mean service time",
    "energy": "Energy: power over time = idle + leakage + each batch’s own",
    "first_law": "First law: heat in = heat carried out by the air + heat stored",
    "conservation": "Requests drawn = served + dropped + still in the rack",
}


def rack(study: Study) -> list[Block]:
    """Conditions, results by stream, time series, histogram and self-checks; nothing without a simulation."""
    simulated = study["rack"]
    if simulated is None:
        return []
    blocks: list[Block] = [
        Heading("The rack, simulated"),
        Paragraph(_conditions(simulated)),
        _results(simulated),
        Paragraph(_state(simulated)),
    ]
    over_time = rack_over_time(simulated)
    if over_time is not None:
        caption = "Requests waiting, temperatures and power over one run."
        if len(simulated["series"]["time_s"]) > DRAWN_INSTANTS:
            caption += (
                " Lines are means of short intervals, shaded from the least to the greatest value in each."
            )
        blocks.append(Figure(over_time, caption, "Three line charts over time: queue, temperature, power"))
    histogram = latency_histogram(simulated)
    if histogram is not None:
        blocks.append(
            Figure(histogram, _histogram_caption(simulated), "Histogram of the latencies by stream")
        )
    if simulated["invariants"]:
        blocks += [Heading("Self-checks", 2), _checks(simulated)]
    return blocks


def _conditions(simulated: Rack) -> str:
    inlet = (
        "" if simulated["inlet_c"] is None else f", with air of {celsius(simulated['inlet_c'])} at the inlet"
    )
    return (
        f"{whole(simulated['count'])} devices{inlet}; requests are dispatched by "
        f"{simulated['dispatch'].replace('_', ' ')}. "
        f"{simulated['replications']} independent run{'' if simulated['replications'] == 1 else 's'} of "
        f"{stated(simulated['duration_s'], 's')}, of which the first "
        f"{stated(simulated['warmup_s'], 's')} are left out of the statistics; seed {simulated['seed']}."
    )


def _state(simulated: Rack) -> str:
    devices = simulated["devices"]
    heat = devices["temperature_c"]
    return (
        f"The devices are busy {percent(devices['utilisation'])} of the time and throttled "
        f"{percent(devices['throttled_share'])} of it; they are at {celsius(heat['mean'])} on average and at "
        f"{celsius(heat['max'])} at most. The rack draws {quantity(simulated['power_w'], 'w')} on average, "
        f"{quantity(simulated['energy_j'], 'j')} in the counted time of a run, and "
        f"{quantity(simulated['energy_per_request_j'], 'j')} per request."
    )


def _results(simulated: Rack) -> Table:
    columns = (
        Column("Stream", share=1),
        Column("Requests", "right"),
        Column("Dropped", "right"),
        Column("Mean", "right"),
        Column("p50", "right"),
        Column("p90", "right"),
        Column("p99 (95 % interval)", "right"),
        Column("Objective", "right"),
        Column("Verdict"),
    )
    rows = tuple(_result(result) for result in simulated["streams"])
    caption = "Latency from the arrival of a request to its answer; the interval is over the runs."
    return Table(columns, rows, caption, small=True)


def _result(result: StreamResult) -> tuple[Cell, ...]:
    latency = result["latency_s"]
    lost = result["dropped"]
    dropped = (
        f"{lost:,} ({percent(lost / result['requests'])})" if lost and result["requests"] else whole(lost)
    )
    return (
        *cells(
            shortened(result["name"], 60),
            whole(result["requests"]),
            dropped,
            *(quantity(latency[key], "s") for key in ("mean", "p50", "p90")),
            _interval(latency["p99"], latency["p99_low"], latency["p99_high"]),
            "none" if result["slo_s"] is None else stated(result["slo_s"], "s"),
        ),
        Cell(shortened(result["verdict"], 16), _STYLES.get(result["verdict"], "open")),
    )


def _interval(p99_s: float | None, low_s: float | None, high_s: float | None) -> str:
    if p99_s is None:
        return UNKNOWN
    if low_s is None or high_s is None:
        return quantity(p99_s, "s")
    scale, unit = (1e3, "ms") if p99_s < 1 else (1.0, "s")
    ends = f"{significant(low_s * scale, 3)}–{significant(high_s * scale, 3)}"
    return f"{significant(p99_s * scale, 3)} {unit} ({ends})"


def _histogram_caption(simulated: Rack) -> str:
    caption = "Share of the requests in each interval of latency; grey: the interval of the 99th percentile."
    streams = len(simulated["latency_histogram"])
    if streams > MOST_STREAMS:
        caption += f" The first {MOST_STREAMS} of {streams} streams are drawn."
    return caption


def _checks(simulated: Rack) -> Table:
    rows = tuple(
        cells(_LAWS.get(name, name.replace("_", " ")), residual(value))
        for name, value in simulated["invariants"].items()
    )
    columns = (Column("Law that must hold", share=1), Column("Residual", "right", share=1))
    return Table(columns, rows, "Relative residuals of laws that the simulation must keep.", small=True)
