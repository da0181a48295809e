"""The log of devices over time: what is in it, that it costs no memory, and what an interruption leaves."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from planner.cli.main import INTERRUPTED, OK, REFUSED, run
from planner.rack.compiled import engine as compiled_engine
from planner.rack.description.life import Life, Outage
from planner.rack.description.streams import StreamGroup
from planner.rack.reference import engine as simpy_engine
from planner.rack.run.device_log import COLUMNS, device_log, partial_path
from planner.rack.simulation import log_replication


@pytest.fixture
def hurt(make_rack):
    """Two devices, the lower of which is lost from 4 to 8 s."""
    return make_rack(life=Life(outages=(Outage(4.0, 4.0),)), warmup_s=0.0)


def test_it_says_what_the_records_say(hurt, tmp_path):
    file = tmp_path / "log.csv"
    log_replication(hurt, file, engine="simpy")
    log, epochs = pd.read_csv(file), simpy_engine.run_replication(hurt, 0).epochs
    assert tuple(log.columns) == COLUMNS
    assert log.time_s.tolist() == np.repeat(epochs.end_s, 2).tolist()
    assert log.device.tolist() == [0, 1] * 12
    for column, values in (
        ("junction_c", epochs.temperature_c),
        ("inlet_c", epochs.inlet_c),
        ("power_w", epochs.power_w),
        ("clock", epochs.clock),
        ("busy_share", epochs.busy_share),
        ("queue", epochs.queued),
    ):
        assert log[column].to_numpy() == pytest.approx(values.ravel(), abs=5e-4), column
    lower = log[log.device == 0]
    assert lower.state.tolist() == ["full"] * 4 + ["off"] * 4 + ["full"] * 4
    assert not lower.power_w[lower.state == "off"].any()


def test_both_engines_and_both_formats_write_the_same(hurt, tmp_path):
    for engine in ("compiled", "simpy"):
        for suffix in ("csv", "parquet"):
            log_replication(hurt, tmp_path / f"{engine}.{suffix}", engine=engine)
    assert (tmp_path / "compiled.csv").read_bytes() == (tmp_path / "simpy.csv").read_bytes()
    assert (tmp_path / "compiled.parquet").read_bytes() == (tmp_path / "simpy.parquet").read_bytes()
    parquet, text = pd.read_parquet(tmp_path / "simpy.parquet"), pd.read_csv(tmp_path / "simpy.csv")
    pd.testing.assert_frame_equal(parquet, text, check_dtype=False)


def test_throttling_and_waiting_are_seen(make_rack, tmp_path):
    """From cold a trip of 40 C is soon reached, and half the clock cannot carry the load."""
    rack = make_rack(service_s=0.02, duration_s=60.0, initial="cold")
    hot = replace(rack.device.thermal, throttle_c=40.0, hysteresis_k=2.0)
    log_replication(replace(rack, device=replace(rack.device, thermal=hot)), tmp_path / "log.csv")
    log = pd.read_csv(tmp_path / "log.csv")
    assert set(log.state) == {"full", "throttled"}
    assert set(log.clock[log.state == "throttled"]) == {0.5}
    assert log.queue.max() > 0


def test_memory_does_not_grow_with_simulated_time(make_rack, tmp_path):
    """Three times the time, no more than a tenth more memory."""
    camera = StreamGroup("camera", 1, 1.0, "net", 0.1)

    def peak_bytes(duration_s: float) -> int:
        rack = make_rack(count=64, streams=(camera,), duration_s=duration_s)
        compiled_engine.run_replication(rack, 0)
        tracemalloc.start()
        log_replication(rack, tmp_path / "log.parquet")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    short, long = peak_bytes(1_500.0), peak_bytes(4_500.0)
    assert long < 1.1 * short


def test_some_epochs_only(make_rack, tmp_path):
    log_replication(make_rack(), tmp_path / "log.csv", every=5)
    assert pd.read_csv(tmp_path / "log.csv").time_s.tolist() == [5.0, 5.0, 10.0, 10.0]


def test_an_interruption_leaves_what_is_finished_under_another_name(make_rack, tmp_path):
    file = tmp_path / "log.csv"
    rows = []
    compiled_engine.run_replication(make_rack(), 0, rows.append)
    with pytest.raises(KeyboardInterrupt):
        _stopped(file, rows[:3])
    assert not file.exists()
    assert len(pd.read_csv(partial_path(file))) == 6


def _stopped(file, rows):
    with device_log(file) as told:
        for row in rows:
            told(row)
        raise KeyboardInterrupt


def test_the_command_writes_it(tmp_path, capsys, monkeypatch):
    file = tmp_path / "log.csv"
    asked = ["simulate", "theory-md1", "--replications", "2", "-o", str(tmp_path / "a.json"), "--log"]
    assert run([*asked, str(file), "--log-every", "10"]) == OK
    assert f"wrote {file}" in capsys.readouterr().err
    assert set(pd.read_csv(file).device) == {0}
    assert run([*asked, str(tmp_path / "log.txt")]) == REFUSED
    assert ".csv or .parquet" in capsys.readouterr().err

    def stopped(*_arguments, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("planner.rack.simulation.log_replication", stopped)
    assert run([*asked, str(file)]) == INTERRUPTED
    assert "log.partial.csv" in capsys.readouterr().err
