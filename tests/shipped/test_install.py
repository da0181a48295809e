"""What is built installs into an empty environment and works from elsewhere; so does each advice to install.

Slow: environments of their own, filled from the package index. `make test-slow` runs them.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from planner.distribution import DISTRIBUTION, install_command
from planner.schema.reading.yaml_file import read_document

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "planner").rglob("*.py"))]
PAGES = [
    path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
]
SENTENCES = [
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "planner" / "wording").rglob("*.yaml"))
]
ADVICE = re.compile(r"pip install (?:--no-deps )?(?:'[^']+'|\w[\w-]*)(?: [\w-]+)?")
IMPORTS = {
    "delta": "zstandard", "engines": "onnxruntime", "llama": "cyllama, gguf", "page": "plotly", "mcp": "mcp",
    "sweep": "distributed", "video": "av, cv2", "web": "starlette", "docs": "mkdocs",
}  # fmt: skip


def advised() -> list[str]:
    """Every install command that the product or a page prints, each once."""
    printed = {
        install_command(extra)
        for text in SOURCES
        for extra in re.findall(r"install_command\(['\"](\w+)['\"]\)", text)
    }
    for text in [*SOURCES, *PAGES, *SENTENCES]:
        printed |= {found[0] for found in ADVICE.finditer(text) if "{" not in found[0]}
    return sorted(printed)


def test_the_advices_are_found():
    found = advised()
    assert {install_command(extra) for extra in ("engines", "page", "sweep", "web", "mcp")} <= set(found)
    assert all(command.startswith("pip install ") for command in found)


def test_the_container_installs_what_is_built():
    text = (ROOT / "Containerfile").read_text()
    assert f"'{DISTRIBUTION}[" in text
    named = re.findall(r"^COPY (?!--from)(\S+)", text, flags=re.MULTILINE)
    assert all((ROOT / name).exists() for name in named)
    assert re.search(r"^USER (?!root)", text, flags=re.MULTILINE)


def run(command: list[str], **more) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**clean, **more.pop("env", {})}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=1800, **more
    )
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the wheel and the source distribution, built by the usual front end."""
    pytest.importorskip("build", reason="the package build is not installed")
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)])
    assert sorted(path.suffix for path in folder.iterdir()) == [".gz", ".whl"]
    return folder


def empty(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin"


def works(programs: Path, folder: Path) -> None:
    """The main scenario, from a folder that has nothing."""
    folder.mkdir()
    planner = str(programs / "planner")
    run([planner, "report", "line-inspection", "-o", "line.pdf", "--data", "line.json"], cwd=folder)
    assert json.loads((folder / "line.json").read_text())["answer"]["verdict"] == "PASS"
    run([planner, "plan", "zoo:yolov5s", "--cameras", "4", "--fps", "15", "-o", "plan.yaml"], cwd=folder)
    assert read_document(folder / "plan.yaml").values["id"] == "plan"


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".whl", ".tar.gz"])
def test_what_is_built_works_in_an_empty_environment(built, tmp_path, ending):
    (file,) = (path for path in built.iterdir() if path.name.endswith(ending))
    programs = empty(tmp_path / "environment")
    constraint = ["--constraint", str(ROOT / "constraints.txt")]
    run([str(programs / "pip"), "install", "--quiet", *constraint, str(file)])
    works(programs, tmp_path / "elsewhere")


@pytest.mark.slow
def test_every_advice_to_install_works(built, tmp_path):
    """One after the other in one environment; the built wheel is where the index would be."""
    programs = empty(tmp_path / "environment")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "PIP_FIND_LINKS": str(built), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for command in advised():
        run(["/bin/sh", "-c", command], env=settings, cwd=tmp_path)
        for extra in re.findall(rf"{DISTRIBUTION}\[([\w,]+)\]", command):
            for name in extra.split(","):
                run([str(programs / "python"), "-c", f"import planner, {IMPORTS[name]}"], cwd=tmp_path)
    assert DISTRIBUTION in run([str(programs / "pip"), "list"]).stdout


@pytest.mark.slow
@pytest.mark.parametrize("program", ["uvx", "pipx"])
def test_it_runs_without_being_installed(built, tmp_path, program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    (wheel,) = built.glob("*.whl")
    options = ["--from", str(wheel)] if program == "uvx" else ["run", "--spec", str(wheel)]
    assert "planner" in run([program, *options, "planner", "--version"], cwd=tmp_path).stdout
