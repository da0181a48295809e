"""Tables of sites: units, climates, rounding, streams left out; every problem at once with its line."""

import re
from pathlib import Path

import pytest

from planner.errors import InputError
from planner.plan.fleet.run import plan_fleet
from planner.plan.fleet.sites.columns import warmest
from planner.plan.fleet.sites.questions import scenario_with
from planner.plan.fleet.sites.rows import Sites, read_sites
from planner.plan.fleet.sites.table import read_table
from planner.plan.fleet.sites.template import read_spec, read_templates
from tests.plan.fleet.conftest import FLEET, write_fleet


def read(folder: Path, sites: str, fleet: str = FLEET) -> Sites:
    if "aisles" not in sites.partition("\n")[0]:  # a fleet that describes no column of that name
        fleet = fleet.replace("columns:\n  aisles: {key: streams.aisle cameras.count}\n", "")
    found = write_fleet(folder / "fleet", fleet=fleet, sites=sites)
    spec, document = read_spec(found.fleet)
    templates = read_templates(spec, document, found.fleet.parent)
    return read_sites(read_table(found.fleet.parent / spec.sites), spec, templates)


def scenarios(sites: Sites):
    return [
        scenario_with(q.template, q.overrides).scenario
        for q in (sites.questions[site.question] for site in sites.sites)
    ]


def refused(folder: Path, sites: str, fleet: str = FLEET) -> list[str]:
    with pytest.raises(InputError) as error:
        read(folder, sites, fleet)
    return [str(problem) for problem in error.value.problems]


def test_columns_override_keys_with_their_units(tmp_path):
    found = read(
        tmp_path,
        "id,aisles,site.supply [degC],site.power_limit (W),money.electricity\n"
        "a,9,31,180,0.3 USD/kWh\nb,,,,\n",
    )
    first, second = scenarios(found)
    assert first.streams[0].count == 9
    assert (first.site.supply_c, first.site.power_limit_w) == (31.0, 180.0)
    assert first.money.electricity_money_per_j.amount_per_joule == pytest.approx(0.3 / 3.6e6)
    assert (second.streams[0].count, second.site.supply_c) == (6, 26.0)


def test_the_same_value_written_otherwise_is_the_same_question(tmp_path):
    found = read(tmp_path, "id,site.power_limit,aisles\na,0.2 kW,6\nb,200 W,6\nc,200 W,\n")
    assert [site.question for site in found.sites] == [0, 0, 0]


def test_a_site_without_cameras_of_a_kind_has_no_such_stream(tmp_path):
    found = read(tmp_path, "id,aisles,streams[1].count\na,6,0\nb,0,4\n")
    assert [[s.name for s in one.streams] for one in scenarios(found)] == [
        ["aisle cameras"],
        ["till cameras"],
    ]
    (problem,) = refused(tmp_path, "id,aisles,streams[1].count\na,0,0\n")
    assert problem.startswith("line 2, ")
    assert "one stream or more under `streams`" in problem


def test_a_climate_sets_keys_and_the_warmest_month_is_planned_with(tmp_path):
    months = ", ".join(f"{t} degC" for t in (5, 6, 9, 12, 18, 24, 31, 29, 22, 15, 9, 6))
    fleet = FLEET + f"climates: {{hills: {{supply_by_month: [{months}], carbon.intensity: 90 g/kWh}}}}\n"
    (found,) = scenarios(read(tmp_path, "id,climate\na,hills\n", fleet))
    assert found.site.supply_c == 31.0
    assert found.carbon.intensity_kg_per_j == pytest.approx(90e-3 / 3.6e6)
    assert warmest("x", "5 6 9 12 18 24 31 29 22 15 9 6 degC") == "31 degC"
    with pytest.raises(InputError, match="12 temperatures with one unit"):
        warmest("x", "5 6 9")


def test_rounding_up_makes_sites_alike_and_says_by_how_much(tmp_path):
    found = read(tmp_path, "id,aisles\na,6\nb,7\nc,8\nd,9\n", FLEET + "round_up: {aisles: 4}\n")
    assert [s.streams[0].count for s in scenarios(found)] == [8, 8, 8, 12]
    (said,) = found.roundings
    assert (said.changed, said.largest_ratio) == (3, pytest.approx(1 / 3))
    assert said.mean_ratio == pytest.approx((2 + 1 + 0 + 3) / 30)


def test_rounding_up_makes_no_site_of_less_than_nothing(tmp_path):
    """-1 camera rounded up to a multiple of 2 would be none, and the site one without cameras."""
    fleet = FLEET + "round_up: {aisles: 2}\n"
    assert "aisles" in "".join(refused(tmp_path, "id,aisles\na,-1\n", fleet))
    assert read(tmp_path, "id,aisles\na,3\n", fleet).roundings[0].changed == 1


def test_a_key_may_have_two_columns_of_which_a_row_fills_one(tmp_path):
    sites = "id,aisles,streams.aisle cameras.count\na,4,\nb,,6\n"
    assert [question.digest for question in read(tmp_path, sites).questions] != []
    assert len(read(tmp_path, sites).questions) == 2


