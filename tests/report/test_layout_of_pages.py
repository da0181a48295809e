"""What makes pages hard to read: lone headings, many slots, 24 like rows, numbers that sort as text."""

import io
import re

import pytest
from pypdf import PdfReader

from planner.report.chapters import chapters
from planner.report.figures.elevation import elevation, letters
from planner.report.figures.measured import measured
from planner.report.page.page import render_page
from planner.report.pdf import render_pdf
from planner.report.sections.heat import heat
from planner.wording.message import Wording

ENGLISH, CHINESE = Wording("en"), Wording("zh")


def rack(slots, carriers, *, units=42.0, carrier_units=1.0):
    count = slots * carriers - 1
    found = {
        "rack_units": units, "carrier_units": carrier_units, "slots": slots, "carriers": carriers,
        "count": count, "spares": 1,
    }  # fmt: skip
    return found, {"time_s": [0.0], "temperature_c": [[60.0 + place % 20 for place in range(count)]]}


@pytest.mark.parametrize(
    ("slots", "carriers", "written"), [(2, 10, "all"), (24, 42, "short"), (1, 42, "all"), (200, 42, "none")]
)
def test_a_slot_has_as_many_letters_as_fit(slots, carriers, written):
    where, slots_of = rack(slots, carriers)
    assert letters(where) == written
    if slots * carriers > 2000:
        return  # thousands of slots take seconds to draw, and have no letters
    svg = elevation(where, slots_of, 99.0, ENGLISH).decode()
    # `font: 8.5px ...` before Matplotlib 3.10
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)]
    assert min(sizes) >= 4.5
    assert (": 61 °C" in svg) == (written == "all")


def test_carriers_of_half_a_unit_are_drawn_high_enough_to_be_written_in():
    where, _ = rack(1, 20, units=24.0, carrier_units=0.5)
    assert letters(where) == "all"


def test_no_heading_is_the_last_thing_on_a_page(sample):
    document = PdfReader(io.BytesIO(render_pdf(sample.full())))
    titles = {re.sub(r"\s", "", entry.title) for entry in flat(document.outline)}
    for page in document.pages:
        lines = [re.sub(r"\s", "", line) for line in page.extract_text().splitlines() if line.strip()]
        assert lines[-3] not in titles, lines[-3]  # two lines of the foot


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry


def test_hours_that_are_given_the_same_are_one_line(sample):
    record = sample.full()
    record["day"] = [
        hour
        | {"hour": n, "load_ratio": 1.0, "supply_c": 24.0, "power_w": 129.0 + 0.9 * (n % 2), "p99_s": 0.025}
        for n, hour in enumerate([record["day"][3]] * 24)
    ]
    (table,) = (b for b in heat(record, ENGLISH) if b.kind == "table" and b.columns[0].head == "Hour")
    assert len(table.rows) == 1
    texts = [cell.text for cell in table.rows[0]]
    assert texts[0] == "00:00–24:00"
    assert texts[1] == "100\N{NO-BREAK SPACE}%"
    assert texts[5] == "129–130\N{NO-BREAK SPACE}W"
    record["day"][12]["load_ratio"] = 0.5
    (table,) = (b for b in heat(record, ENGLISH) if b.kind == "table" and b.columns[0].head == "Hour")
    assert [row[0].text for row in table.rows] == ["00:00–12:00", "12:00", "13:00–24:00"]


def test_columns_of_numbers_are_sorted_by_number(sample):
    """Every right-aligned cell with a digit in it, of tables that the page can sort, has its number."""
    page = render_page(sample.full())
    for table in re.findall(r"<table.*?</table>", page, re.S):
        if "colspan" in table:
            continue
        for cell in re.findall(r'<td class="right[^>]*>[^<]*</td>', table):
            text = re.sub("<[^>]*>", "", cell)
            if re.match(r"\d", text):  # not of a source, [1]
                assert "data-number" in cell, cell


@pytest.mark.parametrize("say", [ENGLISH, CHINESE])
def test_predicted_against_measured_is_in_the_body_and_the_roofline_behind(sample, say):
    record = sample.trusted() | {"language": say.language, "published": [published()]}
    blocks = chapters(record, say)
    drawn = next(
        n for n, block in enumerate(blocks) if block.kind == "figure" and "a fit 0.9" in block.caption
    )
    roofs = [n for n, block in enumerate(blocks) if getattr(block, "chart", "").startswith("roofline")]
    appendix = next(
        n for n, block in enumerate(blocks) if getattr(block, "text", "") == say("basis.appendix")
    )
    assert drawn < appendix
    assert roofs
    assert all(appendix < place for place in roofs)


def published(**changes):
    points = [
        {
            "row": f"r{n}", "model": "resnet50", "device": "a-part" if n < 3 else "another", "state": "MAXN",
            "precision": "int8", "batch": 1, "measured_s": 1e-3 * (n + 1), "predicted_s": 1.1e-3 * (n + 1),
        }
        for n in range(9)
    ]  # fmt: skip
    return {
        "title": "a fit 0.9", "device": "a-part", "level": 0.9, "low": 0.7, "high": 1.8, "own": 3,
        "planned": [{"model": "yolov5s", "batch": 4, "predicted_s": 5e-3}], "points": points, **changes,
    }  # fmt: skip


def test_points_of_the_part_and_of_others_are_drawn_apart():
    svg = measured(published(), ENGLISH).decode()
    assert "this part" in svg
    assert "other parts of the model" in svg
    assert measured(published(points=[]), ENGLISH) is None
    alone = measured(published(points=published()["points"][:3]), ENGLISH).decode()
    assert "other parts of the model" not in alone


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_exponent_no_raw_key_and_one_degree_sign(sample, language):
    record = sample.full() | {"language": language}
    for row in record["footprint"]:
        row["planned_energy_per_inference_j"] = 3.3e-3
    record["scenario"]["question"] = "Will it hold at 45 degC?"
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(record))).pages)
    assert re.search(r"45\s°C", text)
    assert "45\N{NO-BREAK SPACE}°C" in re.sub("<script.*", "", render_page(record), flags=re.S)
    assert not re.search(r"\d(?:\.\d+)?e[+-]\d", text)
    assert "degC" not in text
    assert not re.search(r"[Gg][Pp][Uu][,、] ?tensorrt", text)
    assert "303" in text or "300" in text
