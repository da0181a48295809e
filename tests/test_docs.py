"""What the documents show is executed, and what they list is complete."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from planner.cli.main import COMMANDS, run
from planner.data_files import scenarios_dir
from planner.language.rates.fitted import rates_model
from planner.plan.fleet.sites.rows import read_sites
from planner.plan.fleet.sites.table import read_table
from planner.plan.fleet.sites.template import read_spec, read_templates
from planner.plan.pitfalls.lint import mistakes
from planner.plan.scenario.file import read_scenario
from planner.plan.short.template import template
from planner.schema.fleet.fleet import FleetSpec
from planner.schema.reading.strict import StrictModel
from planner.schema.reading.yaml_file import parse_document, validate, write_document
from planner.schema.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
SCENARIO_GUIDE = (ROOT / "docs" / "scenario.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


TOUR = (ROOT / "docs" / "tour.md").read_text()
COMMANDS_OF_THE_TOUR = [
    line.split("   #")[0].strip()
    for block in [*blocks(README, "sh"), *blocks(TOUR, "sh")]
    for line in block.splitlines()
    if line.startswith("planner ")
]


def test_the_readme_fits_a_few_screens():
    assert len(README.splitlines()) <= 150


def test_the_readme_names_every_command():
    table = README[README.index("| command |") : README.index("The same in Python")]
    cells = [line.split("|")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    assert sorted(re.findall(r"`([\w-]+)`", " ".join(cells))) == sorted(COMMANDS)


def test_the_readme_prints_what_the_one_line_says(capsys, monkeypatch):
    # As into a file: a process that runs tests side by side may have a width of its own.
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("planner.cli.output.terminal_width", lambda: None)
    (question,) = (line for line in blocks(README, "sh")[2].splitlines() if line)
    assert run(shlex.split(question)[1:]) == 0
    (shown,) = blocks(README, "text")
    assert capsys.readouterr().out.startswith(shown), "copy the new lines into README.md"


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS_OF_THE_TOUR))
def test_commands_of_the_tour_run_from_any_folder(command, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


PLANNING_GUIDE = (ROOT / "docs" / "planning.md").read_text()


@pytest.mark.parametrize("block", blocks(PLANNING_GUIDE, "python"), ids=["one line", "size"])
def test_the_python_of_the_planning_guide_runs(block):
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "PASS" in done.stdout


def test_the_one_line_of_the_planning_guide_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block,) = (text for text in blocks(PLANNING_GUIDE, "sh") if "planner plan" in text)
    for line in block.splitlines():
        assert run(shlex.split(line)[1:]) == 0, line
    assert "PASS" in capsys.readouterr().out


def test_the_planning_guide_has_the_values_of_the_template():
    found = template()
    values = [*(item.device for item in found.devices), *found.sites, *list(found.currencies.value)[1:]]
    values += [str(found.stream[key].value) for key in ("latency", "quantile")]
    section = PLANNING_GUIDE[PLANNING_GUIDE.index("## In one line") : PLANNING_GUIDE.index("## Three counts")]
    assert [value for value in values if value not in section] == []


def test_readme_python_runs():
    for block in [*blocks(README, "python"), *blocks(TOUR, "python")]:
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "transferred" in done.stdout


LANGUAGE_GUIDE = (ROOT / "docs" / "llm.md").read_text()


def test_the_guide_of_language_models_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks(LANGUAGE_GUIDE, "sh") for line in block.splitlines()]
    assert len(commands) == 8
    for command in commands:
        assert run(shlex.split(command)[1:]) == 0, command
    rates, stream = blocks(LANGUAGE_GUIDE, "yaml")
    asked = parse_document(stream, "docs/llm.md").values
    changed = {**parse_document(Path("six.yaml").read_text(), "six.yaml").values, **asked}
    Path("asked.yaml").write_text(write_document(changed))
    assert len(read_scenario(Path("asked.yaml")).scenario.conversations) == 1
    (tmp_path / "rates.yaml").write_text(rates)
    own = ["llm", "zoo:qwen2-0.5b", "--device", "rk3588", "--anchor", str(tmp_path / "rates.yaml")]
    assert run(own) == 0
    (block,) = blocks(LANGUAGE_GUIDE, "python")
    exec(compile(block, "docs/llm.md", "exec"), {})  # noqa: S102 - the guide's own text
    assert "6 users" in capsys.readouterr().out


def test_the_guide_of_language_models_has_the_blind_figures():
    """Median, 90th percentile and coverage of the table are those of the fitted file."""
    kinds = {"decode": "step, one user", "prompt": "prompt", "users": "many users"}
    steps, prompts = rates_model().effects
    for item, words in (
        (steps, "steps are at {0:.2f} and\n{1:.2f}"),
        (prompts, "prompts at {0:.2f} and {1:.2f}"),
    ):
        assert words.format(item.median, item.p90) in LANGUAGE_GUIDE
        assert f"{item.coverage:.0%}".replace("%", " %") in LANGUAGE_GUIDE
    for item in rates_model().blind:
        figures = f"{item.median:.2f} | {item.p90:.2f} | {item.coverage:.0%} |".replace("%", " %")
        row = f"| {kinds[item.kind]} | {item.unit_kind.upper()} | {item.rows} | {item.parts} | {figures}"
        assert row in LANGUAGE_GUIDE


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("document", PAGES)
def test_links_lead_somewhere(document):
    file = ROOT / document
    for target in re.findall(r"\]\(([^)#]+)\)", file.read_text()):
        if "://" not in target:
            assert (file.parent / target).exists(), target


@pytest.mark.parametrize("path", sorted(scenarios_dir().glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_are_valid_and_named_after_their_file(path):
    assert read_scenario(path).scenario.id == path.stem


def test_the_scenario_of_the_guide_is_valid():
    (example,) = blocks(SCENARIO_GUIDE, "yaml")
    assert validate(parse_document(example, "guide"), Scenario).id == "gate"


@pytest.mark.parametrize("guide", ["sweep.md", "money.md", "notebook.md", "video.md"])
def test_guides_with_the_scenario_of_the_guide_run(guide, tmp_path):
    """Commands one after the other, then the Python blocks in one session."""
    own = guide == "video.md"
    (example,) = blocks((ROOT / "docs" / guide).read_text() if own else SCENARIO_GUIDE, "yaml")
    (tmp_path / ("yard.yaml" if own else "gate.yaml")).write_text(example)
    text = (ROOT / "docs" / guide).read_text()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    commands, code = "\n".join(blocks(text, "sh")), "\n".join(blocks(text, "python"))
    for command in [["/bin/sh", "-ec", commands], [sys.executable, "-c", code]]:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_the_guide_of_fleets_runs(tmp_path):
    """Its files beside the scenario of the guide: the command, then the Python, which finds what is there."""
    text = (ROOT / "docs" / "fleet.md").read_text()
    (scenario,), (fleet,), (sites,) = (
        blocks(SCENARIO_GUIDE, "yaml"),
        blocks(text, "yaml"),
        blocks(text, "csv"),
    )
    for name, content in (("gate.yaml", scenario), ("gates.yaml", fleet), ("gates.csv", sites)):
        (tmp_path / name).write_text(content)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (command,), (code,) = blocks(text, "sh"), blocks(text, "python")
    for program in (["/bin/sh", "-ec", command], [sys.executable, "-c", code]):
        done = subprocess.run(
            program,
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "north-2" in done.stdout
    assert (tmp_path / "gates" / "fleet.pdf").read_bytes().startswith(b"%PDF")


def test_the_shipped_fleet_is_valid_and_says_that_it_is_invented():
    folder = scenarios_dir() / "fleet-stores"
    spec, document = read_spec(folder / "fleet.yaml")
    sites = read_sites(read_table(folder / spec.sites), spec, read_templates(spec, document, folder))
    assert (spec.id, len(sites.sites)) == ("fleet-stores", 120)
    assert {site.own.climate for site in sites.sites} == {"north", "temperate", "south", "desert"}
    assert any("invented" in note for note in spec.notes)


def test_the_guide_of_fleets_names_every_key():
    text = (ROOT / "docs" / "fleet.md").read_text()
    plain = {"schema", "id", "title", "question", "date", "notes"}
    missing = {key for key in keys_of(FleetSpec) - plain if not re.search(rf"\b{key}\b", text)}
    assert missing - {"amount", "per_joule"} == set()


def keys_of(model: type[StrictModel]) -> set[str]:
    found = set()
    for name, info in model.model_fields.items():
        found.add(info.alias or name)
        text = str(info.annotation)
        found |= {
            key
            for inner in StrictModel.__subclasses__()
            if re.search(rf"\b{inner.__name__}\b", text)
            for key in keys_of(inner)
        }
    return found


@pytest.mark.parametrize(("name", "least"), [("article.md", 10), ("what-if.md", 4)])
def test_what_a_page_prints_is_what_stands_there(name, least):
    """Renewed by benchmarks/printed_pages.py."""
    page = (ROOT / "docs" / name).read_text()
    pairs = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, flags=re.DOTALL)
    assert len(pairs) == len(blocks(page, "python")) >= least
    names: dict[str, object] = {}
    for code, expected in pairs:
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            exec(code, names)  # noqa: S102 - the page's own code
        assert told.getvalue() == expected


@pytest.mark.parametrize("page", ["what-if.md", "power.md", "other-tools.md"])
def test_commands_of_a_page_run(page, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks((ROOT / "docs" / page).read_text(), "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            assert run(shlex.split(line)[1:]) == 0, line
    assert "Traceback" not in capsys.readouterr().err


def test_the_page_of_mistakes_names_every_rule_with_its_severity():
    page = (ROOT / "docs" / "mistakes.md").read_text()
    for mistake in mistakes():
        for name, rule in mistake.rules.items():
            row = f"| `{mistake.id}/{name}` | {rule.title[0].lower()}{rule.title[1:]} | {rule.severity} |"
            assert row in page
    assert page.count("\n| `") == sum(len(mistake.rules) for mistake in mistakes())


def test_the_guide_names_every_key_of_a_scenario():
    """Keys of conversations are on the page of language models, to which the guide sends."""
    internal = {"amount", "per_joule", "amount_per_joule", "conversations"}
    guides = SCENARIO_GUIDE + LANGUAGE_GUIDE
    missing = {key for key in keys_of(Scenario) - internal if not re.search(rf"\b{key}\b", guides)}
    assert missing == set()
