"""The same question gives the same bytes: any hash seed, time zone, locale, folder, number of processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from planner.data_files import scenarios_dir
from planner.process.children import module_environment

QUICK = {
    "duration: 420 s": "duration: 20 s", "warmup: 20 s": "warmup: 5 s", "replications: 10": "replications: 2",
}  # fmt: skip
QUESTIONS = {
    "estimate": ["estimate", "zoo:squeezenet_v1.1", "--device", "raspberry-pi-5", "--format", "json"],
    "simulate": ["simulate", "SCENARIO", "--format", "json"],
    "compare": ["compare", "zoo:squeezenet_v1.1", "--devices", "jetson-orin-*", "--format", "csv"],
}
SURROUNDINGS: dict[str, tuple[list[str], dict[str, str]]] = {
    "as usual": ([], {}),
    "hash seed 1": ([], {"PYTHONHASHSEED": "1"}),
    "hash seed 2": ([], {"PYTHONHASHSEED": "2"}),
    "Kolkata": ([], {"TZ": "Asia/Kolkata"}),
    "far west": ([], {"TZ": "XYZ+12"}),
    "Turkish": ([], {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"}),
    "German": ([], {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}),
    "Chinese": ([], {"LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}),
    "optimised": (["-OO"], {}),
    "many threads": ([], {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4", "NUMBA_NUM_THREADS": "4"}),
}
IN_THE_QUICK_TEST = ("hash seed 1", "Turkish")


@pytest.fixture
def scenario(tmp_path) -> Path:
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    for old, new in QUICK.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "queue.yaml"
    path.write_text(text)
    return path


def answer(question: str, surroundings: str, scenario: Path, **more: str) -> bytes:
    """Standard output of the question, asked from a folder of its own."""
    options, variables = SURROUNDINGS[surroundings]
    words = [str(scenario) if word == "SCENARIO" else word for word in QUESTIONS[question]]
    elsewhere = scenario.parent / surroundings.replace(" ", "-")
    elsewhere.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, *options, "-m", "planner", *words], cwd=elsewhere,
        env=module_environment(**variables, **more), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr.decode()
    return done.stdout


def test_the_same_bytes(scenario):
    usual = answer("simulate", "as usual", scenario)
    assert len(usual) > 100
    for surroundings in IN_THE_QUICK_TEST:
        assert answer("simulate", surroundings, scenario) == usual, surroundings


@pytest.mark.slow
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_bytes_in_all_surroundings(scenario, question):
    usual = answer(question, "as usual", scenario)
    assert len(usual) > 100
    for surroundings in SURROUNDINGS:
        assert answer(question, surroundings, scenario) == usual, surroundings


@pytest.mark.slow
def test_the_same_bytes_without_kept_machine_code(scenario, tmp_path):
    usual = answer("simulate", "as usual", scenario)
    assert answer("simulate", "as usual", scenario, NUMBA_CACHE_DIR=str(tmp_path / "empty")) == usual


@pytest.mark.slow
def test_a_report_is_the_same_for_any_number_of_processes(tmp_path):
    """PDF, page, data and tables of one study, to the byte."""
    from planner.api.reports import write_report

    found = []
    for processes in (1, 2, 8):
        folder = tmp_path / str(processes)
        folder.mkdir()
        write_report(
            "line-inspection", folder / "a.pdf", data=folder / "a.json", html=folder / "a.html",
            tables=folder / "tables", processes=processes,
        )  # fmt: skip
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        found.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 5
