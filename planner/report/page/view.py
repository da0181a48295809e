"""What the page shows beside the numbers of the record: the same numbers as text, and its own words."""

from __future__ import annotations

from typing import Any

from planner.report.numbers import band, celsius, money, percent, quantity, stated
from planner.report.page.charts import charts
from planner.report.record import Option, Study, WhatIf
from planner.wording.catalog import sentence
from planner.wording.message import Wording

_WORDS = (
    "play", "pause", "filter", "rows", "all_rows", "sort", "light", "dark", "precision", "batch", "load",
    "devices", "feasible", "against", "cannot_run", "time", "hottest",
    "axis_devices", "axis_busy", "axis_device_c",
)  # fmt: skip


def view(study: Study, say: Wording) -> dict[str, Any]:
    """Words, drawings, the interactive grid and the rack to replay; all text is in the page's language."""
    grid, chosen = study.get("what_if"), study["chosen"]
    return {
        "words": {name: sentence(say.language, f"page.{name}") for name in _WORDS},
        "charts": charts(study, say),
        "replay": _replay(study, say),
        "what_if": None if grid is None or chosen is None else _what_if(grid, chosen, say),
    }


def _what_if(grid: WhatIf, chosen: Option, say: Wording) -> dict[str, Any]:
    """The points as text, in the order of the record, and the position of the chosen option on each axis."""
    currency = chosen["currency"]
    rows = {
        "head.latency": [
            None if shape is None else band(shape["low"], shape["mid"], shape["high"], "s")
            for shape in grid["planning_latency_s"]
        ],
        "head.load": [None if v is None else percent(v) for v in grid["utilisation"]],
        "head.power": [None if v is None else quantity(v, "w") for v in grid["power_w"]],
        "cover.temperature": [None if v is None else celsius(v) for v in grid["temperature_c"]],
        "head.to_buy": [None if v is None else money(v, currency) for v in grid["capital"]],
        "head.horizon": [None if v is None else money(v, currency) for v in grid["total_cost"]],
    }
    return {
        "start": [
            _place(grid["precisions"], chosen["precision"]),
            _place(grid["batches"], chosen["batch"]),
            _place(grid["loads"], 1.0),
            _place(grid["devices"], chosen["count"]),
        ],
        "axes": [
            [name.upper() for name in grid["precisions"]],
            [str(batch) for batch in grid["batches"]],
            [percent(load) if load <= 1 else f"{load:g} ×" for load in grid["loads"]],
            [str(count) for count in grid["devices"]],
        ],
        "rows": [{"label": say(key), "texts": texts} for key, texts in rows.items()],
    }


def _replay(study: Study, say: Wording) -> dict[str, Any] | None:
    """The instants as text, and what each slot is called while it has no temperature."""
    slots, rack = study.get("slots"), study.get("elevation")
    if slots is None or rack is None or not slots["temperature_c"]:
        return None
    return {
        "times": [stated(time_s, "s") for time_s in slots["time_s"]],
        "hottest": [celsius(max(row)) for row in slots["temperature_c"]],
        "spare": say("rack.spare"),
    }


def _place(axis: list[Any], value: object) -> int:
    return axis.index(value) if value in axis else 0
