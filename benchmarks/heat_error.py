"""How far predicted temperatures are from published ones, on sources that no choice was made from.

Reads benchmarks/published_heat.csv: `left_out` rows are the score, the others show what was seen. A row with
its power is predicted at that power; one without is looked at with the part's default limit, for the throttle
verdict alone. The cooler is the part's own that the row's words name; `unknown` takes the default.

    .venv/bin/python -m benchmarks.heat_error            prints the tables of docs/heat.md
    .venv/bin/python -m benchmarks.heat_error --rows     and every row
"""

from __future__ import annotations

import argparse
import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planner.hardware.catalog import read_device
from planner.plan.options.coolers import cooled, resistance_band, rise_band
from planner.plan.rack.heat import thermal_of_part
from planner.rack.description.device import Thermal
from planner.rack.heat.ladder import step_of
from planner.rack.heat.steady import die_at, steady
from planner.schema.hardware.device import Device

ROWS = Path(__file__).with_name("published_heat.csv")
_WORDS = (
    (r"^none|bare", "bare"),
    (r"^unknown|own product|cold$", None),
    (r"passive case|flirc|kksb", "passive_case"),
    (r"passive|heat sink, open", "passive_sink"),
    (r"server", "server_airflow"),
    (r"kit|dev", "developer_kit"),
    (r"fan|active|mini pc|box", "active_cooler"),
)
"""What the words of a row's cooler are among the kinds, the first that is found."""


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One published temperature with what is predicted for it."""

    number: str
    left_out: bool
    part: Device
    cooler: str
    known: bool
    idle: bool
    ambient_c: float
    power_w: float | None
    seen_c: float | None
    throttled: bool | None
    time_s: float | None
    mid_c: float
    low_c: float
    high_c: float
    predicted_time_s: float

    @property
    def factor(self) -> float:
        """Seen over predicted rise, which is seen over predicted resistance."""
        return ((self.seen_c or math.nan) - self.ambient_c) / (self.mid_c - self.ambient_c)


def read_rows() -> Iterator[HeatRow]:
    """Every row, predicted; not those that state a limit, nor a temperature of another chip."""
    with ROWS.open(newline="") as file:
        for raw in csv.DictReader(file):
            if not re.search(r"limit|not the", raw["sensor"]):
                yield _predicted(raw)


def _predicted(raw: dict[str, str]) -> HeatRow:
    part, known = under(read_device(raw["part"]), raw["cooler"])
    ambient_c = float(raw["ambient_c"] or 25.0)
    default = next(mode for mode in part.modes if mode.default)
    power_w = float(raw["power_w"]) if raw["power_w"] else None
    band, thermal = resistance_band(part.thermal), thermal_of_part(part)
    at_w = default.power_limit_w.value if power_w is None else power_w
    mid_c = steady(thermal, ambient_c, at_w).die_c
    low_c, high_c = (
        die_at(ambient_c, mid_c, end / band.mid_k_per_w) for end in (band.low_k_per_w, band.high_k_per_w)
    )
    # Who does not know the cooler gets the range of all that the part is used with.
    if not known:
        ends = [_ends(part, item.id, ambient_c, at_w) for item in part.thermal.coolers]
        low_c, high_c = min(low for low, _ in ends), max(high for _, high in ends)
    idle = "idle" in raw["load"] and "slope" not in raw["load"]
    return HeatRow(
        number=raw["id"],
        left_out=raw["left_out"] == "yes",
        part=part,
        cooler=raw["cooler"],
        known=known,
        idle=idle,
        ambient_c=ambient_c,
        power_w=power_w,
        seen_c=float(raw["steady_c"]) if raw["steady_c"] else None,
        throttled={"yes": True, "no": False}.get(raw["throttled"]),
        time_s=float(raw["time_constant_s"]) if raw["time_constant_s"] else None,
        mid_c=mid_c,
        low_c=low_c,
        high_c=high_c,
        predicted_time_s=_rise_time_s(thermal, 15.0 if _of_the_die(raw) else 300.0),
    )


def _ends(part: Device, cooler: str, ambient_c: float, power_w: float) -> tuple[float, float]:
    """The die at both ends of the range of one cooler."""
    under = cooled(part, cooler)
    band, mid_c = (
        resistance_band(under.thermal),
        steady(thermal_of_part(under), ambient_c, power_w).die_c,
    )
    low, high = (end / band.mid_k_per_w for end in (band.low_k_per_w, band.high_k_per_w))
    return die_at(ambient_c, mid_c, low), die_at(ambient_c, mid_c, high)


def _of_the_die(raw: dict[str, str]) -> bool:
    """Whether the published time is that of the die: under half a minute no sink warms."""
    return bool(raw["time_constant_s"]) and float(raw["time_constant_s"]) < 31.0


def under(part: Device, words: str) -> tuple[Device, bool]:
    """The part under the cooler that the words name, and whether they name one that it has."""
    words = words.lower()
    for item in part.thermal.coolers:
        if "?" not in words and item.id in re.findall(r"[a-z]+", words):
            return cooled(part, item.id), True
    kind = next((kind for pattern, kind in _WORDS if re.search(pattern, words)), None)
    if kind is None or "?" in words:
        return part, False
    near = {
        "developer_kit": ("developer_kit", "active_cooler", "passive_sink"),
        "active_cooler": ("active_cooler", "developer_kit"),
        "passive_case": ("passive_case", "passive_sink"),
        "passive_sink": ("passive_sink", "passive_case"),
    }.get(kind, (kind,))
    ids = [(near.index(item.kind), item.id) for item in part.thermal.coolers if item.kind in near]
    return (cooled(part, min(ids)[1]), True) if ids else (part, False)


def _rise_time_s(thermal: Thermal, slow_s: float) -> float:
    """Seconds to 63 % of the last steady rise: of the die alone, or of all."""
    nodes = thermal.nodes
    if slow_s < 60.0 and nodes:
        return nodes[0].heat_capacity_j_per_k * nodes[0].resistance_k_per_w
    if not nodes:
        return thermal.resistance_k_per_w * thermal.heat_capacity_j_per_k
    step, rise, whole = step_of(nodes, 1.0), np.zeros(len(nodes)), thermal.resistance_k_per_w
    for second in range(1, 20_000):
        rise = step.decay @ rise + step.warming_k_per_w
        if rise[0] >= (1.0 - math.exp(-1.0)) * whole:
            return float(second)
    return math.inf


def _spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    if not values:
        return "-"
    middle, most = np.quantile(values, 0.5), np.quantile(values, 0.9)
    return f"{form.format(middle)} / {form.format(most)}"


def table(rows: Iterable[HeatRow]) -> list[str]:
    """The rows of docs/heat.md, one a group."""
    found = list(rows)
    loaded = [row for row in found if row.power_w is not None and row.seen_c is not None and not row.idle]
    groups = [
        ("under load, cooler known", [row for row in loaded if row.known]),
        ("under load, cooler not known", [row for row in loaded if not row.known]),
        ("idle", [row for row in found if row.idle and row.power_w is not None and row.seen_c is not None]),
    ]
    lines = [
        "| rows | n | measured over predicted K/W, median / p90 | either way, median / p90 "
        "| error, median / p90 | within the band |",
        "|---|---|---|---|---|---|",
    ]
    for name, group in groups:
        factors = [row.factor for row in group]
        apart = [max(factor, 1.0 / factor) for factor in factors if factor > 0]
        errors = [abs(row.seen_c - row.mid_c) for row in group if row.seen_c is not None]
        inside = sum(row.low_c <= (row.seen_c or 0.0) <= row.high_c for row in group)
        share = f"{inside} of {len(group)}"
        lines.append(
            f"| {name} | {len(group)} | {_spread(factors)} | {_spread(apart)} "
            f"| {_spread(errors, '{:.1f}')} K | {share} |"
        )
    return lines


def verdict_lines(rows: Iterable[HeatRow]) -> list[str]:
    """How many throttle verdicts are right, and how many that throttled were found."""
    asked = [row for row in rows if row.throttled is not None]
    hot = [row for row in asked if row.throttled]
    found = [row for row in hot if row.high_c >= row.part.thermal.throttle_c.value]
    cool = [row for row in asked if not row.throttled]
    held = [row for row in cool if row.mid_c < row.part.thermal.throttle_c.value]
    opened = [row for row in held if row.high_c >= row.part.thermal.throttle_c.value]
    right = len(found) + len(held)
    return [
        f"throttle verdicts: {right} of {len(asked)} right; {len(found)} of {len(hot)} that throttled are "
        f"found (they throttle within the cooler's range); {len(held)} of {len(cool)} that did not are said "
        f"not to as planned, {len(opened)} of them open"
    ]


def time_lines(rows: Iterable[HeatRow]) -> list[str]:
    """Published rise times over predicted ones, where the cooler is known and where it is not."""
    timed = [row for row in rows if row.time_s]
    lines = []
    for name, group in (
        ("all", timed),
        ("cooler known", [row for row in timed if row.known]),
        ("cooler not known", [row for row in timed if not row.known]),
    ):
        ratios = [(row.time_s or 0.0) / row.predicted_time_s for row in group]
        near = sum(1 / 1.5 <= ratio <= 1.5 for ratio in ratios)
        inside = sum(
            low <= ratio <= high
            for row, ratio in zip(group, ratios, strict=True)
            for low, high in [rise_band(row.part.thermal)]
        )
        lines.append(
            f"rise times, {name}: {near} of {len(ratios)} within 1.5 times, {inside} within the band; "
            f"published over predicted {_spread(ratios)}"
        )
    return lines


def main() -> None:
    """Print both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", action="store_true")
    arguments = parser.parse_args()
    rows = list(read_rows())
    for name, left_out in (("left out", True), ("seen", False)):
        half = [row for row in rows if row.left_out is left_out]
        print(f"{name}: {len(half)} rows")
        print("\n".join([*table(half), "", *verdict_lines(half), *time_lines(half), ""]))
        for row in half if arguments.rows else ():
            seen = "-" if row.seen_c is None else f"{row.seen_c:.1f}"
            print(
                f"  {row.number:4} {row.part.id:22} {row.cooler[:28]:28} {row.part.thermal.cooler:8} "
                f"{row.power_w or 0:6.1f} W seen {seen:>5} predicted {row.low_c:5.1f} {row.mid_c:5.1f} "
                f"{row.high_c:5.1f} throttled {row.throttled} rise {row.time_s} {row.predicted_time_s:.0f} s"
            )


if __name__ == "__main__":
    main()
