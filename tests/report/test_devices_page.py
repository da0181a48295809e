"""The page of all parts: current, complete, and honest about gaps."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from planner.hardware.catalog import shipped_devices
from planner.hardware.coverage import coverage, statuses
from planner.hardware.measurements import read_measurements
from planner.report.blocks import Block, Bullets, Column, Cover, Figure, Heading, Paragraph, Table, cells
from planner.report.devices_page import TITLE, devices_page, read_mutations
from planner.report.web import html, markdown
from planner.schema.reading.quantity import numbers_in

PAGE = Path(__file__).resolve().parents[2] / "docs" / "devices.md"


@pytest.fixture(scope="module")
def page() -> list[Block]:
    """Its blocks, made when the first test asks: collecting makes nothing."""
    return devices_page()[0]


@pytest.fixture(scope="module")
def text(page: list[Block]) -> str:
    return markdown(page, "devices.svg")


def test_the_committed_page_is_current(text: str) -> None:
    assert PAGE.read_text() == text, "run: planner devices page -o docs/devices.md"
    assert PAGE.with_suffix(".svg").read_bytes().startswith(b"<?xml")


def test_the_mutation_figures_are_of_the_parts_there_are() -> None:
    record = read_mutations()

    assert record is not None
    assert record["files"] == len(shipped_devices()), "run: python -m benchmarks.device_mutations"
    assert len(record["kinds"]) >= 20
    tried, caught = (sum(kind[key] for kind in record["kinds"]) for key in ("tried", "caught"))
    assert caught / tried > 0.95


def test_every_part_and_every_contradiction_is_on_the_page(text: str) -> None:
    for device in shipped_devices():
        assert f"| {device.id} |" in text
        for item in device.contradictions:
            assert item.about.replace("_", "\\_") in text


def test_coverage_counts_each_part_once_and_names_the_gaps() -> None:
    devices = shipped_devices()
    ids = [device.id for device in devices]
    for item in coverage(devices, read_measurements()):
        assert not set(item.known) & set(item.gaps)
        assert set(item.known) | set(item.gaps) <= set(ids)
        assert item.share == len(item.known) / (len(item.known) + len(item.gaps))
    by_name = {item.what: item for item in coverage(devices, read_measurements())}
    assert "xeon-6338" in by_name["price"].gaps
    assert "raspberry-pi-5" in by_name["idle draw of every mode, not assumed"].known
    assert "atlas-300i-pro" in by_name["host link"].known
    assert "jetson-nano-4" in by_name["INT8 in hardware"].gaps


def test_statuses_add_up_to_all_numbers() -> None:
    devices = shipped_devices()

    assert sum(statuses(devices).values()) == sum(1 for device in devices for _ in numbers_in(device))


def test_the_html_is_whole(page: list[Block]) -> None:
    written = html(page, TITLE)
    opened: list[str] = []

    class TagWalk(HTMLParser):
        def handle_starttag(self, tag: str, _attrs: object) -> None:
            if tag not in ("meta", "path", "use", "rect", "line"):
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if tag not in ("path", "use", "rect", "line"):
                assert opened.pop() == tag

        def handle_startendtag(self, tag: str, _attrs: object) -> None:
            """Closed where it is opened."""

    TagWalk().feed(written)
    assert opened == []
    assert written.count("<svg") == 1


def test_signs_of_the_text_stay_text() -> None:
    table = Table((Column("a|b"), Column("c", "right")), (cells("x_y", "<1"),), caption="*all*")
    blocks = [Heading("A <b>"), Paragraph("a_b", "note"), Bullets(("one", "two")), table]

    rows = "| a\\|b | c |\n| :--- | ---: |\n| x\\_y | \\<1 |\n"
    text = "# A \\<b>\n\na\\_b\n\n- one\n- two\n\n\\*all\\*\n\n"
    assert markdown(blocks, "x.svg") == text + rows
    page = html(blocks, "T & T")
    assert "<title>T &amp; T</title>" in page
    assert '<td class="right short">&lt;1</td>' in page
    assert "A &lt;b&gt;" in page


def test_a_figure_is_linked_or_inside() -> None:
    figure = Figure(b"<?xml?><svg></svg>", "what it shows", "alt")

    assert markdown([figure], "x.svg") == "![alt](x.svg)\n\nwhat it shows\n"
    assert "<svg></svg><figcaption>what it shows" in html([figure], "t")


def test_what_markdown_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="cover"):
        markdown([Cover("", "", "PASS", "PASS", "", "", ())], "")


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("[a](http://b.c)", r"\[a\](http\://b.c)"),
        ("![p](x)", r"!\[p\](x)"),
        ("www.b.c or mail@b.c", r"www\.b.c or mail\@b.c"),
        ("# head", r"\# head"),
        ("1. one", r"1\. one"),
        ("- item", r"\- item"),
        ("> said", r"\> said"),
        ("---", r"\---"),
        ("~~gone~~ &lt; $x$ `c`", r"\~\~gone\~\~ \&lt; \$x\$ \`c\`"),
        ("two\n\n# lines", "two # lines"),
        ("\x1b[2J\u202e", r"\\u001b\[2J\\u202e"),
    ],
)
def test_no_text_becomes_markup(text: str, inert: str) -> None:
    assert markdown([Paragraph(text)], "x.svg") == f"{inert}\n"


def test_a_page_of_tables_runs_and_loads_nothing() -> None:
    assert "default-src 'none'; style-src 'unsafe-inline'" in html([Paragraph("a")], "T")
