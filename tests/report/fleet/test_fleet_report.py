"""The report on a fleet: its numbers are on the pages in both languages, names are data, the page filters."""

import base64
import hashlib
import html
import io
import json
import re
import shutil
import subprocess

import pytest
from pypdf import PdfReader

from planner.report.fleet.page import fleet_page
from planner.report.fleet.pdf import render_fleet
from tests.report.fleet.conftest import HOSTILE

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PROBE = """
const field = document.getElementById("filter");
field.value = "south";
field.dispatchEvent(new Event("input"));
const line = document.createElement("pre");
line.id = "probe";
line.textContent = JSON.stringify([...document.querySelectorAll("#sites tbody tr")].map((r) => r.innerText));
document.body.append(line);
"""


def text_of(content: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return re.sub(r"\s+", " ", text)


def test_the_numbers_of_the_record_are_on_the_pages(record):
    text = text_of(render_fleet(record))
    for shown in (
        "Three shops",
        "3 devices at 2 sites",
        "1,500 USD to buy",
        "unknown",
        "cameras: late",
        "9.0 %",
        "26 h",
        "30.0 MB",
        "Shops are invented.",
        "rk3588 serves 2 sites and has no price",
    ):
        assert shown in text, shown


def test_chinese_says_the_same(record):
    text = text_of(render_fleet(record, language="zh"))
    assert "统一的决定" in text
    assert "1,500 USD" in text


def test_same_record_same_bytes(record):
    assert render_fleet(record) == render_fleet(record)
    assert fleet_page(record) == fleet_page(record)


def test_a_fleet_that_nothing_serves_has_a_report(record):
    none = {**record["plan"], "parts": [], "served": 0}
    empty = {
        "feasible": False,
        "plan": none,
        "headroom": [],
        "orders": [],
        "pool": [],
        "swings": [],
        "years": [],
    }
    nothing = {**record, **empty, "singles": [], "groups": [{**g, "parts": {}} for g in record["groups"]]}
    assert "No part serves any of the 3 sites" in text_of(render_fleet(nothing))


def test_names_are_data(record):
    page = fleet_page(record).decode()
    assert HOSTILE not in page
    assert html.escape(HOSTILE) in page


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine to open the page with")
def test_the_page_filters_its_sites(record, tmp_path):
    page = tmp_path / "fleet.html"
    digest = base64.b64encode(hashlib.sha256(PROBE.encode()).digest()).decode()
    text = fleet_page(record).decode().replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
    page.write_text(text.replace("</body>", f"<script>{PROBE}</script></body>"), encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-extensions", f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr",
            "--virtual-time-budget=3000", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert found, done.stderr[-2000:]
    (row,) = json.loads(html.unescape(found.group(1)))
    assert "gamma" in row
    assert "1 of 3 sites" in done.stdout
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
