"""What the documents show is executed, and what they list is complete."""

import contextlib
import functools
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
SHORTER = (("duration: 60 s", "duration: 20 s"), ("warmup: 10 s", "warmup: 5 s"))
"""Of the scenario of the guide where commands run on it: what they print is not looked at."""


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


TOUR = (ROOT / "docs" / "tour.md").read_text()
COMMANDS_OF_THE_TOUR = dict.fromkeys(
    line.split("   #")[0].strip()
    for block in [*blocks(README, "sh"), *blocks(TOUR, "sh")]
    for line in block.splitlines()
    if line.startswith("planner ")
)
BY_A_SHELL = ("planner inspect zoo:yolov5s", "planner devices show jetson-agx-orin-64")
"""Commands of the tour that a process of their own runs too, as a reader would; a start costs a second."""


def run_all(commands: str) -> None:
    """The commands of a guide in this process, one after the other, in the folder it is in."""
    for line in commands.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["planner"]:
            assert run(words[1:]) == 0, line
        elif words:
            assert words[:2] == ["python", "-m"], line
            subprocess.run([sys.executable, *words[1:]], cwd=ROOT, check=True, capture_output=True)


def run_python(code: str, name: str) -> None:
    """The Python of a guide as a program of its own."""
    exec(compile(code, name, "exec"), {"__name__": "__main__"})  # noqa: S102 - the guide's own text


def test_the_readme_fits_a_few_screens():
    assert len(README.splitlines()) <= 150


def test_the_readme_names_every_command():
    table = README[README.index("| command |") : README.index("The same in Python")]
    cells = [line.split("|")[1] for line in table.splitlines()[2:] if line.startswith("|")]
    assert sorted(re.findall(r"`([\w-]+)`", " ".join(cells))) == sorted(COMMANDS)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What a command of README and tour prints, each run once. As into a file, of a width of its own."""
    folder = tmp_path_factory.mktemp("tour")

    @functools.cache
    def found(command: str) -> str:
        told = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told):
            patch.chdir(folder)
            patch.delenv("COLUMNS", raising=False)
            patch.setattr("planner.cli.output.terminal_width", lambda: None)
            assert run(shlex.split(command)[1:]) == 0, command
        return told.getvalue()

    return found


def test_the_readme_prints_what_the_one_line_says(shown):
    (question,) = (line for line in blocks(README, "sh")[2].splitlines() if line)
    (expected,) = blocks(README, "text")
    assert shown(question).startswith(expected), "copy the new lines into README.md"


@pytest.mark.parametrize("command", COMMANDS_OF_THE_TOUR)
def test_commands_of_the_tour_run_from_any_folder(command, shown):
    """Without an error; a report says on the other stream what it wrote."""
    shown(command)


@pytest.mark.parametrize("command", BY_A_SHELL)
def test_commands_of_the_tour_run_in_a_shell(command, tmp_path):
    assert command in COMMANDS_OF_THE_TOUR
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
def test_the_python_of_the_planning_guide_runs(block, capsys):
    run_python(block, "docs/planning.md")
    assert "PASS" in capsys.readouterr().out


def test_the_one_line_of_the_planning_guide_runs(capsys, tmp_path, monkeypatch):
    """The first of its lines is that of the README."""
    monkeypatch.chdir(tmp_path)
    (block,) = (text for text in blocks(PLANNING_GUIDE, "sh") if "planner plan" in text)
    first, *others = block.splitlines()
    assert first in COMMANDS_OF_THE_TOUR
    run_all("\n".join(others))
    assert "PASS" in capsys.readouterr().out


def test_the_planning_guide_has_the_values_of_the_template():
    found = template()
    values = [*(item.device for item in found.devices), *found.sites, *list(found.currencies.value)[1:]]
    values += [str(found.stream[key].value) for key in ("latency", "quantile")]
    section = PLANNING_GUIDE[PLANNING_GUIDE.index("## In one line") : PLANNING_GUIDE.index("## Three counts")]
    assert [value for value in values if value not in section] == []


def test_readme_python_runs(capsys):
    """That of the README by an interpreter of its own, in which nothing is imported yet."""
    (readme,) = blocks(README, "python")
    done = subprocess.run(
        [sys.executable, "-c", readme], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "transferred" in done.stdout
    for block in blocks(TOUR, "python"):
        run_python(block, "docs/tour.md")
        assert "transferred" in capsys.readouterr().out


LANGUAGE_GUIDE = (ROOT / "docs" / "llm.md").read_text()


def test_the_guide_of_language_models_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = [line for block in blocks(LANGUAGE_GUIDE, "sh") for line in block.splitlines()]
    assert len(commands) == 8
    for command in commands:
        words = shlex.split(command)[1:]
        # Of all parts, as a reader asks, it takes ten seconds: which they are is no matter of the guide.
        few = ["--devices", "jetson-agx-orin-64,jetson-t5000"] if words[0] == "plan" else []
        assert run([*words, *few]) == 0, command
    rates, *questions = blocks(LANGUAGE_GUIDE, "yaml")
    assert len(questions) == 2
    six = parse_document(Path("six.yaml").read_text(), "six.yaml").values
    for question in questions:
        changed = {**six, **parse_document(question, "docs/llm.md").values}
        Path("asked.yaml").write_text(write_document(changed))
        assert len(read_scenario(Path("asked.yaml")).scenario.conversations) == 1
    (tmp_path / "rates.yaml").write_text(rates)
    own = ["llm", "zoo:qwen2-0.5b", "--device", "rk3588", "--anchor", str(tmp_path / "rates.yaml")]
    assert run(own) == 0
    (block,) = blocks(LANGUAGE_GUIDE, "python")
    run_python(block, "docs/llm.md")
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
def test_guides_with_the_scenario_of_the_guide_run(guide, tmp_path, monkeypatch):
    """Commands one after the other, then the Python blocks in one session."""
    own = guide == "video.md"
    text = (ROOT / "docs" / guide).read_text()
    (example,) = blocks(text if own else SCENARIO_GUIDE, "yaml")
    for old, new in () if own else SHORTER:
        assert old in example
        example = example.replace(old, new)
    monkeypatch.chdir(tmp_path)
    Path("yard.yaml" if own else "gate.yaml").write_text(example)
    run_all("\n".join(blocks(text, "sh")))
    run_python("\n".join(blocks(text, "python")), guide)


def test_the_guide_of_fleets_runs(tmp_path, monkeypatch, capsys):
    """Its files beside the scenario of the guide: the command, then the Python, which finds what is there."""
    text = (ROOT / "docs" / "fleet.md").read_text()
    (scenario,), (fleet,), (sites,) = (
        blocks(SCENARIO_GUIDE, "yaml"),
        blocks(text, "yaml"),
        blocks(text, "csv"),
    )
    monkeypatch.chdir(tmp_path)
    for name, content in (("gate.yaml", scenario), ("gates.yaml", fleet), ("gates.csv", sites)):
        Path(name).write_text(content)
    (command,), (code,) = blocks(text, "sh"), blocks(text, "python")
    run_all(command)
    capsys.readouterr()
    run_python(code, "docs/fleet.md")
    assert "north-2" in capsys.readouterr().out
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
        run_all(block)
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
