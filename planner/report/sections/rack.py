"""The simulated rack: what became of the requests, how hot it got, and whether the simulation checks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Style, Table, valued
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
    """One row a stream; columns that no stream has anything in are left out, so that the rest fits."""
    found = simulated["streams"]
    parts = [
        (Column(say("head.stream"), share=1.2), [Cell(shortened(item["name"], 60)) for item in found]),
        (
            Column(say("head.requests"), "right"),
            [valued(item["requests"], whole(item["requests"])) for item in found],
        ),
        *_losses(found, say),
        (Column(say("head.mean"), "right"), [_seconds(item["latency_s"]["mean"]) for item in found]),
        (Column("p50", "right"), [_seconds(item["latency_s"]["p50"]) for item in found]),
        (Column("p90", "right"), [_seconds(item["latency_s"]["p90"]) for item in found]),
        (Column(say("head.p99"), "right", share=1.2), [_p99(item) for item in found]),
        *_installations(found, say),
        (Column(say("head.objective"), "right"), [_objective(item, say) for item in found]),
        (Column(say("head.verdict")), [_verdict(item, say) for item in found]),
    ]
    rows = tuple(zip(*(cells_of for _, cells_of in parts), strict=True))
    caption = say("rack.results")
    if not any(item["dropped"] for item in found):
        caption = say("text.paragraph", sentences=(caption, say("rack.none_dropped")))
    return Table(tuple(column for column, _ in parts), rows, caption, small=True)


_Part = tuple[Column, list[Cell]]


def _losses(found: Sequence[StreamResultRecord], say: Wording) -> Iterator[_Part]:
    if any(item["dropped"] for item in found):
        yield Column(say("head.dropped"), "right"), [_dropped(item) for item in found]


def _installations(found: Sequence[StreamResultRecord], say: Wording) -> Iterator[_Part]:
    """The worst run, and the share of installations that break the promise, where phases differ by run."""
    worst = [item["latency_s"]["p99_worst"] for item in found]
    if any(value is not None for value in worst):
        yield Column(say("head.p99_worst"), "right", share=0.7), [_seconds(value) for value in worst]
    broken = [item.get("installations_broken") for item in found]
    if any(value is not None for value in broken):
        shown = [Cell("–") if value is None else valued(value, percent(value)) for value in broken]
        yield Column(say("head.broken"), "right", share=1), shown


def _seconds(value: float | None) -> Cell:
    return valued(value, quantity(value, "s"))


def _dropped(item: StreamResultRecord) -> Cell:
    lost = item["dropped"]
    share = f" ({percent(lost / item['requests'])})" if lost and item["requests"] else ""
    return valued(lost, f"{whole(lost)}{share}")


def _p99(item: StreamResultRecord) -> Cell:
    latency = item["latency_s"]
    return valued(latency["p99"], _interval(latency["p99"], latency["p99_low"], latency["p99_high"]))


def _objective(item: StreamResultRecord, say: Wording) -> Cell:
    slo_s = item["slo_s"]
    return valued(slo_s, say("cover.no_limit") if slo_s is None else stated(slo_s, "s"))


def _verdict(item: StreamResultRecord, say: Wording) -> Cell:
    text = shortened(say.term("verdict", item["verdict"]), 16)
    return Cell(text, _STYLES.get(item["verdict"], "open"))


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
        (Cell(say.term("law", name).replace("_", " ")), valued(value, residual(value)))
        for name, value in simulated["invariants"].items()
    )
    columns = (Column(say("head.law"), share=1), Column(say("head.residual"), "right", share=1))
    return Table(columns, rows, say("rack.residuals"), small=True)
