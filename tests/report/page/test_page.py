"""The page: one file, every string of a study as data, the numbers of the record."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from planner.errors import MissingDataError
from planner.report.page import page as page_module
from planner.report.page.page import render_page, write_page
from planner.report.page.text import log_ticks
from tests.fonts import needs_chinese_font

HOSTILE = "</script><script>alert(1)</script> <b>\"'& {x} <!--record-->"


class SeenPage(HTMLParser):
    """Tags, attributes and text outside scripts and styles."""

    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text, self.numbers, self._in = [], [], [], [], None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self._in = tag if tag in ("script", "style") else None
        self.links += [value for name, value in attrs if name in ("src", "href", "action", "data")]
        if "data-number" in attributes:
            self.numbers.append(float(attributes["data-number"]))

    def handle_endtag(self, tag):  # noqa: ARG002
        self._in = None

    def handle_data(self, data):
        if self._in is None:
            self.text.append(data)


def seen(html):
    found = SeenPage()
    found.feed(html)
    return found


def stored(html, name):
    return json.loads(re.search(rf'id="{name}">(.*?)</script>', html, flags=re.DOTALL).group(1))


@pytest.fixture(scope="module")
def full(sample):
    return sample.full()


@pytest.fixture(scope="module")
def html(full):
    return render_page(full)


def test_the_page_holds_the_record_itself(html, full):
    assert stored(html, "record") == full


def test_numbers_of_the_tables_are_those_of_the_record(html, full):
    numbers = seen(html).numbers
    for option in full["options"]:
        for key in ("power_w", "capital", "total_cost", "utilisation", "temperature_c"):
            assert option[key] is None or option[key] in numbers
    for row in full["density"]["rows"]:
        assert row["device_c"] in numbers
    for line in full["spending"]["lines"]:
        assert line["spent"][-1] in numbers


def test_the_knobs_have_a_text_for_every_point(html, full):
    grid, view = full["what_if"], stored(html, "view")["what_if"]
    points = len(grid["precisions"]) * len(grid["batches"]) * len(grid["loads"]) * len(grid["devices"])
    assert [len(axis) for axis in view["axes"]] == [
        len(grid[name]) for name in ("precisions", "batches", "loads", "devices")
    ]
    for row in view["rows"]:
        assert len(row["texts"]) == points


def test_nothing_is_asked_for_from_outside(html, full):
    found = seen(html)
    policy = next(a["content"] for tag, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    runs = re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    assert len(runs) == 2
    for script in runs:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    known = {source["url"] for source in full["sources"]}
    assert all(link.startswith("#") or link in known for link in found.links)
    assert not [tag for tag, _ in found.tags if tag in ("link", "img", "iframe", "object", "embed")]


def test_language_title_and_headings_for_a_screen_reader(html):
    found = seen(html)
    assert next(a["lang"] for tag, a in found.tags if tag == "html") == "en"
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for tag, attributes in found.tags:
        if "plot" in attributes.get("class", "").split():
            assert attributes["role"] == "img", tag
            assert attributes["aria-label"]
    identities = [a["id"] for _, a in found.tags if "id" in a]
    assert len(identities) == len(set(identities))


def test_strings_are_data(sample):
    record = sample.full()
    record["scenario"].update(title=HOSTILE, question=HOSTILE)
    record["answer"].update(headline=HOSTILE, paragraph=HOSTILE, risks=[HOSTILE])
    record["warnings"] = [HOSTILE]
    for option in record["options"]:
        option["name"] = HOSTILE
    record["roofline"][0]["kernels"][0]["name"] = HOSTILE
    record["sources"][0]["url"] = "javascript:alert(1)"
    html = render_page(record)
    found = seen(html)
    assert stored(html, "record") == record
    assert sum(tag == "script" for tag, _ in found.tags) == 4
    assert not [tag for tag, _ in found.tags if tag == "b"]
    assert "javascript:alert(1)" not in found.links
    assert "".join(found.text).count(HOSTILE) > 5
    texts = stored(html, "view")["charts"]["roofline-0"]["data"]
    assert not [text for trace in texts for text in trace.get("text", []) if "<script" in text]


@needs_chinese_font
def test_chinese(sample):
    html = render_page(sample.full() | {"language": "zh"})
    text = "".join(seen(html).text)
    assert '<html lang="zh-CN">' in html
    for words in ("参数调节", "方案对比", "主要风险", "历年费用"):
        assert words in text


def test_same_record_same_bytes(html, full):
    assert render_page(full) == html


@pytest.mark.parametrize("change", [{}, {"rack": None}, {"what_if": None}, {"options": []}])
def test_little_is_known(sample, change):
    html = render_page(sample.infeasible() | change)
    assert "INFEASIBLE" in html


def test_without_plotly_the_message_says_what_to_install(sample, monkeypatch, tmp_path):
    import builtins

    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("plotly"):
            raise ModuleNotFoundError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDataError, match=r"planner\[page\]"):
        write_page(sample.brief(), tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_leaves_the_old_file(sample, tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(page_module, "_plotly", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_page(sample.brief(), path)
    assert path.read_text() == "old"


def test_a_logarithmic_axis_says_quantities():
    close = log_ticks([0.004, 0.2], "s")
    assert {"5 ms", "10 ms", "20 ms", "100 ms"} <= {text.replace("\u00a0", " ") for text in close["ticktext"]}
    assert close["tickvals"] == sorted(close["tickvals"])
    assert len(log_ticks([1e-6, 1e3], "s")["tickvals"]) < 14
    assert log_ticks([0.0], "s") == {}
