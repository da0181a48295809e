"""Devices one behind another in a tray: by hand, in both engines, and in a plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.scenario.file import read_scenario
from planner.plan.sizing.margins import simulated_warmest
from planner.rack.description.device import Thermal
from planner.rack.description.rack import Air, Batching, Rack, RackDevice, Service, StreamGroup
from planner.rack.heat.air import inlets_c, warming_matrix_k_per_w
from planner.rack.heat.epoch import settled_at
from planner.rack.simulation import simulate

AIR = Air(25.0, 0.02, in_row=3)
SERVICE = Service("net", (0.05,), clocked_share=1.0, busy_w=8.0)
THERMAL = Thermal(
    resistance_k_per_w=2.0, heat_capacity_j_per_k=30.0, throttle_c=95.0, hysteresis_k=5.0, shutdown_c=105.0,
    throttled_clock=0.5,
)  # fmt: skip


def rack(air: Air, count: int = 6) -> Rack:
    return Rack(
        device=RackDevice("part", 4.0, (SERVICE,), THERMAL),
        count=count,
        streams=(StreamGroup("cameras", 60, 1.0, "net", slo_s=1.0),),
        batching=Batching(1),
        dispatch="round_robin",
        fan_w=0.0,
        air=air,
        duration_s=120.0,
        warmup_s=60.0,
        replications=2,
        seed=4,
    )


def test_each_breathes_what_those_before_it_warmed():
    """Six devices in two streams of 0.01 m3/s, 12.11 W/K each: 10 W warm the next by 0.826 K."""
    rise_k = 10.0 / (1.204 * 1006.0 * 0.02 * 3 / 6)
    found = inlets_c(AIR, np.full(6, 10.0)) - 25.0
    assert rise_k == pytest.approx(0.826, abs=0.001)
    assert found == pytest.approx([0.0, rise_k, 2 * rise_k] * 2)


def test_one_in_a_row_is_the_plain_rack():
    heats_w = np.array([3.0, 9.0, 4.0, 7.0])
    plain = Air(25.0, 0.02, recirculation=0.2)
    apart = replace(plain, in_row=4)
    assert plain.alike
    assert inlets_c(apart, heats_w)[0] == pytest.approx(inlets_c(plain, heats_w)[0])
    assert np.allclose(warming_matrix_k_per_w(replace(plain, in_row=4), 4)[:, 3], 0.2 / (1.204 * 1006 * 0.02))


def test_the_last_device_settles_by_the_heat_of_the_others():
    found = settled_at(rack(AIR), 1.0)
    powers_w = (found - inlets_c(AIR, np.full(6, (found[0] - 25.0) / 2.0))) / 2.0
    assert powers_w == pytest.approx(np.full(6, powers_w[0]), abs=0.01)
    assert found[2] - found[0] == pytest.approx(2 * powers_w[0] / (1.204 * 1006.0 * 0.01), abs=0.01)


@pytest.mark.parametrize("recirculation", [0.0, 0.3])
def test_both_engines_agree_bit_by_bit_and_close_the_energy(recirculation):
    hot = rack(replace(AIR, recirculation=recirculation))
    fast, slow = (simulate(hot, engine=engine) for engine in ("compiled", "simpy"))
    assert fast.series.temperature_max_c == slow.series.temperature_max_c
    assert fast.series.inlet_c == slow.series.inlet_c
    assert max(fast.invariants["first_law"], fast.invariants["energy"]) < 1e-9
    even = simulate(replace(hot, air=replace(hot.air, in_row=1)), engine="compiled")
    # Half busy, each draws 4 + 0.5 x 8 = 8 W; a stream is half of what passes the devices.
    stream_w_per_k = 1.204 * 1006.0 * 0.02 / (1.0 - recirculation) * 3 / 6
    warmer_k = fast.devices.temperature_c.max - even.devices.temperature_c.max
    assert warmer_k == pytest.approx(2 * 8.0 / stream_w_per_k, abs=0.02)


def test_a_run_is_judged_by_its_warmest_inlet_and_by_where_it_would_settle():
    """8 W each: the last of three in a stream of 12.1 W/K breathes 0.66 K more than the mean."""
    cool = rack(AIR)
    found = simulated_warmest(cool, simulate(cool), closed_c=99.0)
    assert found.settled_c == found.die_c
    assert found.inlet_c == pytest.approx(25.0 + 2 * 8.0 / (1.204 * 1006.0 * 0.01), abs=0.1)
    hot = replace(cool, device=replace(cool.device, thermal=replace(THERMAL, throttle_c=38.0)))
    throttled = simulated_warmest(hot, simulate(hot), closed_c=99.0)
    assert throttled.die_c < 45.0
    assert throttled.settled_c == 99.0, "the governor kept it cool"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("board: {slots: 1,", "board: {slots: 2, in_row: 3,"), "in_row of at most the 2 slots"),
        (("board: {slots: 1,", "board: {slots: 2, in_row: 0,"), "greater than or equal to 1"),
        (
            ("sealed: {loss: 9 W/K,", "sealed: {loss: 9 W/K, heat_capacity: 40 kJ/K,"),
            "one device `in_row` beside it",
        ),
    ],
)
def test_rows_that_cannot_be_are_refused(tmp_path, edit, said):
    text = (scenarios_dir() / "traffic-cabinet.yaml").read_text()
    text = text.replace("module: {slots: 1,", "module: {slots: 2, in_row: 2,").replace(*edit)
    path = tmp_path / "cabinet.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_scenario(path)
    assert said in str(refused.value)
