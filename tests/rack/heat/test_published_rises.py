"""The comparison of predicted rise times with published series: its fit, its times, its halves."""

import csv

import numpy as np
import pytest

from benchmarks.heat_rises import ROWS, fitted, times_s


def test_the_stores_of_a_step_are_found() -> None:
    """Twenty kelvins of which 40 % have 7 s and the rest 225 s, from a settled 30 degC."""
    at_s = np.arange(0.0, 300.0, 5.0)
    rise = 0.4 * -np.expm1(-at_s / 7.0) + 0.6 * -np.expm1(-at_s / 225.0)
    points = np.column_stack([at_s, np.where(at_s > 0.0, 1.0, 0.0), 30.0 + 20.0 * rise])
    (share, die_s, sink_s), misses_k = fitted(points)
    assert (share, die_s) == (pytest.approx(0.4), 7.0)
    assert sink_s == pytest.approx(225.0, rel=0.1)
    assert misses_k < 0.05


def test_each_level_of_load_has_a_power_of_its_own() -> None:
    """One core draws a third of what four draw, not a quarter: the times are found all the same."""
    at_s = np.arange(0.0, 600.0, 10.0)
    load = np.where(at_s == 0.0, 0.0, np.where(at_s <= 300.0, 0.25, 1.0))
    first = -np.expm1(-at_s / 97.0)
    second = np.where(at_s > 300.0, -np.expm1(-(at_s - 300.0) / 97.0), 0.0)
    points = np.column_stack([at_s, load, 35.0 + 10.0 * first + 20.0 * second])
    (share, _, sink_s), misses_k = fitted(points)
    assert sink_s * (1.0 - share) == pytest.approx(97.0, rel=0.15)
    assert misses_k < 0.2


def test_times_are_those_of_the_run() -> None:
    """A ramp makes 50, 63 and 80 % of its rise at these shares of its length, however high it ends."""
    assert times_s(np.linspace(0.0, 3.0, 101)) == pytest.approx((50.0, 63.0, 80.0))


def test_a_source_is_on_one_side_alone() -> None:
    with ROWS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    sides: dict[str, set[str]] = {}
    for row in rows:
        sides.setdefault(row["publisher"], set()).add(row["left_out"])
    assert all(len(side) == 1 for side in sides.values())
    assert len({row["id"] for row in rows}) == len(rows) >= 25
    assert sum(side == {"yes"} for side in sides.values()) >= 10
