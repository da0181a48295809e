"""How far predicted rise times are from published series of temperature over time, on sources left out.

Reads benchmarks/published_rises.csv: `series` is seconds:share of load:degC, the first point settled. Two
stores are fitted to each series (offset, scale, the die's share and both times), which gives the time that
this unit needs for a share of the rise of a run of steady load, as long as the published one. The same time
under the part's own cooler is the prediction. Nothing is extrapolated beyond a run, and neither power nor
ambient is needed: both scale the rise and leave its times alone.

    .venv/bin/python -m benchmarks.heat_rises            prints the tables of docs/heat.md
    .venv/bin/python -m benchmarks.heat_rises --rows     and every row
    .venv/bin/python -m benchmarks.heat_rises --stores   and what was fitted, by kind of cooler
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.heat_error import under
from planner.arrays import Floats
from planner.hardware.catalog import read_device
from planner.plan.options.coolers import rise_band
from planner.plan.rack.heat import thermal_of_part
from planner.rack.heat.ladder import fan_levels, ladder, step_of
from planner.schema.hardware.device import Device

ROWS = Path(__file__).with_name("published_rises.csv")
SHARES = (0.5, 0.63, 0.8)
"""Of the rise of the run: how soon a part throttles that does so early, as usual, or late."""
NEAR = 1.5
"""Times the published time, the target."""
_LONGEST_S = 300
"""Runs of several loads are compared over five minutes of steady load."""
_CLEAR = 0.08
"""Of the rise: a series that two stores miss by more has no time constant to compare with."""
_LEVELS = (0.15, 0.6, 0.985)
"""Shares of all cores that part idling, one core, a mixed load of all cores and a full one."""
_DIE_SHARES = np.arange(0.0, 0.85, 0.05)
_DIE_TIMES_S = np.array([4.0, 7.0, 10.0, 14.0, 20.0, 28.0])
_SINK_TIMES_S = np.geomspace(40.0, 1500.0, 22)


@dataclass(frozen=True, slots=True)
class Rise:
    """One published series: the times that two stores fitted to it need, and those that are predicted."""

    number: str
    left_out: bool
    publisher: str
    part: Device
    words: str
    known: bool
    length_s: int
    rise_k: float
    misses_k: float
    stores: tuple[float, float, float]
    """The die's share, its time constant and that of the sink."""
    published_s: tuple[float, ...]
    predicted_s: tuple[float, ...]

    @property
    def clear(self) -> bool:
        """Whether two stores follow the series; where not, its share of load is not its power."""
        return self.misses_k <= _CLEAR * self.rise_k

    @property
    def ratios(self) -> tuple[float, ...]:
        """Published over predicted, for each of the shares."""
        return tuple(seen / said for seen, said in zip(self.published_s, self.predicted_s, strict=True))


def read_rises() -> Iterator[Rise]:
    """Every published series with its prediction."""
    with ROWS.open(newline="") as file:
        for raw in csv.DictReader(file):
            yield _rise(raw)


def _rise(raw: dict[str, str]) -> Rise:
    points = np.array([[float(number) for number in point.split(":")] for point in raw["series"].split()])
    stores, misses_k = fitted(points)
    steady = bool(np.all(points[1:, 1] == 1.0))
    length_s = int(points[-1, 0]) if steady else min(_LONGEST_S, int(points[-1, 0]))
    seconds = np.arange(length_s + 1.0)
    share, die_s, sink_s = stores
    published = share * -np.expm1(-seconds / die_s) + (1.0 - share) * -np.expm1(-seconds / sink_s)
    part, known = under(read_device(raw["part"]), raw["cooler"])
    return Rise(
        number=raw["id"],
        left_out=raw["left_out"] == "yes",
        publisher=raw["publisher"],
        part=part,
        words=raw["cooler"],
        known=known,
        length_s=length_s,
        rise_k=float(np.ptp(points[:, 2])),
        misses_k=misses_k,
        stores=stores,
        published_s=times_s(published),
        predicted_s=times_s(_predicted(part, points[-1, 2], length_s)),
    )


def fitted(points: Floats) -> tuple[tuple[float, float, float], float]:
    """The two stores that follow a series best, and by how many kelvins they miss it (root mean square).

    Each level of load has a power of its own, so that the temperature is an offset and a sum of the same
    response to each level, by least squares for every combination of share and times on a grid.
    """
    at_s, seen_c = points[:, 0], points[:, 2]
    levels = np.digitize(points[:, 1], _LEVELS)
    loads = [np.asarray(levels == level, dtype=np.float64) for level in sorted({*levels} - {levels[0]})]
    times = (*_DIE_TIMES_S, *_SINK_TIMES_S)
    followed = {
        time_s: np.column_stack([_followed(at_s, load, time_s) for load in loads]) for time_s in times
    }
    ones = np.ones((len(at_s), 1))
    best, found = np.inf, (0.0, 1.0, 1.0)
    for share, die_s, sink_s in itertools.product(_DIE_SHARES, _DIE_TIMES_S, _SINK_TIMES_S):
        design = np.hstack([ones, share * followed[die_s] + (1.0 - share) * followed[sink_s]])
        scales, *_ = np.linalg.lstsq(design, seen_c, rcond=None)
        error = float(np.sqrt(np.mean((design @ scales - seen_c) ** 2)))
        if error < best and scales[-1] > 0.0:
            best, found = error, (float(share), float(die_s), float(sink_s))
    return found, best


