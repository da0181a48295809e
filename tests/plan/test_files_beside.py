"""Files that a scenario names: the same ones wherever it is run from, and none outside its folder."""

from pathlib import Path

import pytest

from planner import api
from planner.data_files import allow_files_outside, scenarios_dir
from planner.errors import InputError
from planner.plan.scenario.file import read_scenario

POISSON, TRACE = "arrivals: poisson", "arrivals: trace\n    trace: {}"


def scenario_with(folder: Path, trace: str) -> Path:
    folder.mkdir(exist_ok=True)
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    assert POISSON in text
    path = folder / "own.yaml"
    path.write_text(text.replace(POISSON, TRACE.format(trace)))
    return path


def write_trace(path: Path, rate_per_s: int) -> None:
    rows = "".join(f"{n / rate_per_s}\n" for n in range(rate_per_s * 3))
    path.write_text(f"time_s\n{rows}")


def test_a_trace_is_relative_to_its_scenario_and_not_to_where_one_is(tmp_path, monkeypatch):
    path = scenario_with(tmp_path / "scen", "t.csv")
    write_trace(tmp_path / "scen" / "t.csv", 50)
    write_trace(tmp_path / "t.csv", 1)
    monkeypatch.chdir(tmp_path)
    trace = read_scenario(Path("scen/own.yaml")).scenario.streams[0].trace
    assert Path(trace).resolve() == tmp_path / "scen" / "t.csv"
    (tmp_path / "scen" / "t.csv").unlink()  # and the one that is here is not read in its place
    with pytest.raises(InputError, match=r"line \d+, streams\[0\].trace: expected a file, got no such file"):
        read_scenario(path)


@pytest.mark.parametrize("name", ["../t.csv", "{}/t.csv", "below/../../t.csv", "link.csv", "linked/t.csv"])
def test_nothing_outside_is_read(name, tmp_path):
    write_trace(tmp_path / "t.csv", 50)
    path = scenario_with(tmp_path / "scen", name.format(tmp_path))
    (path.parent / "below").mkdir()
    (path.parent / "link.csv").symlink_to("../t.csv")
    (path.parent / "linked").symlink_to("..")
    with pytest.raises(InputError, match=r"which is outside; .*--allow-outside"):
        api.read_scenario(path)
    with allow_files_outside():
        trace = api.read_scenario(path).scenario.streams[0].trace
    assert Path(trace).resolve() == tmp_path / "t.csv"


def test_a_network_and_an_update_outside_are_refused_together(tmp_path):
    text = (scenarios_dir() / "article-update.yaml").read_text()
    files = "  old_file: /etc/passwd\n  new_file: ../new.onnx\n"
    path = tmp_path / "own.yaml"
    path.write_text(text.replace("update:\n", f"update:\n{files}", 1))
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert [problem.where for problem in caught.value.problems] == ["update.old_file", "update.new_file"]
    line = (scenarios_dir() / "line-inspection.yaml").read_text()
    path.write_text(line.replace("zoo:yolov5s", "../../net.onnx"))
    with pytest.raises(InputError, match=r"streams\[\d\].model: expected a file in the scenario's folder"):
        read_scenario(path)


@pytest.mark.parametrize("name", ['"a\\0b"', "." + "x" * 5000, "."])
def test_a_path_that_no_file_has_is_refused(name, tmp_path):
    with pytest.raises(InputError, match=r"streams\[0\].trace"):
        read_scenario(scenario_with(tmp_path / "scen", name))
