"""Rail, module, board input and plug: four numbers in order, and no part over its limit at any of them."""

import pytest

from planner.hardware.catalog import read_device, shipped_devices
from planner.latency.estimate import estimate
from planner.latency.point import point_for
from planner.latency.power.activity import Activity
from planner.latency.power.draw import power_draw
from planner.latency.power.supply import board_input_w, module_at_wall_w, wall_w
from planner.zoo.source import read_model

VALUES = {"carrier_w": 1.0, "converter": 1.1}
FULL = Activity(1.0, 1.0)


def test_a_supply_reaches_both_figures_of_the_rules():
    """Rated at 90 W: 88 % in the mean of a quarter, a half, three quarters and all, and 79 % at a tenth."""
    rated_w = 90.0
    efficiency = [load * rated_w / wall_w(load * rated_w, rated_w / 1.5) for load in (0.25, 0.5, 0.75, 1.0)]
    assert sum(efficiency) / 4 == pytest.approx(0.88, abs=0.005)
    assert 9.0 / wall_w(9.0, rated_w / 1.5) == pytest.approx(0.79, abs=0.01)


def test_the_share_that_a_supply_loses_falls_with_the_load():
    shares = [wall_w(load, 60.0) / load for load in (3.0, 10.0, 30.0, 60.0)]
    assert shares == sorted(shares, reverse=True)


def test_a_carrier_draws_something_by_itself():
    assert board_input_w(0.0, VALUES) == 1.0
    assert board_input_w(10.0, VALUES) == pytest.approx(12.0)


def test_the_four_places_of_a_module_are_in_order():
    found = estimate(read_model("zoo:resnet50_v1.5"), read_device("jetson-orin-nano-8")).power_at
    assert found.rail_w.mid < found.module_w.mid < found.board_input_w.mid < found.wall_w.mid


@pytest.mark.parametrize(
    ("device", "known"),
    [
        ("raspberry-pi-5", {"rail_w", "board_input_w", "wall_w"}),
        ("jetson-orin-nano-8", {"rail_w", "module_w", "board_input_w", "wall_w"}),
        ("t4", {"rail_w", "module_w"}),
        ("hailo-8", {"rail_w", "module_w"}),
    ],
)
def test_a_place_that_is_unknown_is_none(device, known):
    found = power_draw(point_for(read_device(device)), Activity(0.3, 0.3)).places
    names = ("rail_w", "module_w", "board_input_w", "wall_w")
    assert {name for name in names if getattr(found, name) is not None} == known


def test_no_part_of_the_catalogue_is_over_its_limit_at_any_place():
    from planner.latency.power.model import parameter_values, power_model

    values = parameter_values(power_model())
    for device in shipped_devices():
        for unit in device.units:
            for mode in device.modes:
                point = point_for(device, unit=unit, mode=mode.id)
                drawn = power_draw(point, FULL)
                limit_w = mode.power_limit_w.value
                assert drawn.part_w.high <= limit_w
                if drawn.places.wall_w is None or point.form == "board":
                    assert drawn.system_w.high <= limit_w
                else:
                    assert drawn.system_w.high <= module_at_wall_w(point, limit_w, values) * (1 + 1e-9)
                    assert drawn.system_w.high / limit_w <= drawn.system_w.mid / drawn.part_w.mid * (1 + 1e-9)
