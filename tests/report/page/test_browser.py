"""The page in a real browser: nothing fails, nothing leaves the file, knobs and tables do what they say."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess

import pytest

from planner.report.page.page import render_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine to open the page with")

PROBE = """
<script>
window.addEventListener("load", () => setTimeout(() => {
  const input = (box, n, value) => {
    const one = box.querySelectorAll("input[type=range]")[n];
    one.value = value;
    one.dispatchEvent(new Event("input"));
  };
  const found = {};
  const table = document.getElementById("options");
  const column = () => [...table.tBodies[0].rows].map((row) => row.cells[5].dataset.number ?? null);
  const sort = table.tHead.rows[0].cells[5].querySelector("button");
  sort.click();
  found.rising = column();
  sort.click();
  found.falling = column();
  const filter = table.parentElement.previousElementSibling.querySelector("input");
  filter.value = "nano";
  filter.dispatchEvent(new Event("input"));
  found.shown = [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
  const knobs = document.getElementById("what-if");
  found.start = knobs.querySelector(".result").innerText;
  [1, 0, 3, 2].forEach((value, n) => input(knobs, n, value));
  found.turned = knobs.querySelector(".result").innerText;
  const theme = document.getElementById("theme");
  const before = document.documentElement.dataset.theme;
  theme.click();
  found.themes = [before, document.documentElement.dataset.theme];
  const slots = document.querySelector('.plot[data-chart="elevation"]');
  const bar = document.querySelector(".replay-controls");
  input(bar, 0, 0);
  found.cold = slots.data[0].z.flat();
  bar.querySelector("button").click();
  found.playing = bar.querySelector("button").textContent;
  found.drawn = [...document.querySelectorAll(".plot")].map((plot) => plot.querySelector("svg") !== null);
  found.overhang = [...document.querySelectorAll(".plot")].map(
    (plot) => plot.querySelector("svg").getBoundingClientRect().right - plot.getBoundingClientRect().right);
  found.widths = [window.innerWidth, document.body.clientWidth];
  found.wide = document.documentElement.scrollWidth - window.innerWidth;
  const said = document.createElement("pre");
  said.id = "probe";
  said.textContent = JSON.stringify(found);
  document.body.append(said);
}, 500));
</script>
</body>"""


@pytest.fixture(scope="module")
def full(sample):
    return sample.full()


@pytest.fixture(scope="module")
def opened(full, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "page.html"
    probe = re.search("<script>(.*?)</script>", PROBE, flags=re.DOTALL)[1]
    allowed = f"script-src 'sha256-{base64.b64encode(hashlib.sha256(probe.encode()).digest()).decode()}' "
    text = render_page(full).replace("</body>", PROBE).replace("script-src ", allowed, 1)
    page.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={folder / 'profile'}", f"--log-net-log={folder / 'net.json'}",
            "--enable-logging=stderr", "--window-size=390,844", "--virtual-time-budget=6000", "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    net = (folder / "net.json").read_text()
    probe = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert probe, done.stderr[-2000:]
    return json.loads(html.unescape(probe.group(1))), done.stderr, net


def test_no_console_error(opened):
    assert [line for line in opened[1].splitlines() if "CONSOLE" in line] == []


def test_no_request_leaves_the_file(opened):
    hosts = set(re.findall(r'"url":"(?:https?|wss?)://([^/"]+)', opened[2]))
    browsers_own = ("google.com", "googleapis.com", "gvt1.com")
    assert {host for host in hosts if not host.endswith(browsers_own)} == set()


def test_tables_sort_and_filter(opened, full):
    found = opened[0]
    powers = sorted(option["power_w"] for option in full["options"])
    assert [float(value) for value in found["rising"]] == pytest.approx(powers)
    assert [float(value) for value in found["falling"]] == pytest.approx(powers[::-1])
    assert found["shown"] == sum("Nano" in option["name"] for option in full["options"])


def test_knobs_show_the_points_of_the_record(opened, full):
    from planner.report.numbers import percent, quantity

    grid = full["what_if"]

    def place(*at):
        sizes = [len(grid[name]) for name in ("batches", "loads", "devices")]
        return ((at[0] * sizes[0] + at[1]) * sizes[1] + at[2]) * sizes[2] + at[3]

    for text, at in ((opened[0]["start"], (0, 0, 2, 1)), (opened[0]["turned"], (1, 0, 3, 2))):
        shown = text.replace("\u00a0", " ")
        for value in (percent(grid["utilisation"][place(*at)]), quantity(grid["power_w"][place(*at)], "w")):
            assert value.replace("\u00a0", " ") in shown


def test_theme_replay_and_drawings(opened, full):
    found = opened[0]
    assert sorted(found["themes"]) == ["dark", "light"]
    assert [z for z in found["cold"] if z is not None] == full["slots"]["temperature_c"][0]
    assert found["playing"] == "Pause"
    assert all(found["drawn"])


def test_a_phone_does_not_scroll_sideways(opened):
    assert opened[0]["wide"] <= 0
    assert max(opened[0]["overhang"]) <= 1, opened[0]["widths"]
