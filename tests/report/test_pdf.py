import io
import os
import re
from datetime import UTC, datetime

import pytest
import typst
from pypdf import PdfReader

from planner.errors import InputError, OutputError
from planner.report.pdf import _compiled, render_pdf, write_pdf

HOSTILE = [
    '#panic("x")',
    "$x$ and _y_ and *z*",
    'quo"te <script>alert(1)</script>',
    "back\\slash // comment",
    "#{1+1} @ref <label>",
    "= heading",
    "n" * 300,
]


def read(content):
    return PdfReader(io.BytesIO(content))


def squeezed(text):
    """Text without any white space: where lines break is the typesetter's affair."""
    return re.sub(r"[\s\u200b]", "", text)


def text_of(content):
    return squeezed("".join(page.extract_text() for page in read(content).pages))


@pytest.fixture(scope="session")
def study_pdf(sample):
    return render_pdf(sample.study())


def test_pages_metadata_and_outline(study_pdf):
    document = read(study_pdf)
    assert 7 <= len(document.pages) <= 14
    assert document.metadata.title == "Optical inspection of a bottling line"
    assert document.metadata.author == "planner 0.1.0"
    assert document.metadata.creation_date.date().isoformat() == "2026-11-22"
    assert document.trailer["/Root"]["/Lang"] == "en-GB"
    titles = [entry.title for entry in document.outline if not isinstance(entry, list)]
    assert titles == [
        "Optical inspection of a bottling line",
        "The answer in full",
        "Comparison",
        "The network",
        "Latency",
        "The rack, simulated",
        "Assumptions",
        "Appendix",
    ]
    assert len(study_pdf) < 5_000_000


def test_the_numbers_of_the_record_are_on_the_pages(study_pdf, sample):
    text = text_of(study_pdf)
    record = sample.study()
    for shown in (
        record["answer"]["headline"],
        record["answer"]["paragraph"],
        *record["answer"]["risks"],
        "55.1 ms (53.7–56.6)",
        "8.25 GMAC",
        "85.2 TOPS",
        "205 GB/s",
        "4,720 USD",
        "131 W",
        "3 × 10⁻¹³",
        "NonMaxSuppression",
        *(item["sha256"] for item in record["digests"]),
        *(option["name"] for option in record["options"]),
    ):
        assert squeezed(shown) in text, shown


def test_the_first_page_names_the_pages_that_say_where_its_numbers_come_from(study_pdf):
    pages = [squeezed(page.extract_text()) for page in read(study_pdf).pages]
    assert "Wherethenumberscomefrom." in pages[0]
    named = dict(re.findall(r"(Comparison|Assumptions|Numbersandtheirsources)p\.(\d+)", pages[0]))
    assert set(named) == {"Comparison", "Assumptions", "Numbersandtheirsources"}
    assert all(heading in pages[int(page) - 1] for heading, page in named.items())


def test_sources_are_links(study_pdf, sample):
    links = set()
    for page in read(study_pdf).pages:
        for note in page.get("/Annots") or ():
            action = note.get_object().get("/A")
            if action is not None and "/URI" in action:
                links.add(action["/URI"])
    assert links == {source["url"] for source in sample.study()["sources"] if source["url"]}


def test_same_record_same_bytes_on_any_number_of_processes(study_pdf, sample):
    assert render_pdf(sample.study(), processes=3) == study_pdf


def test_paper(sample):
    letter = read(render_pdf(sample.brief(), paper="letter")).pages[0].mediabox
    assert (float(letter.width), float(letter.height)) == (612.0, 792.0)
    a4 = read(render_pdf(sample.brief())).pages[0].mediabox
    assert (float(a4.width), float(a4.height)) == pytest.approx((595.28, 841.89), abs=0.01)


def test_strings_are_data(sample):
    record = sample.study()
    record["scenario"].update(title=" ".join(HOSTILE), question=" ".join(HOSTILE))
    record["answer"].update(headline=HOSTILE[0], paragraph=" ".join(HOSTILE), risks=HOSTILE)
    record["warnings"] = HOSTILE
    record["assumptions"] = [{"topic": text, "text": text, "status": text} for text in HOSTILE]
    for place, option in enumerate(record["options"]):
        option.update(
            name=HOSTILE[place % 7], mode=HOSTILE[(place + 1) % 7], reasons=[HOSTILE[(place + 2) % 7]]
        )
    for place, value in enumerate(record["figures"]):
        value.update(path=HOSTILE[place % 7], source=HOSTILE[(place + 1) % 7], note=HOSTILE[(place + 2) % 7])
    record["sources"][0].update(id=HOSTILE[1], url="javascript:alert(1)")
    content = render_pdf(record)
    text = text_of(content)
    for name in HOSTILE:
        assert text.count(squeezed(name)) >= 3, name
    assert b"/URI (javascript" not in content


@pytest.mark.usefixtures("without_drawings")
def test_long_names_stay_on_the_page(sample):
    record = sample.brief()
    record["warnings"] = ["n" * 300]
    page_right = 595.28 - 50
    ends = []

    def visit(text, _, matrix, __, size):
        if set(text.strip()) == {"n"}:
            ends.append(matrix[4] + len(text.strip()) * 0.5 * size)

    for page in read(render_pdf(record)).pages:
        page.extract_text(visitor_text=visit)
    assert ends
    assert max(ends) < page_right


def test_right_to_left_text_is_set(sample):
    record = sample.brief()
    record["warnings"] = ["שלום", "مرحبا"]
    text = text_of(render_pdf(record))
    assert set("שלום") <= set(text)


