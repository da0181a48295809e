"""The composite action for GitHub: its steps run, and what it is given is never read as a command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planner.schema.reading.yaml_file import read_document

ROOT = Path(__file__).resolve().parents[2]
ACTION = ROOT / ".github" / "actions" / "check" / "action.yml"
DOCUMENT = read_document(ACTION).values
STEP = next(step for step in DOCUMENT["runs"]["steps"] if step.get("id") == "check")


def test_inputs_reach_the_script_by_the_environment_alone():
    for step in DOCUMENT["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    given = {text.removeprefix("${{ inputs.").removesuffix(" }}") for text in STEP["env"].values()}
    assert given == set(DOCUMENT["inputs"]) - {"python-version", "package"}


@pytest.fixture
def step(tmp_path):
    def execute(**inputs: str):
        values = {name: str(item.get("default", "")) for name, item in DOCUMENT["inputs"].items()} | inputs
        own = {name: values[text[len("${{ inputs.") : -len(" }}")]] for name, text in STEP["env"].items()}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary"}
        return subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **own,
                 **{name: str(tmp_path / file) for name, file in files.items()}},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return execute


def test_the_step_writes_a_summary_and_its_status(step, tmp_path):
    done = step(model="zoo:resnet18", devices="t4", options="--write-baseline=base.json\n--plan-for=typical")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "base.json").read_text())["model"] == "resnet18"
    grown = step(model="zoo:resnet34", against="base.json")
    assert grown.returncode == 3
    assert "FAILED" in (tmp_path / "summary").read_text()
    assert (tmp_path / "output").read_text() == "status=0\nstatus=3\n"
    assert (tmp_path / "planner-check.xml").is_file()


def test_an_input_is_no_command(step, tmp_path):
    done = step(model="$(touch owned); `touch owned` zoo:resnet18", devices='t4"; touch owned; "')
    assert done.returncode == 2
    assert not (tmp_path / "owned").exists()