def _followed(at_s: Floats, load: Floats, time_s: float) -> Floats:
    """A store of one time constant, settled at the first load; a load holds from the sample before it."""
    level, values = load[0], [load[0]]
    for wait_s, now in zip(np.diff(at_s), load[1:], strict=True):
        level = now + (level - now) * np.exp(-wait_s / time_s)
        values.append(level)
    return np.array(values)


def times_s(curve: Floats) -> tuple[float, ...]:
    """Seconds until a curve sampled each second has made the shares of its rise over the run."""
    shares = curve / curve[-1]
    return tuple(max(1.0, float(np.interp(share, shares, np.arange(len(curve))))) for share in SHARES)


def _predicted(part: Device, end_c: float, length_s: int) -> Floats:
    """The die each second under constant power, the fan at the speed that it has at the end."""
    thermal = thermal_of_part(part)
    trips = thermal.fan.trips_c if thermal.fan else ()
    level = min(sum(end_c >= trip for trip in trips), fan_levels(thermal) - 1)
    step = step_of(ladder(thermal, level), 1.0)
    rise = np.zeros(len(step.warming_k_per_w))
    values = [0.0]
    for _ in range(length_s):
        rise = step.decay @ rise + step.warming_k_per_w
        values.append(float(rise[0]))
    return np.array(values)


def lines(rises: Sequence[Rise]) -> Iterator[str]:
    """A table of how many are near and how many are in the band, by share of the rise."""
    yield "| rows | share of the rise | n | within 1.5 times | within the band | published over predicted |"
    yield "|---|---|---|---|---|---|"
    groups = {
        "cooler known": [rise for rise in rises if rise.known],
        "cooler not known": [rise for rise in rises if not rise.known],
        "all": list(rises),
    }
    for name, group in groups.items():
        for place, share in enumerate(SHARES):
            ratios = [rise.ratios[place] for rise in group]
            near = sum(1 / NEAR <= ratio <= NEAR for ratio in ratios)
            bands = [rise_band(rise.part.thermal) for rise in group]
            inside = sum(low <= ratio <= high for ratio, (low, high) in zip(ratios, bands, strict=True))
            low, middle, high = np.quantile(ratios, (0.1, 0.5, 0.9))
            yield (
                f"| {name} | {share:.0%} | {len(group)} | {near} | {inside} "
                f"| {middle:.2f}, 80 % in {low:.2f} to {high:.2f} |"
            )


def _row(rise: Rise) -> str:
    share, die_s, sink_s = rise.stores
    times = " ".join(
        f"{seen:.0f}/{said:.0f}" for seen, said in zip(rise.published_s, rise.predicted_s, strict=True)
    )
    return (
        f"  {rise.number:4} {rise.part.id:22} {rise.words[:32]:32} {rise.part.thermal.in_use.kind:14} "
        f"{'known' if rise.known else '-':5} {rise.length_s:4} s "
        f"fitted {share:.2f} {die_s:.0f} s {sink_s:.0f} s "
        f"misses {rise.misses_k:.1f} K; published/predicted s {times}"
    )


def store_lines(rises: Sequence[Rise]) -> Iterator[str]:
    """The medians of what was fitted, by the kind of the cooler where it is known."""
    kinds = sorted({rise.part.thermal.in_use.kind for rise in rises if rise.known})
    for kind in kinds:
        group = [rise.stores for rise in rises if rise.known and rise.part.thermal.in_use.kind == kind]
        share, die_s, sink_s = np.median(np.array(group), axis=0)
        yield f"{kind:15} {len(group):3} die {share:.2f} in {die_s:.0f} s, sink {sink_s:.0f} s"


def main() -> None:
    """Print both halves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--stores", action="store_true")
    arguments = parser.parse_args()
    read = list(read_rises())
    rises = [rise for rise in read if rise.clear]
    print(f"{len(read)} series, {len(rises)} of them followed by two stores within {_CLEAR:.0%} of the rise")
    for name, left_out in (("left out", True), ("seen", False)):
        half = [rise for rise in rises if rise.left_out is left_out]
        print(f"{name}: {len(half)} series of {len({rise.publisher for rise in half})} sources")
        print("\n".join(lines(half)))
        for line in store_lines(half) if arguments.stores else ():
            print(line)
        for rise in half if arguments.rows else ():
            print(_row(rise))


if __name__ == "__main__":
    main()