@pytest.mark.usefixtures("without_drawings")
def test_infeasible_says_what_binds(sample):
    record = sample.infeasible()
    content = render_pdf(record)
    first = squeezed(read(content).pages[0].extract_text())
    for shown in ("INFEASIBLE", "What binds", "not met", record["options"][0]["reasons"][0], "56 W at least"):
        assert squeezed(shown) in first, shown
    assert "simulated" not in text_of(content)
    assert "None" not in first


@pytest.mark.usefixtures("without_drawings")
def test_one_option_and_little_else(sample):
    record = sample.study()
    record["options"] = [record["chosen"]]
    record["chosen"].update(
        mode=None, engine=None, spares=None, utilisation=None, power_w=None, temperature_c=None,
        capital=None, running_cost_per_year=None, total_cost=None, planning_latency_s=None,
    )  # fmt: skip
    empty = ("constraints", "roofline", "ladder", "rivals", "assumptions", "figures", "sources", "warnings")
    record.update({key: [] for key in (*empty, "digests", "networks")}, rack=None)
    text = text_of(render_pdf(record))
    assert "unknown" in text
    assert not re.search(r"USD0(?!\.)", text)
    assert "None" not in text


def test_no_options_at_all(sample):
    assert "nothingtocompare" in text_of(render_pdf(sample.brief()))


def test_five_thousand_kernels_are_aggregated_and_it_is_said(sample):
    record = sample.study()
    record["roofline"][0]["kernels"] = sample.kernels(5000)
    content = render_pdf(record)
    text = text_of(content)
    assert "The300longestkernelsaredrawnonebyone;theother4,700" in text
    assert "4,988otherkernels" in text
    assert len(content) < 5_000_000


def test_unreadable_date_is_shown_and_not_fatal(sample):
    record = sample.brief()
    record["scenario"]["date"] = "some day"
    content = render_pdf(record)
    assert "someday" in text_of(content)
    assert render_pdf(record) == content


def test_a_record_of_another_shape_is_refused(sample, tmp_path):
    record = sample.brief()
    del record["answer"]
    with pytest.raises(InputError, match=r"record\.answer"):
        write_pdf(record, tmp_path / "study.pdf")
    assert list(tmp_path.iterdir()) == []


def test_written_whole(sample, tmp_path):
    path = tmp_path / "study.pdf"
    path.write_bytes(b"old")
    write_pdf(sample.brief(), path)
    assert path.read_bytes() == render_pdf(sample.brief())
    assert os.listdir(tmp_path) == ["study.pdf"]  # noqa: PTH208 - hidden files count


@pytest.mark.parametrize("place", ["absent/study.pdf", "folder", "file.txt/study.pdf"])
def test_unwritable_path(sample, tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(OutputError):
        write_pdf(sample.brief(), tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.txt", "folder"]


def test_an_interrupted_run_leaves_the_old_file(sample, tmp_path, monkeypatch):
    path = tmp_path / "study.pdf"
    path.write_bytes(b"old")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("planner.report.pdf.typst.compile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_pdf(sample.brief(), path)
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["study.pdf"]


def test_heat_day_density_and_money_are_on_the_pages(sample):
    record = sample.full()
    content = render_pdf(record)
    text = text_of(content)
    for shown in (
        "The rack, slot by slot",
        "3 devices" if record["chosen"]["count"] == 3 else f"{record['chosen']['count']} devices in use",
        "hour of the day",
        "12 devices take 13 rack units",
        "Money over the years",
        "Inferences per joule",
        record["spending"]["lines"][1]["name"],
    ):
        assert squeezed(shown) in text, shown
    assert squeezed("no price is known") in text


@pytest.mark.usefixtures("without_drawings")
def test_a_constant_day_is_said_and_not_drawn(sample):
    record = sample.full() | {"day": None}
    assert squeezed("the same load and the same supply air at every hour") in text_of(render_pdf(record))


def test_single_points_and_unknown_prices(sample):
    record = sample.full()
    record["density"]["rows"] = record["density"]["rows"][:1]
    record["spending"]["lines"] = []
    record["ladder"] = record["ladder"][:1]
    record["slots"]["temperature_c"] = [row[:1] for row in record["slots"]["temperature_c"][:1]]
    text = text_of(render_pdf(record))
    assert squeezed("No price of a feasible part is known") in text


@pytest.mark.usefixtures("without_drawings")
def test_mistakes_and_validation_are_on_the_pages(sample):
    text = text_of(render_pdf(sample.trusted()))
    for shown in (
        "85 TOPS are used of 275 on the label",
        "Accepted: the label is for marketing",
        "How well this is predicted",
        "× 0.61–1.5",
        "× 1.52",
        "149 published rows of a2, t4",
        "Sensitivity of the sum",
        "tariff <b>",
        "7,000 USD",
        "not seen",
    ):
        assert squeezed(shown) in text, shown
    assert squeezed("None of the known mistakes") in text_of(render_pdf(sample.full() | {"pitfalls": []}))


def test_letters_without_a_font_do_not_stop_an_english_report(sample):
    record = sample.brief()
    record["scenario"]["title"] = "产线 مصنع โรงงาน"
    assert render_pdf(record).startswith(b"%PDF")


def test_a_typesetter_that_gives_up_is_an_error_of_python(tmp_path, monkeypatch):
    """It raises what is none of Python's errors, as where the system gives no more threads."""

    class Panic(BaseException):
        pass

    def panics(*_args, **_options):
        raise Panic("no thread pool")

    monkeypatch.setattr(typst, "compile", panics)
    with pytest.raises(RuntimeError, match="the typesetter gave up: no thread pool"):
        _compiled(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
