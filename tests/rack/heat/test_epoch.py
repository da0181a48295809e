"""One epoch of heat, implicit in its inlets, against the exact step at the inlets that it found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planner.rack.description.heat_path import DeviceFan, HeatNode
from planner.rack.heat.air import exhaust_c
from planner.rack.heat.epoch import HeatState, advance
from planner.rack.heat.ladder import exact_step


@pytest.mark.parametrize("level", [[0, 0, 0], [0, 1, 1]])
def test_an_epoch_is_the_exact_step_at_the_inlets_that_it_found(make_rack, level):
    """Nodes, heat to the air and exhaust agree with one step at the warmed inlets, whatever the fans do."""
    thermal = replace(
        make_rack().device.thermal,
        nodes=(HeatNode(20.0, 0.4), HeatNode(30.0, 0.8)),
        fan=DeviceFan((60.0,), (0.4, 1.0), 3.0, rated_w=2.0),
    )
    rack = make_rack(count=3)
    air = replace(rack.air, recirculation=0.5)
    rack = replace(rack, device=replace(rack.device, thermal=thermal), air=air)
    start_c = np.array([[50.0, 40.0], [70.0, 55.0], [65.0, 50.0]])
    none = np.zeros(3, dtype=np.bool_)
    state = HeatState(start_c[:, 0], none, none, start_c[:, 1:], fan_level=np.array(level, dtype=np.intp))
    heat, after = advance(rack, state, np.array([10.0, 20.0, 5.0]))
    released_w = 0.0
    for device in range(3):
        step = exact_step(thermal, rack.epoch_s, level[device])
        own = slice(device, device + 1)
        end_c = step.nodes_c(start_c[own], heat.inlet_c[own], heat.power_w[own])
        assert after.nodes_c(thermal)[own] == pytest.approx(end_c, abs=1e-10)
        released_w += float(step.released_w(start_c[own], end_c, heat.power_w[own])[0])
    assert heat.exhaust_c == pytest.approx(exhaust_c(air, released_w + rack.fan_w), abs=1e-10)
    warmed = air.supply_c + air.recirculation * (heat.exhaust_c - air.supply_c)
    assert heat.inlet_c == pytest.approx(np.full(3, warmed), abs=1e-10)
