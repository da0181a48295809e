"""Records as the rows and facts that a page shows: text with units, and the numbers to sort by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from planner.report.numbers import band, celsius, count, money, percent, quantity, whole
from planner.wording.message import Wording

Record = Mapping[str, Any]
_BAR = 120.0


@dataclass(frozen=True, slots=True)
class PageCell:
    """One entry of a table: its text, and the number behind it, None where there is none."""

    text: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class DrawnBand:
    """A band on a logarithmic scale of all rows, as places in a drawing of fixed width."""

    start: float
    width: float
    mid: float


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part: its cells by name, whether it keeps the limits, and why not."""

    device: str
    name: str
    mode: str
    feasible: bool
    cells: Mapping[str, PageCell]
    span: DrawnBand | None
    why: str


NETWORK_COLUMNS = (
    "place", "part", "unit", "precision", "latency", "rate", "power", "energy", "memory", "price", "rests_on",
)  # fmt: skip
LANGUAGE_COLUMNS = (
    "place",
    "part",
    "unit",
    "engine",
    "first",
    "each",
    "every",
    "memory",
    "users",
    "rests_on",
)


def network_rows(compared: Record, names: Mapping[str, str], say: Wording) -> list[PartRow]:
    """The first setting of each part, best first."""
    candidates: dict[str, Record] = {}
    for item in compared["candidates"]:
        candidates.setdefault(item["device"], item)
    bands = [item["planning_latency_s"] for item in candidates.values() if item["fits"]]
    scale = _scale([(item["low"], item["high"]) for item in bands])
    return [
        _network_row(place, item, names, scale, say)
        for place, item in enumerate(candidates.values(), start=1)
    ]


def _network_row(
    place: int, item: Record, names: Mapping[str, str], scale: tuple[float, float], say: Wording
) -> PartRow:
    latency, fits = item["planning_latency_s"], item["fits"]
    power, energy, memory, price = (
        item["power_w"],
        item["energy_per_inference_j"],
        item["memory_bytes"],
        item["price"],
    )
    unknown = PageCell(say("web.none"))
    cells = {
        "place": PageCell(str(place), place),
        "part": PageCell(names.get(item["device"], item["device"])),
        "unit": PageCell(f"{item['unit']}, {item['mode']}, {item['engine']}"),
        "precision": PageCell(f"{item['precision']} × {item['batch']}"),
        "latency": PageCell(band(latency["low"], latency["mid"], latency["high"], "s"), latency["mid"])
        if fits
        else unknown,
        "rate": PageCell(quantity(item["throughput_per_s"], "per_s"), item["throughput_per_s"])
        if fits
        else unknown,
        "power": PageCell(band(power["low"], power["mid"], power["high"], "w"), power["mid"]),
        "energy": PageCell(quantity(energy["mid"], "j"), energy["mid"]) if fits else unknown,
        "memory": PageCell(
            f"{quantity(memory['total'], 'bytes')} / {quantity(memory['capacity'], 'bytes')}", memory["total"]
        ),
        "price": unknown
        if price is None
        else PageCell(money(price["amount"], price["currency"]), price["amount"]),
        "rests_on": PageCell(say.term("provenance", item["provenance"])),
    }
    why = "; ".join(item["reasons"]) or item["loses"]
    name = cells["part"].text
    span = _span(latency, scale) if fits else None
    return PartRow(item["device"], name, item["mode"], item["feasible"], cells, span, why)


def language_rows(record: Record, say: Wording) -> list[PartRow]:
    """Parts that serve a language model, the fastest first."""
    names = record["names"]
    served = record["served"]
    fitting = [item for item in served if item["memory_bytes"]["total"] <= item["memory_bytes"]["capacity"]]
    scale = _scale([(item["ttft_s"]["low"], item["ttft_s"]["high"]) for item in fitting])
    rows = []
    for place, item in enumerate(served, start=1):
        memory, fits = item["memory_bytes"], item in fitting
        first, each, every = item["ttft_s"], item["tokens_per_s_per_user"], item["tokens_per_s"]
        unknown = PageCell(say("web.none"))
        cells = {
            "place": PageCell(str(place), place),
            "part": PageCell(names.get(item["device"], item["device"])),
            "unit": PageCell(f"{item['unit']}, {item['mode']}"),
            "engine": PageCell(f"{item['engine']} {item['weights']}"),
            "first": PageCell(band(first["low"], first["mid"], first["high"], "s"), first["mid"])
            if fits
            else unknown,
            "each": PageCell(_ends(each), each["mid"]) if fits else unknown,
            "every": PageCell(_ends(every), every["mid"]) if fits else unknown,
            "memory": PageCell(
                f"{quantity(memory['total'], 'bytes')} / {quantity(memory['capacity'], 'bytes')}",
                memory["total"],
            ),
            "users": PageCell(whole(item["max_users"]), item["max_users"]),
            "rests_on": PageCell(say.term("provenance", item["provenance"])),
        }
        span = _span(first, scale) if fits else None
        why = "" if fits else say("web.no_fit")
        rows.append(PartRow(item["device"], cells["part"].text, item["mode"], fits, cells, span, why))
    return rows


