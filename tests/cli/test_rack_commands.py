"""`planner density`, and what `planner simulate` adds for scenarios about the rack."""

from __future__ import annotations


def test_density_as_table_and_as_json(call):
    table = call("density", "article-density")
    assert table.status == 0
    assert "limit: 63 devices" in table.out
    assert "note: offset and power_law hold within 0.5 K" in table.out
    data = call("density", "article-density", "--format", "json")
    assert data.json["limit"]["devices"] == 63
    assert [row["devices"] for row in data.json["rows"]] == [10, 20, 30, 40, 50, 60, 70, 80]


def test_density_that_has_no_room_is_infeasible(call, tmp_path):
    from planner.data_files import scenarios_dir

    text = (scenarios_dir() / "article-density.yaml").read_text()
    path = tmp_path / "tight.yaml"
    path.write_text(text.replace("power_limit: 20 kW", "power_limit: 50 W"))
    assert call("density", path).status == 3


def test_theory_stands_beside_the_simulation(call):
    told = call("simulate", "theory-mmc", "--replications", "3")
    assert told.status == 0
    assert "M/M/4 in theory and here:" in told.out
    data = call("simulate", "theory-mmc", "--replications", "3", "--format", "json").json["theory"]
    assert data["model"] == "M/M/4"
    for row in data["rows"]:
        assert abs(row["error"]) < 0.15


def test_updates_and_clock_savings_stand_under_the_simulation(call):
    update = call("simulate", "article-update", "--replications", "2")
    assert "each device out for 45 s" in update.out
    assert "measure the pair" in update.out
    clocks = call("simulate", "article-dvfs", "--replications", "2")
    assert "the claimed 15% to 25% reached with: no case" in clocks.out


def test_a_report_of_a_synthetic_device_is_refused(call, tmp_path):
    refused = call("report", "theory-md1", "-o", tmp_path / "x.pdf")
    assert refused.status == 2
    assert "planner simulate" in refused.err
