"""Two engines, one meaning: the compiled one serves what the reference serves, request for request.

Both draw the same arrivals and step the same heat, so agreement is not statistical: counts, latencies in bins
and every epoch are equal, bit for bit; only sums that are added in another order may differ by rounding.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import planner
from planner.api import read_scenario
from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.density import study
from planner.plan.rack.synthetic import synthetic_rack
from planner.rack.compiled import engine as compiled_engine
from planner.rack.compiled.loop import ENTRIES
from planner.rack.counts.invariants import worst_residuals
from planner.rack.counts.latencies import BIN_WIDTH, in_bins
from planner.rack.counts.tally import RunTally, tally_records
from planner.rack.description.control import Controls
from planner.rack.description.heat_path import ClockCap, DeviceFan, HeatNode, VerticalRecirculation
from planner.rack.description.rack import Rack
from planner.rack.description.streams import StreamGroup
from planner.rack.heat.cabinet import sealed_cabinet
from planner.rack.heat.epoch import HeatState, advance
from planner.rack.reference import engine as simpy_engine
from planner.rack.simulation import simulate


def assert_same(rack: Rack, replication: int = 0) -> tuple[RunTally, RunTally]:
    fast = compiled_engine.run_replication(rack, replication)
    slow = tally_records(rack, simpy_engine.run_replication(rack, replication))
    for one, other in zip(fast.streams, slow.streams, strict=True):
        counts = [(s.served, s.dropped, s.unfinished, s.overdue) for s in (one, other)]
        assert counts[0] == counts[1]
        binned = in_bins(other.latencies.values_s)
        assert one.latencies.counts.tolist() == binned.counts.tolist()
        assert one.latencies.sums_s == pytest.approx(binned.sums_s, rel=1e-9)
    assert (fast.completed, fast.batches, fast.batched) == (slow.completed, slow.batches, slow.batched)
    assert fast.epochs.series.tobytes() == slow.epochs.series.tobytes()
    assert fast.epochs.accounts == slow.epochs.accounts
    assert max(worst_residuals([fast.accounts]).values()) < 1e-9
    return fast, slow


@pytest.mark.parametrize("number", range(25))
def test_random_racks_run_alike(number, random_rack):
    assert_same(random_rack(number))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(25, 225))
def test_two_hundred_more_random_racks_run_alike(number, random_rack):
    assert_same(random_rack(number))


def test_the_random_racks_reach_every_rule(random_rack):
    """What the comparison is worth: throttling, shutdowns, losses and full queues all occur in the sample."""
    runs = [compiled_engine.run_replication(random_rack(number), 0) for number in range(25)]
    racks = [random_rack(number) for number in range(25)]
    assert {rack.dispatch for rack in racks} == {
        "shortest_queue", "round_robin", "central_queue", "power_of_two", "least_energy", "npu_first",
        "pinned",
    }  # fmt: skip
    assert sum(bool(rack.device.beside) for rack in racks) >= 5
    assert sum(bool(rack.device.beside and rack.device.contention) for rack in racks) >= 2
    assert sum(rack.device.host is not None for rack in racks) >= 4
    assert sum(not rack.life.quiet for rack in racks) >= 5
    assert sum(run.epochs.accounts.throttled_s > 0 for run in runs) >= 3
    assert sum(run.epochs.accounts.shutdowns > 0 for run in runs) >= 3
    assert sum(any(stream.dropped for stream in run.streams) for run in runs) >= 5
    assert sum(any(stream.overdue for stream in run.streams) for run in runs) >= 2
    assert sum(bool(rack.shares) for rack in racks) >= 2


def shipped_rack(name: str) -> Rack:
    """The rack that a shipped scenario gives by numbers, deploys or sizes; skips one that has none."""
    source = read_scenario(name)
    if source.scenario.synthetic is not None:
        return synthetic_rack(source.scenario)
    try:
        return study.rack_of(source)[0]
    except InputError as refused:
        pytest.skip(str(refused))


SHIPPED = sorted(file.stem for file in scenarios_dir().glob("*.yaml"))
SIZED_FOR_LONG = "three-hundred-cameras"
"""Its chains are simulated to find its rack; tests/chain/simulation compares both engines on chains."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name == SIZED_FOR_LONG else name for name in SHIPPED],
)
def test_shipped_scenarios_run_alike(name):
    """Some seconds of each: twelve, or less where thousands of frames come in one."""
    rack = shipped_rack(name)
    arriving_per_s = sum(stream.sources * stream.rate_per_s for stream in rack.streams)
    length_s = min(rack.duration_s, 12.0 if arriving_per_s < 1000 else 4.0)
    short = replace(rack, duration_s=length_s, warmup_s=min(rack.warmup_s, 2.0))
    fast, _ = assert_same(short)
    assert sum(stream.served for stream in fast.streams) >= 100


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_run_alike_at_full_length(name):
    assert_same(shipped_rack(name), replication=1)


class Alternating:
    """Closes devices, refuses the first stream, changes clocks and waits, each in epochs of its own."""

    def steer(self, rack, seen, controls, _memory):
        epoch = round(seen.end_s / rack.epoch_s)
        everything = np.ones(rack.installed, dtype=bool)
        return Controls(
            clock=np.where(np.arange(rack.installed) % 3 == epoch % 3, 0.7, 1.0),
            open=np.arange(rack.installed) % 2 == 0 if epoch % 2 else everything & (epoch % 8 != 0),
            admitted=np.arange(len(rack.streams)) >= (epoch % 5 == 0),
            max_wait_s=np.full_like(controls.max_wait_s, 0.01 * (epoch % 4)),
            max_batch=controls.max_batch if epoch % 3 else np.ones_like(controls.max_batch),
        ), None


