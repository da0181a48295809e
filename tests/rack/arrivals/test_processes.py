"""Arrival processes against the statistics that define them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from planner.errors import InputError
from planner.rack.arrivals import processes
from planner.rack.arrivals.merged import draw_arrivals
from planner.rack.description.streams import Bursts, DayProfile, DropOuts, StreamGroup


@pytest.fixture
def times_s(make_rack):
    """All request times of one group over a duration."""

    def draw(duration_s: float, **group: object) -> np.ndarray:
        streams = (StreamGroup("source", **{"sources": 1, "network": "net", "slo_s": 0.1, **group}),)
        return draw_arrivals(make_rack(streams=streams, duration_s=duration_s), 0).time_s

    return draw


@pytest.mark.parametrize("gap_cv", [0.3, 1.0, 3.0])
def test_gamma_gaps_have_their_mean_and_variation(times_s, gap_cv):
    time_s = times_s(2000.0, rate_per_s=20.0, arrivals="gamma", gap_cv=gap_cv)
    gaps_s = np.diff(time_s)
    assert gaps_s.mean() == pytest.approx(0.05, abs=4 * 0.05 * gap_cv / np.sqrt(gaps_s.size))
    assert gaps_s.std() / gaps_s.mean() == pytest.approx(gap_cv, rel=0.1)


def test_gamma_sources_do_not_start_in_step(times_s):
    """The first second holds as many requests as any other, also of very bunched sources."""
    time_s = times_s(10.0, rate_per_s=5.0, arrivals="gamma", gap_cv=3.0, sources=2000)
    counts = np.bincount(time_s.astype(int), minlength=10)
    assert counts[0] == pytest.approx(counts.mean(), rel=0.1)


def test_mmpp_counts_spread_as_the_theory_says(times_s):
    """Index of dispersion of a two-state MMPP over long intervals (Fischer and Meier-Hellstern 1993, eq. 17):
    1 + 2 s1 s2 (l1 - l2)^2 / ((s1 + s2)^2 (l1 s2 + l2 s1)).
    """
    time_s = times_s(40_000.0, rate_per_s=20.0, arrivals="mmpp", bursts=Bursts(0.8, 0.2, 6.0))
    assert time_s.size / 40_000 == pytest.approx(20.0, rel=0.02)
    leave_calm, leave_burst, calm_per_s, burst_per_s = 1 / 0.8, 1 / 0.2, 10.0, 60.0
    spread = 2 * leave_calm * leave_burst * (calm_per_s - burst_per_s) ** 2
    spread /= (leave_calm + leave_burst) ** 2 * (calm_per_s * leave_burst + burst_per_s * leave_calm)
    counts = np.bincount((time_s / 20).astype(int), minlength=2000)
    assert counts.var() / counts.mean() == pytest.approx(1 + spread, rel=0.15)


@pytest.mark.parametrize("arrivals", ["periodic", "poisson"])
def test_a_profile_paces_the_rate(times_s, arrivals):
    profile = DayProfile((1.0, 0.5, 0.0, 2.0), period_s=40.0, start_s=10.0)
    time_s = times_s(400.0, rate_per_s=30.0, arrivals=arrivals, profile=profile, sources=20)
    counts = np.bincount((time_s / 10).astype(int), minlength=40).reshape(10, 4).mean(axis=0)
    assert counts == pytest.approx(600 * 10 * np.array([0.5, 0.0, 2.0, 1.0]), rel=0.02, abs=1)


def test_a_profile_of_ones_changes_nothing(times_s):
    group = {"rate_per_s": 30.0, "arrivals": "poisson"}
    plain, paced = times_s(60.0, **group), times_s(60.0, profile=DayProfile((1.0, 1.0), 20.0), **group)
    assert paced == pytest.approx(plain, abs=1e-9)


def test_drop_outs_silence_their_share_and_nothing_else(times_s):
    group = {"rate_per_s": 10.0, "sources": 200}
    whole, gappy = times_s(200.0, **group), times_s(200.0, drop_outs=DropOuts(3.0, 1.0), **group)
    assert set(gappy) < set(whole)
    assert gappy.size / whole.size == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize("name", ["trace.csv", "trace.parquet"])
def test_a_trace_is_replayed_as_it_is(times_s, tmp_path, name):
    time_s = np.round(np.cumsum(np.random.default_rng(1).exponential(0.001, 100_000)), 3)
    file, frame = tmp_path / name, pd.DataFrame({"frame": 1, "time_s": time_s})
    if name.endswith("csv"):
        frame.to_csv(file, index=False)
    else:
        pytest.importorskip("pyarrow")
        frame.to_parquet(file)
    drawn = times_s(80.0, rate_per_s=1000.0, arrivals="trace", trace=str(file))
    assert drawn.tolist() == time_s[time_s < 80.0].tolist()


@pytest.mark.parametrize("column", [pd.to_datetime([1, 2, 3], unit="s"), ["a", "b", "c"], [1.0, None, 3.0]])
def test_a_parquet_trace_of_anything_but_seconds_is_refused(times_s, tmp_path, column):
    pytest.importorskip("pyarrow")
    file = tmp_path / "trace.parquet"
    pd.DataFrame({"time_s": column}).to_parquet(file)
    with pytest.raises(InputError, match="row 2" if None in column else "a column time_s of numbers"):
        times_s(10.0, rate_per_s=1.0, arrivals="trace", trace=str(file))


def test_a_long_trace_is_never_whole_in_memory(times_s, tmp_path, monkeypatch):
    """Two million rows, of which the run asks for a tenth: no more than that, and a block, is read."""
    pytest.importorskip("pyarrow")
    file = tmp_path / "trace.parquet"
    pd.DataFrame({"time_s": np.arange(2_000_000) * 1e-3}).to_parquet(file, row_group_size=50_000)
    read = []
    true_blocks = processes.trace_blocks
    monkeypatch.setattr(
        processes, "trace_blocks", lambda path: (read.append(b.size) or b for b in true_blocks(path))
    )
    assert times_s(200.0, rate_per_s=1000.0, arrivals="trace", trace=str(file)).size == 200_000
    assert sum(read) <= 200_000 + 65536


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s\n1\n3\n2\n", r"row 3: expected a time at or after the row before it, 3 s.*got 2"),
        ("time_s\n-1\n", "row 1"),
        ("time_s\n1\nsoon\n", "a column time_s of numbers"),
        ("time_s\n1\nnan\n", "row 2"),
        ("t\n1\n", "a column time_s"),
        ("time_s\n", "at least one time, got none"),
        (None, "no such file"),
    ],
)
def test_a_trace_that_cannot_be_replayed_is_refused(times_s, tmp_path, text, message):
    file = tmp_path / "trace.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=message):
        times_s(10.0, rate_per_s=1.0, arrivals="trace", trace=str(file))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"gap_cv": 2.0}, "gap_cv"),
        ({"arrivals": "gamma"}, "gap_cv"),
        ({"arrivals": "mmpp"}, "bursts"),
        ({"arrivals": "trace"}, "trace"),
        ({"arrivals": "trace", "trace": "a.csv", "sources": 2}, "sources"),
        ({"overflow": "explode"}, "overflow"),
    ],
)
def test_processes_without_what_they_need_are_refused(changes, where):
    with pytest.raises(InputError, match=where):
        StreamGroup("a", **{"sources": 1, "rate_per_s": 10.0, "network": "net", "slo_s": 0.1, **changes})
    for make in (lambda: Bursts(1.0, 0.0, 2.0), lambda: DayProfile((0.0, 0.0)), lambda: DropOuts(-1.0, 1.0)):
        with pytest.raises(InputError):
            make()
