"""One plan for all, by hand: answers that are made here, money that adds up on paper."""

import time

import pytest

from planner.errors import InputError
from planner.plan.fleet.choices import ChoiceTable, SiteClass, require_mtbf
from planner.plan.fleet.money import fleet_years, money_of
from planner.schema.fleet.fleet import FleetSpec

YEAR_S = 365.25 * 86400.0


def spec(**keys: object) -> FleetSpec:
    return FleetSpec.model_validate(
        {
            "schema": 1,
            "id": "f",
            "title": "t",
            "question": "q",
            "date": "2026-01-01",
            "templates": {"a": "a.yaml"},
            "sites": "s.csv",
            "currency": "USD",
            **keys,
        }
    )


def part(device: str, price: float, count: int = 1, *, verdict: str = "PASS", serves: bool = True):
    """Two years without discount: devices once, 10 of energy a year."""
    paid = [[0, 1.0, "devices", "at purchase", price * count, price * count]]
    paid += [[year, 1.0, "energy", "each year", 10.0, 10.0] for year in (0, 1)]
    return {
        "device": device,
        "name": device.upper(),
        "count": count,
        "spares": 0,
        "verdict": verdict,
        "serves": serves,
        "price": price,
        "total_cost": price * count + 20.0,
        "bill_total": price * count + 20.0,
        "installed": [count, count],
        "energy_j": [1.0, 1.0],
        "carbon_kg": [0.5, None],
        "paid": paid,
        "swings": [],
    }


def answer(*parts, mtbf_s: float | None = None, currency: str = "USD", rate: float = 0.0):
    return {
        "refused": None,
        "currency": currency,
        "discount_rate": rate,
        "horizon_years": 2.0,
        "mtbf_s": mtbf_s,
        "requests_per_s": 1.0,
        "sources": 1,
        "parts": list(parts),
        "cannot": [],
    }


def chooser(fleet: FleetSpec, *classes):
    years = fleet_years([(found, item.opens) for item, found in classes])
    table = ChoiceTable(fleet, years)
    for item, found in classes:
        table.add(item, found)
    return table.closed()


COLD = SiteClass(0, "cold", 1, 10), answer(part("small", 100), part("big", 300))
HOT = SiteClass(1, "hot", 1, 5), answer(part("big", 300), part("small", 100, 1, serves=False))
KINDS = {"once": "1500 USD", "per_year": "0 USD", "note": "assumed"}


def test_a_kind_that_costs_more_than_it_saves_is_left_out():
    """Both: 10 x 120 + 5 x 320 + 2 x 1500 = 5800; big: 15 x 320 + 1500 = 6300; at 3000 8800, 7800."""
    cheap = chooser(spec(kinds=KINDS), COLD, HOT)
    assert [choice.total for choice in cheap.few(3)] == [6300.0, 5800.0]
    assert cheap.plan(cheap.few(3)).parts == ("big", "small") or cheap.plan(cheap.few(3)).parts == (
        "small",
        "big",
    )
    dear = chooser(spec(kinds={**KINDS, "once": "3000 USD"}), COLD, HOT)
    plan = dear.plan(dear.few(3))
    assert (plan.parts, plan.total, plan.unserved) == (("big",), 7800.0, 0)


def test_a_standard_that_leaves_sites_without_a_part_is_never_the_plan():
    dear = chooser(spec(kinds={**KINDS, "once": "900000 USD"}), COLD, HOT)
    assert dear.plan(dear.few(3)).parts == ("big",)
    assert [(choice.parts, choice.unserved) for choice in dear.singles()] == [(("big",), 0), (("small",), 5)]


def test_a_standard_for_each_group_is_that_of_its_own_sites():
    found = chooser(spec(), COLD, HOT).by_group()
    assert sorted(found.parts) == ["big", "small"]
    assert found.sites_cost == 10 * 120 + 5 * 320


def test_twenty_times_as_many_groups_take_twenty_times_as_long_and_not_four_hundred():
    """A table whose groups are its sites: 10,000 of them in two seconds of the processor."""
    many = [(SiteClass(n, f"group {n}", 1, 1), COLD[1]) for n in range(10_000)]
    found = chooser(spec(), *many)
    start = time.process_time()
    assert found.by_group().parts == ("small",)
    assert time.process_time() - start < 2.0


def test_the_part_that_sizing_ranks_first_is_kept_where_no_kind_is_saved():
    """`b` is cheaper over the years, but the sizing of the one kind of site ranks `a` first."""
    one = SiteClass(0, "all", 1, 3), answer(part("a", 200), part("b", 100))
    found = chooser(spec(kinds=KINDS), one)
    assert found.plan(found.few(3)).parts == ("a",)


def test_prices_fall_from_year_to_year_and_later_sites_pay_less():
    """Opens in year 3 at 10 % a year: 100 x 0.81, discounted two years at 5 %; energy does not fall."""
    fleet = spec(falling_prices="10 %")
    found = money_of(fleet, answer(rate=0.05), part("a", 100), 3)
    assert [year.capital for year in found.years] == pytest.approx([0, 0, 81.0, 0])
    assert found.present_value == pytest.approx((81.0 + 20.0) / 1.05**2)
    assert [year.installed for year in found.years] == [0, 0, 1, 1]


def test_another_currency_is_exchanged_once():
    found = money_of(spec(exchange_rates={"EUR": 1.1}), answer(currency="EUR"), part("a", 100), 1)
    assert found.present_value == pytest.approx(132.0)
    assert found.years[1].energy == pytest.approx(11.0)


def test_visits_are_planned_ones_purchases_and_failures():
    fleet = spec(visits={"price": "100 USD", "planned_per_year": 2})
    found = money_of(fleet, answer(mtbf_s=10 * YEAR_S), part("a", 100, 5), 1)
    assert [year.visits for year in found.years] == pytest.approx([2 + 1 + 0.5, 2 + 0.5])
    assert found.visits_value == pytest.approx(600.0)


def test_one_shelf_for_all_and_one_for_each_group():
    """Means in repair of 3, 2 and 1: P(X < s) is first 95 % at s = 7, 6 and 4 (tables of Poisson)."""
    pool = {"mtbf": "365.25 d", "turnaround": "73.05 d", "transport": "1 d", "ready": "95 %"}
    same = [(SiteClass(n, g, 1, s), answer(part("a", 100))) for n, (g, s) in enumerate((("x", 10), ("y", 5)))]
    one = chooser(spec(spares=pool), *same)
    assert one.stocks(one.picks_among([0]), 0) == {"fleet": [7, 7]}
    two = chooser(spec(spares={**pool, "per": "group"}), *same)
    assert two.stocks(two.picks_among([0]), 0) == {"x": [6, 6], "y": [4, 4]}
    assert one.best_at_each().pool_cost == 700.0


def test_a_pool_without_a_rate_of_failures_is_refused():
    pool = {"turnaround": "14 d", "transport": "1 d", "ready": "95 %"}
    with pytest.raises(InputError, match="how often a device fails"):
        require_mtbf(spec(spares=pool), [answer(part("a", 100))])


def test_a_part_without_a_price_is_named_and_not_chosen():
    table = ChoiceTable(spec(), 2)
    unknown = {**part("a", 100), "price": None, "bill_total": None}
    table.add(SiteClass(0, "all", 1, 4), answer(unknown, part("b", 500)))
    assert table.unpriced == {"a": 4}
    assert table.closed().best_at_each().parts == ("b",)