@pytest.mark.parametrize("number", range(300, 312))
def test_settings_that_change_act_alike(number, random_rack):
    assert_same(replace(random_rack(number), policies=(Alternating(),)))


@pytest.mark.parametrize("number", range(400, 406))
def test_devices_that_go_and_come_back_act_alike(number, monkeypatch, random_rack):
    """Heat that switches devices off and on again by the epoch, whatever their temperature."""

    def flickering(rack, state, dynamic_w):
        heat, after = advance(rack, state, dynamic_w)
        off = np.random.default_rng(int(1e6 * dynamic_w.sum())).random(rack.count) < 0.3
        return heat, HeatState(after.temperature_c, after.throttled, off)

    monkeypatch.setattr("planner.rack.run.epoch_control.advance", flickering)
    assert_same(random_rack(number))


@pytest.mark.parametrize("number", range(500, 506))
def test_ladders_clock_steps_caps_and_fans_act_alike(number, random_rack):
    """Three nodes a device, three clocks, a power cap, own fans and exhaust that rises."""
    rack = random_rack(number)
    plain = rack.device.thermal
    nodes = tuple(
        HeatNode(plain.heat_capacity_j_per_k * share, plain.resistance_k_per_w / 3)
        for share in (0.1, 0.3, 0.6)
    )
    thermal = replace(
        plain,
        nodes=nodes,
        throttled_clock=0.4,
        clock_steps=(0.8, 0.6),
        fan=DeviceFan((40.0, 60.0), (0.4, 0.7, 1.0), 2.0, rated_w=2.0),
        power_cap_w=30.0,
    )
    air = replace(rack.air, recirculation=0.0, vertical=VerticalRecirculation(0.1, 0.2, 0.5))
    fast, _ = assert_same(replace(rack, device=replace(rack.device, thermal=thermal), air=air))
    assert fast.epochs.accounts.own_fan_j > 0


def test_a_cabinet_that_stores_heat_is_the_same_in_both_engines(make_rack):
    """Caps, steps, two stores, a fan and the enclosure behind them, from cold."""
    plain = make_rack().device.thermal
    thermal = replace(
        plain,
        nodes=(HeatNode(5.0, 0.4), HeatNode(45.0, 0.8)),
        throttle_c=50.0,
        clock_steps=(0.9, 0.7),
        caps=(ClockCap(47.0, 0.9), ClockCap(55.0, 0.5)),
        fan=DeviceFan((40.0,), (0.5, 1.0), 2.0, rated_w=1.0),
    )
    air = sealed_cabinet(30.0, 2.0, 20.0, stored_j_per_k=40.0)
    rack = make_rack(air=air, duration_s=60.0, warmup_s=5.0, initial="cold")
    fast, _ = assert_same(replace(rack, device=replace(rack.device, thermal=thermal)))
    assert fast.epochs.accounts.throttled_s > 0


def test_many_more_requests_than_the_rack_began_with_places_for(make_rack):
    """Ten times overloaded without a limit: thousands wait, in both engines the same."""
    rack = make_rack(service_s=0.1, streams=(StreamGroup("cameras", 14, 15.0, "net", 0.1),))
    fast, _ = assert_same(rack)
    assert fast.streams[0].unfinished > 1500


def test_quantiles_differ_by_less_than_a_bin(make_rack):
    rack = make_rack(streams=(StreamGroup("door", 1, 130.0, "net", 0.1, arrivals="poisson"),))
    fast = simulate(rack).streams[0].latency_s
    slow = simulate(rack, engine="simpy").streams[0].latency_s
    for name in ("p50", "p90", "p99"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), rel=BIN_WIDTH)
        assert getattr(fast, name) != getattr(slow, name)
    assert fast.mean == pytest.approx(slow.mean, rel=1e-12)


def test_a_run_in_many_pieces_is_the_run_in_one(make_rack, monkeypatch):
    rack = make_rack(streams=(StreamGroup("door", 3, 130.0, "net", 0.1, arrivals="poisson"),))
    whole = compiled_engine.run_replication(rack, 0)
    monkeypatch.setattr("planner.rack.arrivals.merged._PIECE", 50)
    monkeypatch.setattr("planner.rack.arrivals.merged._PER_SOURCE", 1)
    pieces = compiled_engine.run_replication(rack, 0)
    assert pieces.epochs.series.tobytes() == whole.epochs.series.tobytes()
    assert pieces.streams[0].latencies.counts.tobytes() == whole.streams[0].latencies.counts.tobytes()


def test_machine_code_is_kept(make_rack):
    compiled_engine.run_replication(make_rack(), 0)
    stats = ENTRIES.run_epochs.stats
    assert stats.cache_path
    assert sum(stats.cache_hits.values()) + sum(stats.cache_misses.values()) >= 1


def test_a_package_that_cannot_be_written_still_runs(tmp_path):
    """Installed read-only and without a cache folder, the loop is compiled for the process alone."""
    script = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from planner.rack.compiled.jit import entry\n"
        "assert entry(lambda x: x + 1)(1) == 2\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(planner.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
