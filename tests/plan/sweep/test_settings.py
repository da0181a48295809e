"""What a sweep varies: keys found or refused with the nearest, choices, ranges, grids and hypercubes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from planner.data_files import scenarios_dir
from planner.errors import InputError
from planner.plan.sweep.design import MOST_POINTS, grid, latin_hypercube
from planner.plan.sweep.settings import Range, SweptKey, parse_settings
from planner.schema.reading.keys import Key, find_key, keys_of, with_value
from planner.schema.reading.yaml_file import read_document, validate
from planner.schema.scenario.scenario import Scenario

LINE = read_document(scenarios_dir() / "line-inspection.yaml")
KEYS = keys_of(Scenario, LINE.values)


@pytest.mark.parametrize(
    ("asked", "path", "column"),
    [
        ("site.supply", ("site", "supply"), "site.supply_c"),
        ("streams[0].rate", ("streams", 0, "rate"), "streams[0].rate_per_s"),
        ("streams.1.slo.latency", ("streams", 1, "slo", "latency"), "streams[1].slo.latency_s"),
        ("streams.label readers.count", ("streams", 1, "count"), "streams[1].count"),
        ("site.carriers.card.slots", ("site", "carriers", "card", "slots"), "site.carriers.card.slots"),
        ("money.exchange_rates.EUR", ("money", "exchange_rates", "EUR"), "money.exchange_rates.EUR"),
        ("deployment.count", ("deployment", "count"), "deployment.count"),
        ("candidates.devices[2]", ("candidates", "devices", 2), "candidates.devices[2]"),
    ],
)
def test_keys_by_number_by_name_and_where_the_file_is_silent(asked, path, column):
    key = find_key(asked, KEYS)
    assert (key.path, key.column) == (path, column)


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("site.suply", "site.supply"),
        ("streams[7].rate", "streams[0].rate"),
        ("rate", "streams.bottle cameras.rate"),
        ("planning.spare", "planning.spares"),
        ("horizon_year", "money.horizon_years"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(asked, nearest):
    with pytest.raises(InputError, match=r"no such key; did you mean") as refused:
        parse_settings([f"{asked}=1,2"], LINE.values, draws=False)
    assert nearest in str(refused.value)


def test_all_problems_come_at_once():
    texts = ["frobnicate=1", "site.supply", "planning.spares=1,1", "site.pue=1..2", "site.fan=5 W..9 kW"]
    with pytest.raises(InputError) as refused:
        parse_settings(texts, LINE.values, draws=False)
    told = str(refused.value)
    for part in ("5 problems", "keys begin with one of", "no values", "1 again", "--random N"):
        assert part in told
    with pytest.raises(InputError, match="one unit at both ends"):
        parse_settings(["site.fan=5 W..9 kW"], LINE.values, draws=True)
    with pytest.raises(InputError, match="a range that rises"):
        parse_settings(["site.fan=9..5 W"], LINE.values, draws=True)
    with pytest.raises(InputError, match="it again"):
        parse_settings(["streams[0].rate=5 FPS", "streams.0.rate=6 FPS"], LINE.values, draws=True)


def test_values_are_read_as_a_file_would_read_them():
    (setting,) = parse_settings(["candidates.devices=[t4],['jetson-*', l4]"], LINE.values, draws=False)
    assert setting.values == (["t4"], ["jetson-*", "l4"])
    (setting,) = parse_settings(["streams[0].rate=5 FPS,7.5 /s"], LINE.values, draws=False)
    assert setting.values == ("5 FPS", "7.5 /s")
    (setting,) = parse_settings({"planning.spares": np.arange(3)}, LINE.values, draws=False)
    assert setting.values == (0, 1, 2)
    assert {type(value) for value in setting.values} == {int}
    (setting,) = parse_settings({"deployment": [{"device": "t4", "count": 2}]}, LINE.values, draws=False)
    assert validate_with(setting).deployment.count == 2


def validate_with(setting: SweptKey) -> Scenario:
    document = type(LINE)("changed", with_value(LINE.values, setting.key.path, setting.values[0]), {}, "")
    return validate(document, Scenario)


def test_a_grid_is_every_combination_and_is_refused_when_it_is_endless():
    settings = parse_settings(["planning.spares=0,1", "site.pue=1.1,1.2,1.3"], LINE.values, draws=False)
    assert grid(settings) == tuple(itertools.product((0, 1), (1.1, 1.2, 1.3)))
    many = SweptKey(Key(("x",), "x"), tuple(range(400)))
    with pytest.raises(InputError, match=f"at most {MOST_POINTS:,} points, got 64,000,000"):
        grid([many, many, many])


@given(points=st.integers(1, 60), seed=st.integers(0, 2**32))
def test_a_hypercube_uses_each_stratum_once_and_is_the_same_for_a_seed(points, seed):
    wide = Range(Key(("a",), "a"), 0.0, float(points), "W", whole=False)
    among = SweptKey(Key(("b",), "b"), tuple(range(points)))
    drawn = latin_hypercube([wide, among], points, seed)
    assert drawn == latin_hypercube([wide, among], points, seed)
    assert sorted(number for _, number in drawn) == list(range(points))
    watts = sorted(float(text.removesuffix(" W")) for text, _ in drawn)
    for stratum, value in enumerate(watts):
        assert stratum - 1e-3 <= value <= stratum + 1 + 1e-3


@example(low=0.0, width=1.0, share=0.9999999999999999, step=0)
@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    share=st.floats(0, 1, exclude_max=True),
    step=st.integers(0, 9),
)
def test_what_is_drawn_lies_in_the_range(low, width, share, step):
    drawn = Range(Key(("a",), "a"), low, low + width, None, whole=False).drawn(share)
    assert low <= drawn <= low + width
    whole = Range(Key(("a",), "a"), -3.0, -3.0 + step, None, whole=True)
    assert whole.drawn(share) in range(-3, -3 + step + 1)
