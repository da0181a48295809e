"""A cooler from a log: known stores are found again from synthetic logs with noise, and bad logs refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planner import api
from planner.engines.imports.heat_log import read_heat_log
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import read_device
from planner.plan.options.coolers import cooled, resistance_band
from planner.rack.description.heat_path import HeatNode
from planner.rack.heat.fit_cooler import fan_levels_of, fit_cooler, fit_leakage
from planner.rack.heat.ladder import step_of
from planner.schema.reading.yaml_file import parse_document, validate
from planner.schema.scenario.cooler import OwnCooler

DIE, SINK, AMBIENT_C = HeatNode(18.0, 0.8), HeatNode(120.0, 1.6), 24.0


def log(samples=1500, step_s=1.0, seed=5, speeds=None, noise_k=0.3):
    """A device that idles at 5 W and works at 20 W in turns, settled at first, read with noise."""
    random = np.random.default_rng(seed)
    times = step_s * np.arange(samples)
    power = np.where((times // 400) % 2 == 0, 5.0, 20.0) + random.normal(0.0, 0.3, samples)
    speeds = np.ones(samples) if speeds is None else speeds
    rise = 5.0 * np.array([2.4, 1.6 / speeds[0] ** 0.8])
    dies = np.empty(samples)
    steps = {}
    for number in range(samples):
        dies[number] = AMBIENT_C + rise[0]
        speed = float(speeds[number])
        if speed not in steps:
            steps[speed] = step_of((DIE, HeatNode(120.0, 1.6 / speed**0.8)), step_s)
        rise = steps[speed].decay @ rise + steps[speed].warming_k_per_w * power[number]
    return times, power, dies + random.normal(0.0, noise_k, samples)


def write(path: Path, **columns) -> Path:
    names = list(columns)
    rows = zip(*columns.values(), strict=True)
    path.write_text("\n".join([",".join(names), *(",".join(f"{v:.4f}" for v in row) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("step_s", [0.5, 2.0])
def test_known_stores_are_found_again(step_s):
    samples = int(1800 / step_s)
    found = fit_cooler(*log(samples, step_s), AMBIENT_C)
    assert found.resistance_k_per_w.value == pytest.approx(2.4, rel=0.02)
    assert found.die_time_s.value == pytest.approx(18.0 * 0.8, rel=0.1)
    assert found.sink_time_s.value == pytest.approx(120.0 * 1.6, rel=0.03)
    assert found.rmse_k < 0.35


def test_intervals_hold_what_is_true_as_often_as_they_say():
    """Twenty logs with other noise: 90 % intervals hold 15 times or more in 99 % of trials."""
    held = 0
    for seed in range(20):
        found = fit_cooler(*log(600, 2.0, seed), AMBIENT_C).resistance_k_per_w
        held += found.low <= 2.4 <= found.high
    assert held >= 15


def test_a_fan_is_told_from_the_sink():
    speeds = np.where((np.arange(1500) // 300) % 2 == 0, 0.4, 1.0)
    times, power, dies = log(speeds=speeds)
    found = fit_cooler(times, power, dies, AMBIENT_C, speeds.tolist())
    assert found.fan_seen
    assert found.resistance_k_per_w.value == pytest.approx(2.4, rel=0.03)
    blind = fit_cooler(times, power, dies, AMBIENT_C)
    assert blind.rmse_k > 2 * found.rmse_k


def test_trips_of_a_fan_are_where_it_turned_faster():
    dies = [40.0, 45.0, 50.5, 55.0, 60.0, 66.0, 70.0, 62.0, 49.0, 44.0, 51.5, 58.0]
    speed = [0.3, 0.3, 0.6, 0.6, 0.6, 1.0, 1.0, 1.0, 0.3, 0.3, 0.6, 0.6]
    found = fan_levels_of(dies, speed)
    assert found is not None
    assert found.speeds == (0.3, 0.6, 1.0)
    # 45.0 and 44.0 are the last temperatures before the first rise, 60.0 before the second.
    assert found.trips_c == (44.5, 60.0)


def test_leakage_is_the_slope_at_one_load():
    random = np.random.default_rng(1)
    dies = np.linspace(40.0, 80.0, 200)
    power = 10.0 + 0.05 * (dies - 60.0) + random.normal(0.0, 0.05, 200)
    found = fit_leakage(power, dies, [1.0] * 200)
    assert found is not None
    assert found.low <= 0.05 <= found.high
    assert found.value == pytest.approx(0.05, rel=0.1)
    assert fit_leakage(power, np.full(200, 60.0), [1.0] * 200) is None
    assert fit_leakage(power, dies, []) is None


def test_a_csv_log_becomes_a_cooler_that_a_scenario_can_state(tmp_path):
    times, power, dies = log()
    path = write(tmp_path / "soak.csv", time_s=times, power_w=power, temperature_c=dies)
    fit = api.import_heat("csv", path, ambient_c=AMBIENT_C)
    text = fit.scenario_text.partition("cooler:\n")[2].replace("\n  ", "\n").removeprefix("  ")
    asked = validate(parse_document(text, "cooler.yaml"), OwnCooler)
    part = cooled(read_device("jetson-orin-nano-8"), asked)
    band = resistance_band(part.thermal)
    assert band.mid_k_per_w == pytest.approx(2.4, rel=0.02)
    assert band.status.value == "measured"
    assert part.thermal.stores[0].heat_capacity_j_per_k.value == pytest.approx(18.0, rel=0.1)


def test_lines_of_tegrastats_are_read_by_their_own_clock(tmp_path):
    times, power, dies = log(300, 2.0)
    lines = [
        f"11-15-2024 08:{int(t) // 60:02d}:{int(t) % 60:02d} RAM 2000/7620MB (lfb 1x4MB) CPU [1%@729] "
        f"GR3D_FREQ 99%@[621] cpu@{die - 1:.3f}C tj@{die:.3f}C VDD_IN {1e3 * watts:.0f}mW/9000mW"
        for t, watts, die in zip(times, power, dies, strict=True)
    ]
    path = tmp_path / "tegrastats.log"
    path.write_text("\n".join(lines) + "\n")
    found = read_heat_log("tegrastats", path)
    assert found.time_s[:3] == (0.0, 2.0, 4.0)
    assert found.load == (0.99,) * 300
    assert found.temperature_c == pytest.approx(dies, abs=1e-3)
    fit = api.import_heat("tegrastats", path, ambient_c=AMBIENT_C)
    assert fit.cooler.resistance_k_per_w.low < 2.4 < fit.cooler.resistance_k_per_w.high


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"power_w": range(40), "temperature_c": range(40)}, "a column time"),
        ({"time": range(40), "temperature_c": range(40)}, "a column power"),
        ({"time": range(40), "power": range(40)}, "a column temperature"),
        ({"time": range(9), "power": range(9), "temperature": range(9)}, "30 samples or more"),
        ({"time": [0] * 40, "power": range(40), "temperature": range(40)}, "times that rise"),
        ({"time": range(40), "power": range(40), "temperature": [float("nan")] * 40}, "a number under"),
        ({"time": range(40), "power": [0] * 40, "temperature": range(40)}, "watts above 0"),
        ({"time": range(40), "power": [5] * 40, "temperature": [3] * 40}, "above the ambient"),
    ],
)
def test_a_log_that_does_not_do_is_refused_in_one_sentence(tmp_path, columns, said):
    path = write(tmp_path / "log.csv", **columns)
    with pytest.raises((InputError, ValueError)) as refused:
        api.import_heat("csv", path, ambient_c=20.0)
    assert said in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_the_air_has_to_be_known(tmp_path):
    times, power, dies = log(100)
    path = write(tmp_path / "log.csv", time=times, power=power, temperature=dies)
    with pytest.raises(InputError, match="--ambient 24degC"):
        api.import_heat("csv", path)
    with_air = write(
        tmp_path / "air.csv", time=times, power=power, temperature=dies, ambient=np.full(100, AMBIENT_C)
    )
    assert api.import_heat("csv", with_air).ambient_c == AMBIENT_C
    with pytest.raises(UnknownIdError):
        api.import_heat("trtexec", path, ambient_c=20.0)


def test_what_a_log_does_not_show_is_said():
    times, power, dies = log(60)
    short = fit_cooler(times, power, dies, AMBIENT_C)
    assert "short" in short.remarks
    steady = fit_cooler(times, np.full(60, 5.0), dies, AMBIENT_C)
    assert "flat" in steady.remarks
    wide, narrow = (fit.resistance_k_per_w for fit in (short, fit_cooler(*log(), AMBIENT_C)))
    assert wide.high / wide.low > narrow.high / narrow.low


def test_a_log_that_ends_while_it_rises_has_a_real_sink_and_says_how_little_it_knows(tmp_path: Path) -> None:
    """A hundred seconds of a sink of 192 s: without an end any resistance fits, so the interval is wide, the
    middle is that of a usual sink, and the cooler counts as assumed."""
    times = np.arange(130.0)
    power = np.where(times < 30.0, 5.0, 20.0)
    step = step_of((DIE, SINK), 1.0)
    rise, dies = 5.0 * np.array([2.4, 1.6]), []
    for watts in power:
        dies.append(AMBIENT_C + rise[0])
        rise = step.decay @ rise + step.warming_k_per_w * watts
    noisy = np.array(dies) + np.random.default_rng(3).normal(0.0, 0.4, 130)
    found = fit_cooler(times, power, noisy, AMBIENT_C)
    whole = found.resistance_k_per_w
    assert whole.low < 2.4 < whole.high
    assert 1.2 < whole.value < 4.8
    assert "short" in found.remarks
    fit = api.import_heat(
        "csv", write(tmp_path / "log.csv", time=times, power=power, temperature=noisy), ambient_c=AMBIENT_C
    )
    assert "status: assumed" in fit.scenario_text
