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
from planner.report.selection import DRAWN_INSTANTS
from planner.schema.record import RackRecord, StreamResultRecord, StudyRecord
from planner.wording.message import Wording

_STYLES: dict[str, Style] = {"PASS": "good", "FAIL": "bad"}


def rack(study: StudyRecord, say: Wording) -> list[Block]:
    """Conditions, results by stream, time series, histogram and self-checks; nothing without a simulation."""
    simulated = study["rack"]
    if simulated is None:
        return []
    blocks: list[Block] = [
        Heading(say("rack.title"), follows=True),
        Paragraph(_conditions(simulated, say)),
        _results(simulated, say),
        Paragraph(_state(simulated, say)),
    ]
    over_time = rack_over_time(simulated, say)
    if over_time is not None:
        sentences = [say("rack.over_time")]
        if len(simulated["series"]["time_s"]) > DRAWN_INSTANTS:
            sentences.append(say("rack.envelope"))
        caption = say("text.paragraph", sentences=tuple(sentences))
        blocks.append(Figure(over_time, caption, say("rack.over_time_alt"), chart="rack"))
    histogram = latency_histogram(simulated, say)
    if histogram is not None:
        caption = _histogram_caption(simulated, say)
        blocks.append(Figure(histogram, caption, say("rack.histogram_alt"), chart="histogram"))
    if simulated["invariants"]:
        blocks += [Heading(say("rack.checks"), 2), _checks(simulated, say)]
    return blocks


def _conditions(simulated: RackRecord, say: Wording) -> str:
    inlet_c = simulated["inlet_c"]
    return say(
        "rack.conditions",
        count=whole(simulated["count"]),
        inlet="" if inlet_c is None else say("rack.with_inlet", inlet=celsius(inlet_c)),
        dispatch=say.term("dispatch", simulated["dispatch"]).replace("_", " "),
        runs=say.counted("rack.runs", simulated["replications"]),
        duration=stated(simulated["duration_s"], "s"),
        warmup=stated(simulated["warmup_s"], "s"),
        seed=simulated["seed"],
    )


def _state(simulated: RackRecord, say: Wording) -> str:
    devices = simulated["devices"]
    heat = devices["temperature_c"]
    return say(
        "rack.state",
        busy=percent(devices["utilisation"]),
        throttled=percent(devices["throttled_share"]),
        mean=celsius(heat["mean"]),
        most=celsius(heat["max"]),
        power=quantity(simulated["power_w"], "w"),
        energy=quantity(simulated["energy_j"], "j"),
        each=quantity(simulated["energy_per_request_j"], "j"),
    )


def _results(simulated: RackRecord, say: Wording) -> Table:
    columns = (
        Column(say("head.stream"), share=1),
        Column(say("head.requests"), "right"),
        Column(say("head.dropped"), "right"),
        Column(say("head.mean"), "right"),
        Column("p50", "right"),
        Column("p90", "right"),
        Column(say("head.p99"), "right"),
        Column(say("head.p99_worst"), "right"),
        Column(say("head.broken"), "right"),
        Column(say("head.objective"), "right"),
        Column(say("head.verdict")),
    )
    rows = tuple(_result(result, say) for result in simulated["streams"])
    return Table(columns, rows, say("rack.results"), small=True)


def _result(result: StreamResultRecord, say: Wording) -> tuple[Cell, ...]:
    latency = result["latency_s"]
    lost = result["dropped"]
    dropped = (
        f"{lost:,} ({percent(lost / result['requests'])})" if lost and result["requests"] else whole(lost)
    )
    verdict = shortened(say.term("verdict", result["verdict"]), 16)
    return (
        *cells(
            shortened(result["name"], 60),
            whole(result["requests"]),
            dropped,
            *(quantity(latency[key], "s") for key in ("mean", "p50", "p90")),
            _interval(latency["p99"], latency["p99_low"], latency["p99_high"]),
            quantity(latency["p99_worst"], "s"),
            percent(result.get("installations_broken")),
            say("cover.no_limit") if result["slo_s"] is None else stated(result["slo_s"], "s"),
        ),
        Cell(verdict, _STYLES.get(result["verdict"], "open")),
    )


def _interval(p99_s: float | None, low_s: float | None, high_s: float | None) -> str:
    if p99_s is None:
        return UNKNOWN
    if low_s is None or high_s is None:
        return quantity(p99_s, "s")
    scale, unit = (1e3, "ms") if p99_s < 1 else (1.0, "s")
    ends = f"{significant(low_s * scale, 3)}–{significant(high_s * scale, 3)}"
    return f"{significant(p99_s * scale, 3)} {unit} ({ends})"


def _histogram_caption(simulated: RackRecord, say: Wording) -> str:
    sentences = [say("rack.histogram")]
    streams = len(simulated["latency_histogram"])
    if streams > MOST_STREAMS:
        sentences.append(say("rack.first_streams", shown=MOST_STREAMS, number=streams))
    return say("text.paragraph", sentences=tuple(sentences))


def _checks(simulated: RackRecord, say: Wording) -> Table:
    rows = tuple(
        cells(say.term("law", name).replace("_", " "), residual(value))
        for name, value in simulated["invariants"].items()
    )
    columns = (Column(say("head.law"), share=1), Column(say("head.residual"), "right", share=1))
    return Table(columns, rows, say("rack.residuals"), small=True)
