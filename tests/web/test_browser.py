"""The page in a real browser: a network is dropped, turned, planned; nothing is asked of another machine."""

import json
import re

import pytest

from planner import api
from planner.cli.main import run
from tests.web.browser import PROGRAM, Browser
from tests.web.test_answers import TWENTY

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this system (Debian: chromium)")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture
def page(browser, server):
    browser.requests.clear()
    browser.errors.clear()
    browser.size(1400, 900)
    browser.dark("light")
    browser.open(f"http://127.0.0.1:{server.port}/?lang=en")
    yield browser
    foreign = [
        address for address in browser.requests if not address.startswith(f"http://127.0.0.1:{server.port}/")
    ]
    assert foreign == []
    assert browser.errors == []


READY = "document.querySelectorAll('table.parts tbody tr').length > 100"
DRAWN = "document.querySelector('.picture-place img')?.naturalWidth > 0"
LATENCIES = """[...document.querySelectorAll('table.parts tbody tr:not([hidden])')]
  .map((row) => row.cells[4].dataset.value)"""
FOCUS = "(() => { const at = document.activeElement; return at.id || at.className || at.tagName; })()"


def test_a_dropped_network_is_answered_turned_sorted_and_filtered(page, network):
    page.drop(network)
    page.until(READY)
    page.until(DRAWN)
    assert f"{api.inspect(network).kernels}" in page.text(".facts")
    assert page.run("document.getElementById('network-status').hidden")

    page.run("document.querySelectorAll('table.parts th button')[4].click()")
    values = [float(value) for value in page.run(LATENCIES) if value is not None]
    assert values == sorted(values)
    page.set("input.filter", "jetson", "input")
    assert 5 < int(page.text(".shown-count").split()[0]) < 60

    page.set("#precision", "int8")
    page.until("document.querySelector('table.parts').textContent.includes('int8 ×')")
    assert "precision=int8" in page.run("location.search")
    assert "upload" not in page.run("location.search")


ROWS = """[...document.querySelectorAll('table.parts tbody tr')].map((row) => {
  const shown = row.querySelector('button.picture');
  return [shown.dataset.part, shown.dataset.mode, row.dataset.feasible,
    ...[4, 6, 7, 8, 9].map((cell) => row.cells[cell].dataset.value ?? null)]; })"""
"""Part, mode, whether it keeps the limits; middle of the latency, rate, power, energy, memory."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if number else name for number, name in enumerate(TWENTY)],
)
def test_a_browser_shows_the_command_lines_numbers(page, capsys, tmp_path, name):
    """Each part's row as the visitor sees it, beside `planner compare` of the same file."""
    path = tmp_path / f"{name}.onnx"
    api.export_network(name, path)
    page.drop(path)
    page.until(f"{READY} && document.querySelector('#network-answer h3').textContent.includes({name!r})")
    capsys.readouterr()
    assert run(["compare", str(path), "--devices", "*", "--modes", "default", "--format", "json"]) == 0
    first = {}
    for item in json.loads(capsys.readouterr().out)["candidates"]:
        first.setdefault(item["device"], item)
    rows = page.run(ROWS)
    assert [row[0] for row in rows] == list(first)
    for device, mode, feasible, *shown in rows:
        item = first[device]
        assert (mode, feasible) == (item["mode"], "yes" if item["feasible"] else "no")
        told = [item["planning_latency_s"], None, item["power_w"], item["energy_per_inference_j"]]
        told = [value and value["mid"] for value in told]
        told[1] = item["throughput_per_s"]
        if not item["fits"]:
            told = [None, None, told[2], None]
        expected = [*told, item["memory_bytes"]["total"]]
        assert [value if value is None else float(value) for value in shown] == expected, device


def test_the_page_goes_by_keyboard_alone(page):
    """From the top: skip link, language, file, list, settings, and Enter works it out."""
    page.run("document.getElementById('model').value = 'zoo:resnet18'")
    seen = []
    while len(seen) < 14 and "max_latency" not in seen:
        page.key("Tab", 9)
        seen.append(page.run(FOCUS))
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") != "none", seen
    assert seen[:2] == ["skip", "A"]
    assert {"file", "model", "precision", "batch", "modes", "max_latency"} <= set(seen)
    page.key("Enter", 13)
    page.until(READY)


def test_a_plan_is_made_stopped_and_explained(page):
    submit = "document.getElementById('plan').requestSubmit()"
    page.set("#model", "zoo:resnet18")
    page.until(READY)
    page.run(submit)
    page.until("!document.getElementById('plan-error').hidden")
    assert "cameras" in page.text("#plan-error")
    for name, value in (("cameras", "6"), ("fps", "10"), ("devices", "jetson-orin-nano-8")):
        page.set(f"#{name}", value)
    page.run(submit)
    page.until("document.querySelector('#plan-answer .verdict.pass')")
    assert "Orin Nano" in page.text("#plan-answer .headline")
    page.set("#devices", "*")
    page.run(submit)
    page.until("!document.getElementById('plan-status').hidden")
    page.run("document.querySelector('#plan-status button').click()")
    page.until("!document.getElementById('plan-error').hidden")
    assert "Stopped" in page.text("#plan-error")


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_both_widths_and_both_schemes(page, width, scheme):
    page.size(width, 900)
    page.dark(scheme)
    page.open(f"{page.run('location.origin')}/?lang=zh&model=zoo:resnet18")
    page.run("document.getElementById('network').requestSubmit()")
    page.until(READY)
    assert page.run("document.documentElement.scrollWidth") <= width
    for selector in ("body", ".note", "button.main", ".badge.good", "a", "dt"):
        assert contrast(*page.run(COLOURS % selector)) >= 4.5, (selector, scheme)


COLOURS = """(() => {
  let element = document.querySelector('%s');
  const ink = getComputedStyle(element).color;
  const ground = () => getComputedStyle(element).backgroundColor;
  while (ground() === 'rgba(0, 0, 0, 0)') element = element.parentElement;
  return [ink, ground()];
})()"""
"""The colours of an element's text and of what is behind it."""


def contrast(one: str, other: str) -> float:
    """WCAG 2.1, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(text) / 255 for text in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_a_broken_file_and_one_too_large_are_explained(page, tmp_path):
    broken = tmp_path / "<b>broken.onnx"
    broken.write_bytes(b"\x89PNG no network")
    page.drop(broken)
    page.until("!document.getElementById('network-error').hidden")
    assert "ONNX" in page.text("#network-error")
    assert page.run("document.querySelectorAll('main b').length") == 0
    large = tmp_path / "large.onnx"
    with large.open("wb") as file:
        file.truncate(2 * 10**9)
    page.choose(large)
    page.until("document.getElementById('network-error').textContent.includes('20 MB')")
    assert not any("/models" in address and "large" in address for address in page.requests)


def test_a_tab_that_is_closed_stops_its_question(server, tmp_path):
    other = Browser(tmp_path / "profile")
    other.open(f"http://127.0.0.1:{server.port}/?model=zoo:yolov5s&modes=all")
    other.run("document.getElementById('network').requestSubmit()")
    other.until("performance.getEntriesByType('resource').some((e) => /jobs\\/[\\w-]{20}/.test(e.name))")
    found = next(address for address in reversed(other.requests) if re.search(r"/jobs/[\w-]{20}", address))
    job = re.search(r"/jobs/([\w-]+)", found)[1]
    other.open("about:blank#gone")
    assert server.finished(job)["state"] == "stopped"
    other.close()
