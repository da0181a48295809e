"""The first page: what it has in both languages, that it stays one page, and what is unknown."""

import io
import re

import pytest
from pypdf import PdfReader

from planner.report.pdf import render_pdf
from planner.report.sections.cover import cover
from planner.report.sections.first_page import nearest_limits, purchase, signature
from planner.wording.message import Wording

pytestmark = pytest.mark.usefixtures("without_drawings")

ENGLISH = Wording("en")
DIGEST = "18bcb5891eefb7e20a6f706d2e697ac3a9fe482b9a73269764afbf53d8352e94"


def squeezed(text):
    return re.sub(r"\s", "", text)


def bought(kind, count, price, **more):
    return {
        "kind": kind, "name": f"a {kind}", "order_code": None, "count": count, "price": price,
        "amount": None if price is None else count * price, "currency": "USD", "date": "2026-11-02",
        "source": "quotation 17", "status": "vendor", **more,
    }  # fmt: skip


def choice(level, factor, verdict):
    return {
        "level": level, "device": "a-part", "name": f"Part {level}", "unit": "gpu", "mode": "default",
        "engine": "tensorrt", "precision": "int8", "batch": 4, "count": 3, "spares": 1, "load_factor": factor,
        "power_w": 120.0, "capital": 2400.0, "total_cost": None, "currency": "USD", "verdict": verdict,
    }  # fmt: skip


@pytest.fixture(scope="module")
def record(sample):
    found = sample.study()
    found["scenario"]["sha256"] = DIGEST
    found["purchase"] = [
        bought("device", 4, 299.0, order_code="900-13767-0030-000"),
        bought("spare", 1, 299.0),
        bought("host", 5, 180.0),
        bought("balancer", 1, 500.0),
    ]
    found["choices"] = {
        "parts": 8, "settings": 140, "simulated": 1,
        "lines": [choice("good", 2.0, "PASS"), choice("better", 2.3, None), choice("best", 2.7, "UNDECIDED")],
    }  # fmt: skip
    return found


def first_page(record):
    return squeezed(PdfReader(io.BytesIO(render_pdf(record))).pages[0].extract_text())


def test_the_first_page_has_all_that_one_signs(record):
    page = first_page(record)
    for shown in (
        "Good, better, best", "Part better", "not simulated", "UNDECIDED", "2.7 ×",
        "8 parts in 140 settings in closed form, 1 part by simulation",
        "Bill of materials", "900-13767-0030-000", "299 USD", "2026-11-02", "quotation 17 (vendor)",
        "a spare, spare", "host: a host", "balancer: a balancer", "2,895 USD",
        "The nearest limits", "What could go wrong", "Prepared", "Checked", "Approved",
        f"SHA-256 {DIGEST[:12]}, {record['scenario']['date']}, planner",
    ):  # fmt: skip
        assert squeezed(shown) in page, shown


def test_the_first_page_in_chinese_has_no_english_but_names(record):
    page = first_page(record | {"language": "zh"})
    for shown in (
        "三档方案",
        "较优",
        "未仿真",
        "物料清单",
        "订货号",
        "主要风险",
        "编制",
        "审核",
        "批准",
        "默认",
    ):
        assert shown in page, shown
    for english in ("Good", "Bill", "default", "Approved", "vendor"):
        assert english not in page, english


def test_what_is_unknown_of_a_price_is_said_and_the_sum_is_of_the_rest(record):
    lines = [bought("device", 4, None, date="", source="unknown"), bought("carrier", 5, 100.0)]
    table = purchase(lines, ENGLISH)[1]
    rows = [[cell.text for cell in row] for row in table.rows]
    assert rows[0][3:6] == ["unknown", "unknown", "–"]
    assert rows[-1][1] == "To buy, as far as prices are known"
    assert rows[-1][4] == "500 USD"


def test_a_record_of_before_has_a_first_page_too(sample):
    before = sample.study()
    assert purchase(before.get("purchase", []), ENGLISH) == []
    table = nearest_limits(before["constraints"], ENGLISH)[1]
    assert len(table.rows) == len(before["constraints"])
    assert signature(before["scenario"], before["tool"], ENGLISH).roles == ("Prepared", "Checked", "Approved")


def test_only_the_nearest_limits_are_on_the_first_page(record):
    marked = [item | {"nearest": place < 2} for place, item in enumerate(record["constraints"])]
    heading, table = nearest_limits(marked, ENGLISH)
    assert len(table.rows) == 2
    assert f"(2 of {len(marked)})" in heading.text


def test_without_a_part_there_is_nothing_to_order_but_the_page_is_signed(sample):
    blocks = cover(sample.infeasible(), ENGLISH)
    kinds = [block.kind for block in blocks]
    assert "signature" in kinds
    assert "Bill of materials" not in [getattr(block, "text", "") for block in blocks]


def test_a_first_page_that_runs_over_is_followed_on_the_same_page(record):
    many = [bought("carrier", number, 1.0) for number in range(1, 25)]
    document = PdfReader(io.BytesIO(render_pdf(record | {"purchase": many})))
    second = squeezed(document.pages[1].extract_text())
    assert "Approved" in second
    assert "Theanswerinfull" in second
