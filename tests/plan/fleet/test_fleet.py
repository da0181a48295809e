"""A whole small fleet: sites equal their own sizing, totals their sums, bytes the same for any workers."""

import json
import math
from pathlib import Path

import pytest

from planner import api
from planner.plan.fleet.record import fleet_record, standard_extra
from planner.plan.fleet.tables import write_lists
from planner.plan.scenario.file import scenario_of
from planner.plan.sweep.journal import NAME as JOURNAL
from planner.schema.reading.yaml_file import parse_document
from tests.plan.fleet.conftest import SITES, TEMPLATE, write_fleet

SUMS = ("capital", "running_cost_per_year", "total_cost", "present_value", "power_w", "energy_j", "visits")
SIZED = ("device", "mode", "precision", "batch", "count", "spares", "utilisation", "power_w", "capital")


def shop(aisles: int = 6, supply: str = "26 degC"):
    text = TEMPLATE.replace("count: 6", f"count: {aisles}").replace("supply: 26 degC", f"supply: {supply}")
    return scenario_of(parse_document(text, "shop.yaml"), Path())


@pytest.fixture(scope="module")
def own_sizings():
    """What `planner size` says at each site's own scenario, beside the fleet."""
    few, many, warm = api.size(shop()), api.size(shop(60)), api.size(shop(6, "35 degC"))
    return {"a": few, "b": few, "c": many, "d": warm, "e": few, "f": many}


def test_sites_that_ask_the_same_are_answered_once(answered, written):
    assert answered.questions == 3
    assert [row["alike"] for row in answered.rows] == [3, 3, 2, 1, 3, 2]
    assert len((written.out / JOURNAL).read_text().splitlines()) == 3


def test_each_site_has_the_part_of_the_plan_as_size_has_it_there(answered, own_sizings):
    """To the bit: the same numbers by the same code."""
    for row in answered.rows:
        options = {item.option.device: item for item in own_sizings[row["site"]].options}
        item = options[row["device"]]
        assert row["verdict"] == item.verdict.value
        assert {name: row[name] for name in SIZED[:7]} == {
            name: str(value) if name == "precision" else value
            for name in SIZED[:7]
            for value in [getattr(item.option, name)]
        }
        assert row["power_w"] == item.option.heat.power_w
        assert (row["capital"], row["total_cost"]) == (item.option.cost.capital, item.option.cost.total)
        assert row["running_cost_per_year"] == item.option.cost.running_per_year
        assert row["best_device"] == own_sizings[row["site"]].options[0].option.device
        assert row["best_count"] == own_sizings[row["site"]].options[0].option.count


def test_every_part_as_a_standard_has_the_counts_of_size(answered, own_sizings):
    for choice in answered.singles:
        (device,) = choice.parts
        counts = [
            next(
                o.option.count + o.option.spares
                for o in own_sizings[site].options
                if o.option.device == device
            )
            for site in "abcdef"
        ]
        assert choice.devices == sum(counts)


def test_totals_are_the_sums_of_their_rows(answered):
    for name in SUMS:
        whole = math.fsum(row[name] for row in answered.rows)
        assert getattr(answered.totals, name) == whole
        assert math.fsum(getattr(group, name) for group in answered.groups) == pytest.approx(whole)
    assert answered.totals.carbon_kg == math.fsum(row["carbon_kg"] for row in answered.rows)
    assert answered.plan.total == pytest.approx(answered.totals.present_value)
    assert sum(order.for_sites for order in answered.orders) == sum(answered.totals.parts.values())
    years = answered.years
    assert math.fsum(year.energy_j for year in years) == pytest.approx(answered.totals.energy_j)
    assert years[0].capital == pytest.approx(answered.totals.capital)
    assert standard_extra(answered) >= 0


def test_a_fleet_of_one_is_the_scenario_itself(tmp_path):
    found = write_fleet(tmp_path / "one", sites="id,aisles\nonly,\n")
    fleet = api.fleet(found.fleet, found.out, workers=1)
    best = api.size(shop()).options[0]
    bill = api.cost(shop(), device=best.option.device, draws=10).options[0].bill
    assert fleet.plan.parts == (best.option.device,)
    assert fleet.totals.devices == best.option.count
    assert fleet.totals.capital == best.option.cost.capital
    assert fleet.totals.total_cost == best.option.cost.total
    assert fleet.plan.total == bill.total_cost
    assert fleet.totals.energy_j == pytest.approx(bill.energy_j, rel=1e-15)
    assert fleet.totals.carbon_kg == bill.carbon.kg_total
    assert fleet.years[0].capital == bill.capital


def test_other_workers_and_a_cut_journal_give_the_same_bytes(answered, written, tmp_path):
    first = write_fleet(tmp_path / "again")
    first.out.mkdir()
    lines = (written.out / JOURNAL).read_bytes().splitlines(keepends=True)
    (first.out / JOURNAL).write_bytes(lines[0] + lines[1][:40])
    again = api.fleet(first.fleet, first.out, workers=2)
    assert (again.found_finished, answered.found_finished) == (1, 0)
    for folder, fleet in ((tmp_path / "one", answered), (tmp_path / "two", again)):
        folder.mkdir()
        write_lists(fleet, folder)
        (folder / "fleet.json").write_text(json.dumps(fleet_record(fleet)))
    for name in ("sites.csv", "sites.parquet", "orders.csv", "fleet.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_table_in_parquet_is_the_same_fleet(written, answered, tmp_path):
    import pandas as pd

    found = write_fleet(tmp_path / "parquet", fleet=written.fleet.read_text().replace(".csv", ".parquet"))
    frame = pd.read_csv(written.fleet.parent / "shops.csv")
    frame.to_parquet(found.fleet.parent / "shops.parquet")
    found.out.mkdir()
    (found.out / JOURNAL).write_bytes((written.out / JOURNAL).read_bytes())
    fleet = api.fleet(found.fleet, found.out)
    assert fleet.found_finished == 3
    assert fleet_record(fleet) == fleet_record(answered)


def test_sites_that_no_part_serves_are_rows_and_not_errors(written, tmp_path):
    """60 degC air and a few watts: no part at all; the others are answered by the earlier run."""
    sites = SITES.replace("d,south,6,35 degC", "d,south,6,79 degC")
    found = write_fleet(tmp_path / "hot", sites=sites)
    found.out.mkdir()
    (found.out / JOURNAL).write_bytes((written.out / JOURNAL).read_bytes())
    fleet = api.fleet(found.fleet, found.out, workers=1)
    hot = next(row for row in fleet.rows if row["site"] == "d")
    assert (hot["verdict"], hot["device"], hot["capital"]) == ("NONE", None, None)
    assert hot["reason"]
    assert fleet.plan.unserved == 1
    assert fleet.worst[0]["site"] == "d"
    assert fleet.feasible
