"""Every shipped scenario is answered by the command that suits it."""

from __future__ import annotations

import json

import pytest

from planner.cli.main import run
from planner.data_files import scenarios_dir

LONG = pytest.mark.slow

ANSWERS = [
    ("traffic-cabinet", "size"),
    ("article-knee", "simulate"),
    ("article-scheduler", "simulate"),
    ("article-hardware", "simulate"),
    ("article-precision", "simulate"),
    ("article-density", "density"),
    pytest.param("ascend-against-jetson", "size", marks=LONG),
    pytest.param("edge-llm", "size", marks=LONG),
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


@LONG
def test_a_language_model_is_held_up_by_its_prompts(answered):
    """A processor reads 512 tokens for minutes, and the tokens of others wait for it."""
    record = answered("edge-llm", "size")
    small = next(option for option in record["options"] if option["device"] == "raspberry-pi-5")
    assert small["verdict"] == "FAIL"
    assert "prompts" in small["verdict_reason"]
