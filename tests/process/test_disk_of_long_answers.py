"""Every step of writing fails once, of commands whose answers take long: each is worked out once here."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from planner.cli.main import run
from planner.schema.record import canonical_json
from tests.plan.fleet.conftest import TEMPLATE, write_fleet
from tests.process.disk import assert_every_step_may_fail, content_of, tried
from tests.report.sample import record

NETWORK = "zoo:squeezenet_v1.1"
PART = ["--device", "jetson-orin-nano-8"]
COMMANDS = {
    "check kept": ["check", NETWORK, *PART, "--write-baseline", "out.json"],
    "check": ["check", NETWORK, "--against", "kept.json", "--markdown", "out.md", "--junit", "out.xml",
              "-o", "out.json"],
    "estimate": ["estimate", NETWORK, *PART, "--overlay", "out.json", "--plot", "out.svg"],
    "compare": ["compare", NETWORK, "--devices", "t4,rk3588", "--plot", "out.png", "-o", "out.csv"],
    "curve": ["curve", NETWORK, *PART, "--plot", "out.svg"],
    "list": ["zoo", "list", "-o", "out.json"],
    "devices page": ["devices", "page", "-o", "out.md"],
    "chain": ["chain", "parking-lpr", "-o", "out.json"],
    "report": ["report", "shop.yaml", "-o", "out.pdf", "--data", "out.json", "--html", "out.html",
               "--tables", "out"],
    "changes": ["report", "--compare", "study.json", "study.json", "-o", "out.md"],
    "fleet": ["fleet", "fleet/fleet.yaml", "-o", "out", "--pdf", "--page"],
}  # fmt: skip
SLOW = ("fleet", "report", "chain", "devices page", "compare")


def once(patch, module, name):
    """What a function answers, worked out the first time."""
    real, kept = getattr(module, name), []

    @functools.wraps(real)
    def answered(*args, **kwargs):
        if not kept:
            kept.append(real(*args, **kwargs))
        return kept[0]

    patch.setattr(module, name, answered)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with inputs; studies, pictures and answers of sites are worked out once, in this process."""
    from planner.plan.fleet import run as fleets
    from planner.plan.fleet.worker import reply_to_question
    from planner.plan.study import study
    from planner.report import devices_page, pdf
    from planner.report.fleet import pdf as fleet_pdf
    from planner.report.page import page

    replies = {}

    def here(tasks, *_):
        for number, task in enumerate(tasks):
            if str(task) not in replies:
                replies[str(task)] = reply_to_question(task)
            yield number, replies[str(task)]

    monkeypatch.setattr(fleets, "on_processes", here)
    once(monkeypatch, study, "run_study")
    once(monkeypatch, devices_page, "devices_page")
    once(monkeypatch, page, "render_page")
    once(monkeypatch, pdf, "render_pdf")
    once(monkeypatch, fleet_pdf, "render_fleet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in COMMANDS]
)
def test_every_step_of_writing_may_fail(folder, capsys, name):
    if name == "check":
        assert run(["check", NETWORK, *PART, "--write-baseline", "kept.json"]) == 0
    if name == "fleet":
        write_fleet(folder / "fleet")
    if name == "report":
        (folder / "shop.yaml").write_text(TEMPLATE)
    if name == "changes":
        (folder / "study.json").write_bytes(canonical_json(record.study()))
    assert assert_every_step_may_fail(COMMANDS[name], folder, capsys) > 5


def test_init_may_fail_at_every_step(folder, capsys):
    said = {"--cameras": "4", "--fps": "15", "--latency": "150ms", "--quantile": "99%", "--site": "room",
            "--devices": "jetson-orin-nano-8", "--max-power": "1kW", "--budget": "20k USD",
            "--spares": "1"}  # fmt: skip
    arguments = ["init", NETWORK, *(word for pair in said.items() for word in pair), "-o", "out.yaml"]
    assert_every_step_may_fail(arguments, folder, capsys, replaces=False)


@pytest.mark.slow
def test_a_fleet_goes_on_after_every_fault_of_the_disk(folder, capsys):
    arguments = COMMANDS["fleet"][:-2]
    write_fleet(folder / "fleet")
    steps = tried(arguments, folder, None)[1].steps
    whole = content_of(folder)
    for number in range(steps):
        tried(arguments, folder, number)
        assert run(arguments) == 0
        left = content_of(folder)
        for name in ("sites.csv", "orders.csv", "sites.parquet", "fleet.json"):
            assert left[f"out/{name}"] == whole[f"out/{name}"]
