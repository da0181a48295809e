"""`planner fleet`: files, forms and exit statuses."""

import json

import pytest
from pydantic import TypeAdapter

from planner.cli.main import run
from planner.plan.fleet.result import SITE_COLUMNS
from planner.schema.record.fleet.record import FleetRecord
from tests.plan.fleet.conftest import FLEET, write_fleet

WHOLE = (
    FLEET
    + """
falling_prices: 5 %
rollout: [50 %, 50 %]
round_up: {aisles: 4}
kinds: {once: 4000 USD, per_year: 1000 USD, note: assumed}
spares: {mtbf: 50000 h, turnaround: 21 d, transport: 24 h, ready: 95 %, per: group}
visits: {price: 120 USD, planned_per_year: 1}
updates: {full: 30 MB, delta: 6 MB, waves: [50 %, 100 %], uplink: 10 Mbit/s}
"""
)
SITES = "id,group,aisles,latitude,longitude\na,north,6,50,5\nb,south,8,40,6\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = write_fleet(tmp_path_factory.mktemp("cli"), fleet=WHOLE, sites=SITES)
    command = ["fleet", str(found.fleet), "-o", str(found.out), "--workers", "1", "--quiet"]
    assert run([*command, "--pdf", "--page"]) == 0
    return found


def test_every_file_is_written(folder):
    written = {path.name for path in folder.out.iterdir() if not path.name.startswith("_")}
    lists = {"sites.csv", "sites.parquet", "orders.csv"}
    assert written == {*lists, "fleet.json", "fleet.pdf", "fleet.html"}
    head = (folder.out / "sites.csv").read_text().splitlines()[0]
    assert head == ",".join(SITE_COLUMNS)
    record = json.loads((folder.out / "fleet.json").read_text())
    TypeAdapter(FleetRecord).validate_python(record)
    assert set(record) == set(FleetRecord.__annotations__)


def test_the_table_fits_eighty_columns(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["fleet", str(folder.fleet), "-o", str(folder.out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    path = str(folder.out)
    assert [line for line in lines if len(line) > 80 and path not in line] == []
    text = "\n".join(lines)
    for part in ("by group", "by year", "shelf of north", "update, delta", "worst sites", "rounded up"):
        assert part in text
    assert "all sites" not in text


def test_json_goes_to_standard_output_alone(folder, capsys):
    assert run(["fleet", str(folder.fleet), "-o", str(folder.out), "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [row["site"] for row in record["rows"]] == ["a", "b"]
    assert record["questions"] == 1


def test_a_fleet_that_no_part_serves_ends_with_three(tmp_path, capsys):
    found = write_fleet(tmp_path / "hot", sites="id,aisles,site.supply\na,6,79 degC\n")
    assert run(["fleet", str(found.fleet), "-o", str(found.out), "--workers", "1", "--pdf"]) == 3
    assert "no part serves any of the 1 sites" in capsys.readouterr().out
    assert (found.out / "fleet.pdf").exists()


def test_a_refused_table_is_one_message_and_two(tmp_path, capsys):
    found = write_fleet(tmp_path / "bad", sites="id,aisles,site.supply\na,6,30 W\na,6,31 degC\n")
    assert run(["fleet", str(found.fleet), "-o", str(found.out)]) == 2
    said = capsys.readouterr().err
    assert "2 problems" in said
    assert "line 2, site.supply" in said
    assert "line 3, id" in said
    assert not found.out.exists()
