"""What a few published networks of a unit tell of the others, where its engine has no fitted model.

Every NPU of the published rows is taken for one without a model in its turn: its roofline is moved by one,
two or three of its own networks, of different families, and the others are compared with that. Run it anew
when rows come: `python -m benchmarks.seen_units` writes `hardware_db/transfers/seen.yaml`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from planner.calibration.transfer.join import join
from planner.calibration.transfer.observations import observations
from planner.calibration.transfer.roofline_effects import roofline_rows
from planner.calibration.transfer.validate import next_group, weighted_quantile
from planner.data_files import database_dir
from planner.files import write_bytes
from planner.schema.hardware.device import UnitKind

LEVEL = 0.9
KIND: UnitKind = "npu"
MOST = 3
"""Networks that a part's sources quote; more were not seen to narrow."""
MOST_CHOICES = 60

Families = Mapping[str, Sequence[float]]


def main() -> None:
    """Measure, print and write."""
    units = families_of_units()
    means = {name: _mean(families) for name, families in units.items()}
    between = float(np.std(list(means.values()), ddof=1))
    within = float(
        np.sqrt(np.mean([_variance(families) for families in units.values() if len(families) > 1]))
    )
    lines = []
    for count in range(1, MOST + 1):
        keep = between**2 / (between**2 + within**2 / count)
        low, high, judged = left(units, means, count, keep)
        lines.append(f"  {count}: {{keep: {keep:.3f}, low: {low:.4g}, high: {high:.4g}, units: {judged}}}")
        print(lines[-1])
    text = (
        "# What a few published networks of a unit without a fitted model tell of the others; written by\n"
        "# `python -m benchmarks.seen_units`. keep: weight of their mean over the misses of the kind.\n"
        f"schema: 1\nkind: {KIND}\nlevel: {LEVEL:g}\nbetween: {between:.3f}\nwithin: {within:.3f}\n"
        "networks:\n" + "\n".join(lines) + "\n"
    )
    write_bytes(database_dir() / "transfers" / "seen.yaml", text.encode())


def families_of_units() -> dict[str, dict[str, list[float]]]:
    """Logarithms of published over roofline of each unit, by family of networks; CNNs alone."""
    found, _ = observations(join().matched)
    chosen = [item for item in found if item.point.unit_kind == KIND and item.kind == "cnn"]
    median, rows = roofline_rows(chosen)
    units: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        units[row.group][row.observation.family].append(row.log_error + float(np.log(median)))
    return {name: dict(families) for name, families in units.items()}


def left(
    units: Mapping[str, Families], means: Mapping[str, float], count: int, keep: float
) -> tuple[float, float, int]:
    """Ends of published over predicted, with so many families of a unit known; every unit weighs alike."""
    errors: list[float] = []
    weights: list[float] = []
    judged = 0
    for name, families in units.items():
        if len(families) <= count:
            continue
        prior = float(np.median([mean for other, mean in means.items() if other != name]))
        own: list[float] = []
        for known in list(combinations(sorted(families), count))[:MOST_CHOICES]:
            mean = float(np.mean([np.mean(families[family]) for family in known]))
            middle = prior + keep * (mean - prior)
            others = [logs for family, logs in families.items() if family not in known]
            own += [log - middle for logs in others for log in logs]
        errors += own
        weights += [1.0 / len(own)] * len(own)
        judged += 1
    wider = next_group(judged, LEVEL)
    ends = [
        weighted_quantile(np.array(errors), np.array(weights), (1 + sign * LEVEL) / 2) for sign in (-1, 1)
    ]
    return float(np.exp(wider * ends[0])), float(np.exp(wider * ends[1])), judged


def _mean(families: Families) -> float:
    return float(np.mean([np.mean(logs) for logs in families.values()]))


def _variance(families: Families) -> float:
    return float(np.var([np.mean(logs) for logs in families.values()], ddof=1))


if __name__ == "__main__":
    main()
