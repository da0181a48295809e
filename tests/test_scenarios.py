"""Every shipped scenario is answered by the command that suits it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from planner import api
from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.plan.scenario.file import read_scenario

LONG = pytest.mark.slow

ANSWERS = [
    ("traffic-cabinet", "size"),
    ("article-knee", "simulate"),
    ("article-scheduler", "simulate"),
    ("article-hardware", "simulate"),
    ("article-precision", "simulate"),
    ("article-density", "density"),
    pytest.param("ascend-against-jetson", "size", marks=LONG),
    ("edge-llm", "size"),
    pytest.param("three-hundred-cameras", "size", marks=LONG),
    pytest.param("line-inspection", "size", marks=LONG),
]


@pytest.fixture
def answered(capsys):
    def answer(name: str, command: str) -> dict:
        assert run([command, name, "--format", "json", "--quiet"]) == 0
        return json.loads(capsys.readouterr().out)

    return answer


@pytest.mark.parametrize(("name", "command"), ANSWERS)
def test_a_shipped_scenario_has_an_answer(name, command, answered):
    found = answered(name, command)
    if command == "size":
        assert found["feasible"]
        assert found["options"][0]["verdict"] == "PASS"


def test_a_cabinet_at_45_degrees_is_hot_and_holds(answered):
    """Sealed: 45 degC and 90 W of sun over 9 W/K are 55 degC before anything is switched on."""
    best = answered("traffic-cabinet", "size")["options"][0]
    assert best["inlet_c"] > 45 + 90 / 9
    assert best["simulated"]["temperature_c"]["max"] < 99
    assert best["simulated"]["throttled_share"] == 0
    assert best["redundancy"][1]["meets_target"]


def test_the_stable_scheduler_changes_a_hundredth_as_often(answered, tmp_path):
    stable = answered("article-scheduler", "simulate")["devices"]["open_changes"]
    path = tmp_path / "naive.yaml"
    text = (scenarios_dir() / "article-scheduler.yaml").read_text()
    path.write_text(text.replace("{scheduler: stable}", "{scheduler: naive}"))
    naive = answered(str(path), "simulate")["devices"]["open_changes"]
    assert stable <= 900 / 30
    assert naive > 100 * stable


def test_the_knee_of_the_article_is_near_eight_threads(answered):
    knee = answered("article-knee", "simulate")["knee"]
    assert knee["at_threads"] == pytest.approx(16_100 / 2_050)
    assert [round(row["in_flight"]) for row in knee["readings"]] == [98, 140, 177, 237]
    assert [row["whole_batches"] for row in knee["readings"]] == [True, False, False, False]


def test_six_people_share_one_small_module(answered):
    """A processor reads a question for seconds; one small module with a GPU is enough."""
    record = answered("edge-llm", "size")
    options = {option["device"]: option for option in record["options"]}
    assert options["raspberry-pi-5"]["verdict"] == "FAIL"
    assert record["options"][0]["device"] == "jetson-orin-nano-8"
    assert record["options"][0]["count"] == 1


@pytest.mark.parametrize(
    ("device", "mode", "published"),
    [("jetson-orin-nano-8", "15W", 54.8), ("jetson-agx-orin-64", "MAXN", 163.9)],
)
def test_one_reader_gets_what_is_published(device, mode, published):
    """Llama 3.2 1B with MLC, Jetson AI Lab (hardware_db/language/rates.csv, llm-144 and 145): within 1.2."""
    source = read_scenario(Path("edge-llm"))
    candidates = source.scenario.candidates.model_copy(update={"modes": [mode]})
    asked = replace(source, scenario=source.scenario.model_copy(update={"candidates": candidates}))
    rate = 1 / api.capacities(asked, [device])[0].time_per_token_s.mid
    assert max(rate / published, published / rate) < 1.2
