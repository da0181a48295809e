"""Numbers that no rack has are refused at the border, with their line, before any work starts."""

import math

import pytest
import yaml

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.density.study import density_curve
from planner.plan.scenario.file import read_scenario
from planner.rack.description.rolling_update import RollingUpdate
from planner.rack.run.rolling_update import UpdateTimeline
from planner.rack.studies.airflow_models import DensityPoint
from planner.rack.studies.joint_fit import joint_fits
from planner.units import si_symbol


def changed(tmp_path, name, path, value):
    """A shipped scenario with one value in place of another."""
    content = yaml.safe_load((scenarios_dir() / f"{name}.yaml").read_text())
    here = content
    for key in path[:-1]:
        here = here.setdefault(key, {}) if isinstance(here, dict) else here[key]
    here[path[-1]] = value
    file = tmp_path / "s.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file


LIMITS = [
    (("streams", 0, "rate"), "1e15 FPS", "1e+06 /s|1000000 /s"),
    (("streams", 0, "count"), 10**12, "1000000"),
    (("streams", 0, "priority"), 2**64, "1000000"),
    (("streams", 0, "priority"), -(2**64), "-1000000"),
    (("streams", 0, "gap_cv"), 1500.0, "100"),
    (("streams", 0, "before"), [{"where": "host", "time": "1e18 ms"}], "3600 s"),
    (("host",), {"cores": 4, "copies": 10**9}, "1024"),
    (("site", "pue"), math.inf, "finite"),
    (("site", "rack_units"), math.inf, "finite"),
    (("site", "rack_units"), 1e18, "1000"),
    (("money", "exchange_rates", "CNY"), math.inf, "finite"),
    (("money", "exchange_rates", "CNY"), 1e-308, "1e-30 to 1e\\+30"),
    (("site", "fan"), "1e308 W", "1e-15 to 1e\\+18"),
    (("site", "fan"), "1e-300 W", "1e-15 to 1e\\+18"),
    (("site", "power_limit"), "-1e30 W", "zero or more"),
    (("money", "horizon_years"), 4_000_000, "100"),
    (("planning", "spares"), 10**12, "100000"),
    (("simulation", "replications"), 2**64, "10000"),
    (("simulation", "duration"), "1e12 s", "31622400 s"),
    (("simulation", "seed"), 2**64, "less than"),
]


@pytest.mark.parametrize(("path", "value", "limit"), LIMITS, ids=lambda item: str(item)[:40])
def test_a_number_that_no_plan_has_is_refused_with_its_line(tmp_path, path, value, limit):
    with pytest.raises(InputError, match=limit) as caught:
        read_scenario(changed(tmp_path, "line-inspection", path, value))
    assert all(problem.line is not None for problem in caught.value.problems)


def test_a_key_called_value_at_the_wrong_depth_is_named(tmp_path):
    with pytest.raises(InputError, match="unknown key 'value'"):
        read_scenario(changed(tmp_path, "line-inspection", ("value",), "3 W"))


def test_limits_are_said_in_the_unit_they_are_in():
    assert si_symbol("1e18 ms") == "s"
    assert si_symbol("3 kW") == "W"
    assert si_symbol("20 %") == ""
    assert si_symbol("fast") == ""


@pytest.mark.parametrize("share", [1e-32, 1e-12, 1e-9, 0.01])
def test_a_first_wave_has_at_least_one_device(share):
    steps = UpdateTimeline(RollingUpdate(1.0, 1.0, first_share=share, soak_s=2.0), 4).steps_known_at(0.0)
    assert [step.device for step in steps] == [0, 1, 2, 3]
    assert steps[1].start_s >= steps[0].end_s + 2.0


def test_published_rises_that_fall_are_answered():
    """More devices at a lower rise is odd, and an airflow that grows; leakage then explains no power."""
    points = [DensityPoint(4, 5.0, 20.0), DensityPoint(8, 9.0, 20.0), DensityPoint(12, 1.0, 20.0)]
    assert all(math.isfinite(reading.worst_k) for reading in joint_fits(points))
    falling = [DensityPoint(4, 9.0, 20.0), DensityPoint(8, 5.0, 21.0), DensityPoint(12, 1.0, 22.0)]
    assert all(math.isfinite(reading.worst_w) for reading in joint_fits(falling))


def test_a_published_rise_of_thousands_of_kelvins_is_refused(tmp_path):
    rows = [{"devices": n, "temperature_rise": rise, "power_per_device": "20 W"} for n, rise in
            ((4, "5 K"), (8, "9000 K"), (12, "14000 K"))]  # fmt: skip
    with pytest.raises(InputError, match="200 K"):
        density_curve(read_scenario(changed(tmp_path, "article-density", ("density", "published"), rows)))