def _ends(found: Record) -> str:
    return f"{found['mid']:.3g} ({found['low']:.3g}–{found['high']:.3g})"


def _scale(ends: Sequence[tuple[float, float]]) -> tuple[float, float]:
    low, high = min((end[0] for end in ends), default=1.0), max((end[1] for end in ends), default=10.0)
    return math.log(low), math.log(max(high, low * 1.01))


def _span(found: Record, scale: tuple[float, float]) -> DrawnBand:
    def place(value: float) -> float:
        return round(_BAR * (math.log(value) - scale[0]) / (scale[1] - scale[0]), 1)

    start = place(found["low"])
    return DrawnBand(start, max(1.0, round(place(found["high"]) - start, 1)), place(found["mid"]))


def network_facts(record: Record, say: Wording) -> list[tuple[str, str]]:
    """What a network asks for, as names and values."""
    inputs = ", ".join(
        f"{item['name']} {_shape(item['shape'])} {item['dtype'] or ''}".strip()
        for item in record["inputs"][:6]
    )
    return [
        (say("web.work"), count(record["macs"], "MAC")),
        (say("head.operators"), whole(len(record["operators"]))),
        (say("head.kernels"), whole(record["kernels"])),
        (say("head.parameters"), count(record["parameters"])),
        (say("head.weights"), quantity(record["weight_bytes"], "bytes")),
        (say("head.peak"), quantity(record["peak_activation_bytes"], "bytes")),
        (say("head.batch"), whole(record["batch"])),
        (say("web.inputs"), inputs),
    ]


def _shape(shape: Sequence[int | None] | None) -> str:
    return "" if shape is None else " × ".join("?" if size is None else str(size) for size in shape)


def language_facts(record: Record, say: Wording) -> list[tuple[str, str]]:
    """Sizes of a language model."""
    weights = record["weight_bytes"]
    return [
        (say("head.parameters"), count(record["parameters"])),
        (say("web.layers"), f"{record['layers']} × {record['hidden']}"),
        (say("web.words"), whole(record["vocabulary"])),
        (say("web.context"), whole(record["context_tokens"])),
        (say("web.cache"), quantity(record["cache_bytes_per_token"], "bytes")),
        (say("head.weights"), say("web.none") if weights is None else quantity(weights, "bytes")),
    ]


def plan_rows(record: Record, say: Wording) -> list[dict[str, PageCell | str]]:
    """The options of a plan, best first."""
    return [_plan_row(item, say) for item in record["options"]]


def _plan_row(item: Record, say: Wording) -> dict[str, PageCell | str]:
    span, run = item["p99_s"], item["simulated"]
    hottest_c = item["temperature_c"] if run is None else run["temperature_c"]["max"]
    spares = f" + {item['spares']}" if item["spares"] else ""
    busy = item["utilisation"] if run is None else run["utilisation"]
    return {
        "part": item["name"],
        "setting": f"{item['unit']}, {item['mode']}, {item['precision']} × {item['batch']}",
        "count": PageCell(f"{whole(item['count'])}{spares}", item["count"]),
        "p99": PageCell(_p99(span, say), None if span is None else span["mid"]),
        "busy": PageCell(percent(busy), busy),
        "hottest": PageCell(celsius(hottest_c), hottest_c),
        "power": PageCell(quantity(item["power_w"], "w"), item["power_w"]),
        "capital": PageCell(money(item["capital"], item["currency"]), item["capital"]),
        "running": PageCell(
            money(item["running_cost_per_year"], item["currency"]), item["running_cost_per_year"]
        ),
        "verdict": item["verdict"],
        "verdict_text": say.term("verdict", item["verdict"]),
        "reason": item["verdict_reason"],
    }


def _p99(span: Record | None, say: Wording) -> str:
    if span is None:
        return say("web.not_simulated")
    low, mid, high = (
        say("web.endless") if span[end] is None else quantity(span[end], "s")
        for end in ("low", "mid", "high")
    )
    return f"{mid} ({low} – {high})"
