"""Outdoor sites: a place, a sine or a file of hours gives the supply; walls and sun give the cabinet."""

from __future__ import annotations

import math

import pytest

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.rack.rack_model import rack_air
from planner.plan.scenario.climate import hottest_day_c
from planner.plan.scenario.file import read_scenario

SUPPLY, SEALED = "  supply: 45 degC\n", "  sealed: {loss: 9 W/K, solar: 90 W}\n"


def cabinet(tmp_path, *edits: tuple[str, str]):
    text = (scenarios_dir() / "traffic-cabinet.yaml").read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "cabinet.yaml"
    path.write_text(text)
    return read_scenario(path).scenario


def test_a_sine_gives_the_hottest_hour_and_its_day(tmp_path):
    found = cabinet(
        tmp_path, (SUPPLY, "  climate: {mean: 18 degC, year: 12 K, day: 7 K, hottest_hour: 14}\n")
    )
    assert found.site.supply_c == pytest.approx(37.0)
    assert found.site.supply_by_hour_c[14] == pytest.approx(37.0)
    assert found.site.supply_by_hour_c[2] == pytest.approx(23.0)
    assert hottest_day_c(18.0, 12.0, 7.0, 14)[8] == pytest.approx(30.0 + 7.0 * math.cos(math.pi / 2))


def test_a_place_has_a_climate_with_its_source(tmp_path):
    found = cabinet(tmp_path, (SUPPLY, "  climate: {place: phoenix}\n"))
    assert found.site.supply_c == pytest.approx(43.5)


def test_a_file_of_hours_gives_its_hottest_day(tmp_path):
    hours = [20.0] * 24 + [25.0 + hour / 2 for hour in range(24)] + [15.0] * 24
    rows = "\n".join(f"{n},{hour_c}" for n, hour_c in enumerate(hours))
    (tmp_path / "hours.csv").write_text(f"hour,temperature\n{rows}\n")
    found = cabinet(tmp_path, (SUPPLY, "  climate: {file: hours.csv}\n"))
    assert found.site.supply_c == pytest.approx(36.5)
    assert found.site.supply_by_hour_c[0] == pytest.approx(25.0)


def test_walls_and_sun_are_areas_times_what_passes_them(tmp_path):
    """1.6 m2 x 5.5 W/m2K = 8.8 W/K; 1000 W/m2 x 0.8 m2 x 30 % = 240 W; 45 + 240 / 8.8 degC inside."""
    sun = "sun: {irradiance: 1000 W/m2, lit: 0.8 m2, absorbed: 30 %}"
    found = cabinet(tmp_path, (SEALED, f"  sealed: {{area: 1.6 m2, {sun}, heat_capacity: 20 kJ/K}}\n"))
    sealed = found.site.sealed
    assert (sealed.walls_w_per_k, sealed.sun_w) == (pytest.approx(8.8), pytest.approx(240.0))
    air = rack_air(found)
    assert air.supply_c == pytest.approx(45.0 + 240.0 / 8.8)
    assert air.stored_j_per_k == 20e3


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ((SUPPLY, "  climate: {place: atlantis}\n"), "unknown place 'atlantis'"),
        ((SUPPLY, "  climate: {mean: 18 degC}\n"), "`mean`, `year` and `day`"),
        ((SUPPLY, "  climate: {place: oslo, mean: 3 degC, year: 1 K, day: 1 K}\n"), "place, mean"),
        ((SUPPLY, SUPPLY + "  climate: {place: oslo}\n"), "either `climate`, or `supply`"),
        ((SUPPLY, "  climate: hot\n"), "such as {place: phoenix}"),
        ((SUPPLY, "  climate: {file: none.csv}\n"), "hourly temperatures"),
        ((SUPPLY, "  climate: {file: ../none.csv}\n"), "beside the scenario or below"),
        ((SUPPLY, ""), "supply"),
        ((SEALED, "  sealed: {solar: 90 W}\n"), "either `loss: 9 W/K` or `area"),
        ((SEALED, "  sealed: {loss: 9 W/K, area: 2 m2}\n"), "either `loss: 9 W/K` or `area"),
        ((SEALED, "  sealed: {area: 1 m2, sun: {lit: 2 m2, absorbed: 30 %}}\n"), "at most the 1 m2"),
        ((SEALED, "  sealed: {area: 1 m3}\n"), "m2"),
    ],
)
def test_a_site_that_cannot_be_is_refused_in_one_sentence(tmp_path, edit, said):
    with pytest.raises(InputError) as refused:
        cabinet(tmp_path, edit)
    assert said in str(refused.value)
    assert "problems" not in str(refused.value)