def test_sites_open_by_shares_of_the_table_or_as_they_say(tmp_path):
    rows = "".join(f"s{n},{'5' if n == 0 else ''}\n" for n in range(10))
    found = read(tmp_path, "id,opens\n" + rows, FLEET + "rollout: [20 %, 50 %, 30 %]\n")
    assert [site.own.opens_in for site in found.sites] == [5, 1, 2, 2, 2, 2, 2, 3, 3, 3]


def test_all_problems_of_a_table_come_at_once_with_their_lines(tmp_path):
    problems = refused(
        tmp_path,
        "id,aisles,site.supply [W],latitude,climate,opens,uplink\n"
        "a,6,30,,,,\n"
        "a,six,,95,,,\n"
        ",6,,,moon,1.5,fast\n",
    )
    for text in (
        r"line 2, site\.supply \[W\]: expected .*degC",
        r"line 3, id: expected each site once, got 'a' again \(first in line 2\)",
        r"line 3, aisles: expected",
        r"line 3, latitude: expected a number of -90 to 90",
        r"line 4, id: expected the name of the site",
        r"line 4, climate: expected one of",
        r"line 4, opens: expected a year",
        r"line 4, uplink: expected",
    ):
        assert any(re.search(text, problem) for problem in problems), text


def test_alike_problems_are_one_with_the_lines_of_the_others(tmp_path):
    rows = "".join(f"s{n},-4\n" for n in range(9))
    (problem,) = refused(tmp_path, "id,aisles\n" + rows)
    assert "line 2, aisles" in problem
    assert "the same in lines 3, 4, 5, 6, 7 and 3 more" in problem


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ("name,aisles\na,1\n", "line 1, id: expected a column with the name of each site"),
        ("id,site.suply\na,30 degC\n", "did you mean site.supply"),
        ("id,aisles,aisles\na,1,1\n", "each column once"),
        ("id,aisles,streams.aisle cameras.count\na,1,2\n", "one column that says it, and 'aisles' does"),
        ("id,aisles\na\n", "line 2, row: expected 2 cells"),
        ("id\n", "expected at least one site, got none"),
        ("", "expected at least one site, got none"),
        ('id\n"a\n', "comma-separated cells"),
        ("id,candidates.devices\na,[no-such-part]\n", "unknown device 'no-such-part'"),
        ("id,money.currency\na,EUR\n", "line 2, money.electricity: expected electricity in EUR, got USD"),
        (
            "id,money.currency,money.electricity\na,EUR,0.2 EUR/kWh\n",
            "line 2, money.currency: expected USD, or",
        ),
    ],
)
def test_what_is_no_table_of_sites_is_refused(tmp_path, sites, expected):
    assert expected in "\n".join(refused(tmp_path, sites))


def test_two_templates_need_a_column_and_the_keys_that_a_row_sets(tmp_path):
    fleet = FLEET.replace("{shop: shop.yaml}", "{shop: shop.yaml, crossing: traffic-cabinet}")
    (problem,) = refused(tmp_path, "id,aisles\na,6\n", fleet)
    assert "a column that says which of shop, crossing" in problem
    (problem,) = refused(tmp_path, "id,template,aisles\na,crossing,6\n", fleet)
    assert "an empty cell, or a key that the template crossing has" in problem
    found = read(tmp_path, "id,template,aisles,site.supply\na,crossing,,40 degC\nb,shop,4,\n", fleet)
    assert [site.template for site in found.sites] == ["crossing", "shop"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("{shop: shop.yaml}", "{shop: nowhere.yaml}"), "templates.shop"),
        (("shops.csv", "../shops.csv"), "in the fleet's folder or below"),
        (("currency: USD", "currency: USD\nrollout: [50 %, 20 %]"), "shares of 100 % in all"),
        (("currency: USD", "currency: USD\nkinds: {once: 5 EUR, per_year: 1 USD, note: x}"), "in USD"),
        (("currency: USD", "currency: USD\nexchange_rates: {USD: 5}"), "1 for the fleet's own currency"),
        (
            (
                "currency: USD",
                "currency: USD\nspares: {mtbf: 1 s, turnaround: 21 d, transport: 1 d, ready: 95 %}",
            ),
            "greater than or equal to 3600 s",
        ),
        (("currency: USD", "currency: USD\nclimates: {hot: {site.suply: 40 degC}}"), "site.supply"),
        (("currency: USD", "currency: USD\ncolumns_: 1"), "unknown key"),
        (
            ("shop.yaml}", "shop.yaml}"),
            "line 1, aisles: expected the column 'aisles' that `columns` describes",
        ),
        (("currency: USD", "currency: USD\nround_up: {tills: 2}"), "column 'tills' that `round_up` rounds"),
    ],
)
def test_problems_of_the_fleet_s_own_file(tmp_path, change, expected):
    found = write_fleet(tmp_path / "fleet", fleet=FLEET.replace(*change), sites="id\na\n")
    with pytest.raises(InputError) as error:
        plan_fleet(found.fleet, found.out)
    assert expected in str(error.value)


def test_updates_need_the_uplink_of_every_site(tmp_path):
    updates = FLEET + "updates: {full: 30 MB}\n"
    found = write_fleet(tmp_path / "fleet", fleet=updates, sites="id,aisles,uplink\na,6,10 Mbit/s\nb,6,\n")
    with pytest.raises(InputError, match="none for 1 sites, the first in line 3"):
        plan_fleet(found.fleet, found.out)
