"""The documentation as a site: its made pages are complete, its links lead somewhere, it loads nothing."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planner import api
from planner.data_files import scenarios_dir
from planner.report.pdf import render_first_page
from tests.report.sample import record

ROOT = Path(__file__).resolve().parents[2]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def pages():
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    return script("site_pages")


def test_every_part_has_a_page_with_its_numbers(pages):
    made = pages.part_pages()
    assert set(made) == {f"parts/{name}.md" for name in (*api.device_ids(), "index")}
    page = made["parts/t4.md"]
    for number in api.device_numbers(api.read_device("t4")):
        assert f"`{number.path}`" in page
    assert all(f"]({name}.md)" in made["parts/index.md"] for name in api.device_ids())


def test_every_scenario_and_every_module_of_the_api_has_a_page(pages, monkeypatch):
    monkeypatch.setattr(pages, "first_page", lambda path: b"PNG" if path.stem == "line-inspection" else None)
    made = pages.scenario_pages()
    names = {path.stem for path in scenarios_dir().glob("*.yaml")}
    assert {f"scenarios/{name}.md" for name in names} <= set(made)
    assert made["scenarios/line-inspection.png"] == b"PNG"
    assert "line-inspection.png" in made["scenarios/index.md"]
    modules = {path.stem for path in (ROOT / "planner" / "api").glob("*.py")} - {"__init__"}
    assert {f"api/{name}.md" for name in modules} <= set(pages.api_pages())


def test_examples_of_docstrings_are_code():
    """`[a][b]` of running text would be a link that leads nowhere, and a prompt three quotations deep."""
    pytest.importorskip("griffe", reason="the extra docs is not installed")
    fenced = script("site_examples").fenced
    text = "First.\n\n>>> [x for x in (1, 2)]\n[1, 2]\n>>> rows[:2]\n[]\n\nMore [a](b).\n\n>>> f()"
    expected = (
        "First.\n\n```python\n>>> [x for x in (1, 2)]\n[1, 2]\n>>> rows[:2]\n[]\n```\n\nMore [a](b).\n\n"
        "```python\n>>> f()\n```"
    )
    assert fenced(text) == expected
    assert fenced("No example.") == "No example."


def test_every_guide_is_in_the_navigation(pages):
    assert pages is not None
    nav = (ROOT / "mkdocs.yml").read_text()
    assert [path.name for path in (ROOT / "docs").glob("*.md") if f"- {path.name}" not in nav] == []


def test_links_out_of_the_site_become_pages_or_text(pages):
    known = {"index.md", "scenario.md", "nomenclature.md", "report.md"}

    def changed(text, folder="."):
        return pages._LINK.sub(lambda found: pages._link(found, folder, known), text)

    assert changed("[words](../NOMENCLATURE.md#rack)") == "[words](nomenclature.md#rack)"
    assert changed("[keys](../scenario.md)", "decisions") == "[keys](../scenario.md)"
    assert changed("[example](../reports/example)") == "example"
    assert changed("[there](https://example.org)") == "[there](https://example.org)"
    assert pages._LINK.sub(pages._from_the_root, "[r](docs/report.md)") == "[r](report.md)"


def test_the_first_page_of_a_report_is_a_picture():
    assert render_first_page(record.study()).startswith(b"\x89PNG")


def test_what_leads_nowhere_or_elsewhere_is_found(tmp_path):
    links = script("site_links")
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there"></a><a href="b.html#gone"></a><a href="c.html"></a><img src="none.png">'
        '<script src="https://cdn.example/x.js"></script><a href="https://example.org"></a>'
        '<a href="#me" id="me"></a>'
    )
    (tmp_path / "b.html").write_text(
        '<h1 id="there"></h1><link rel="stylesheet" href="//fonts.example/a.css">'
    )
    found = sorted(links.problems(tmp_path))
    assert found == [
        "a.html: loads https://cdn.example/x.js",
        "a.html: no anchor b.html#gone",
        "a.html: no c.html",
        "a.html: no none.png",
        "b.html: loads //fonts.example/a.css",
    ]


def test_a_site_that_is_not_there_is_no_good_one(tmp_path):
    assert list(script("site_links").problems(tmp_path / "site")) == [f"{tmp_path / 'site'}: no page"]


@pytest.mark.slow
def test_the_site_is_built_and_loads_nothing_from_elsewhere(pages, tmp_path):
    assert pages is not None
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(script("site_links").problems(tmp_path / "site")) == []
    index = (tmp_path / "site" / "scenarios" / "index.html").read_text()
    assert len(re.findall(r"<img [^>]*First page", index)) >= 5
    assert (tmp_path / "site" / "search" / "search_index.json").stat().st_size > 100_000
