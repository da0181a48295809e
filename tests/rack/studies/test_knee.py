"""Bounds on throughput, their knee, and Little's law on rows that somebody told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError
from planner.rack.studies.knee import ConcurrencyPoint, fit_knee


@given(st.integers(1, 64), st.floats(10, 1e4), st.floats(1, 40))
def test_rows_on_the_two_bounds_give_them_back(threads, per_thread, ratio):
    """Rows min(n x, X) told for one thread and for many: the knee is where the bounds meet."""
    bottleneck = per_thread * ratio
    rows = [ConcurrencyPoint(n, 1, min(n * per_thread, bottleneck), 1.0) for n in (1, threads, 64 * threads)]
    knee = fit_knee(rows)
    assert knee.per_thread_per_s == pytest.approx(per_thread)
    assert knee.at_threads == pytest.approx(ratio)
    for reading, row in zip(knee.readings, rows, strict=True):
        assert reading.bound_per_s >= row.throughput_per_s * (1 - 1e-9)


def test_a_batch_that_cannot_be_full_is_told():
    full, more = fit_knee(
        [ConcurrencyPoint(4, 100, 8200.0, 0.012), ConcurrencyPoint(8, 500, 15600.0, 0.009)]
    ).readings
    assert full.whole_batches
    assert not more.whole_batches
    assert more.in_flight == pytest.approx(140.4)
    assert more.fill_s == pytest.approx(500 / 15600)


def test_one_row_shows_no_knee():
    with pytest.raises(InputError, match="two or more"):
        fit_knee([ConcurrencyPoint(4, 100, 8200.0, 0.012)])
