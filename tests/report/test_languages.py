"""The same study in Chinese: words from the catalog, letters from a font, numbers as in English."""

import io
import re

import matplotlib as mpl
import pytest
from pypdf import PdfReader

from planner.errors import InputError, MissingDataError
from planner.report import fonts
from planner.report.fonts import chinese_face, chinese_font
from planner.report.pdf import render_pdf
from tests.fonts import needs_chinese_font


def squeezed(text):
    return re.sub(r"[\s\u200b]", "", text)


@pytest.fixture(scope="module")
def chinese_pdf(sample):
    return render_pdf(sample.study() | {"language": "zh"}, paper="letter")


def text_of(content):
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


@needs_chinese_font
def test_headings_language_and_captions_are_chinese(chinese_pdf):
    document = PdfReader(io.BytesIO(chinese_pdf))
    titles = [entry.title for entry in document.outline if not isinstance(entry, list)]
    assert titles[1:4] == ["完整结论", "方案对比", "网络"]
    assert document.trailer["/Root"]["/Lang"] == "zh-CN"
    text = text_of(chinese_pdf)
    for words in ("硬件选型报告", "主要风险", "表1", "图1", "排队请求数", "每字节访存的运算次数"):
        assert words in text, words
    for english in ("Comparison", "What could go wrong", "requests waiting", "Figure", "Table"):
        assert squeezed(english) not in text, english


@needs_chinese_font
def test_numbers_are_those_of_the_english_pages(chinese_pdf, sample):
    number = re.compile(r"\d+(?:[.,]\d+)*")
    english = render_pdf(sample.study(), paper="letter")
    pages = [PdfReader(io.BytesIO(content)).pages[0].extract_text() for content in (english, chinese_pdf)]
    first, second = (sorted(number.findall(page.rpartition("planner")[0])) for page in pages)
    assert first == second


@needs_chinese_font
def test_same_record_same_bytes_in_chinese(chinese_pdf, sample):
    assert render_pdf(sample.study() | {"language": "zh"}, paper="letter") == chinese_pdf


@needs_chinese_font
def test_drawings_name_the_face_of_the_page(sample):
    from planner.report.figures.ladder import ladder
    from planner.wording.message import Wording

    svg = ladder(sample.study()["ladder"], Wording("zh")).decode()
    assert chinese_face().family in svg
    assert "每秒推理次数" in svg


def test_without_a_font_the_message_names_the_package(monkeypatch, sample):
    fonts._system_face.cache_clear()
    monkeypatch.setattr(fonts.font_manager, "findSystemFonts", list)
    with pytest.raises(MissingDataError, match=r"fonts-noto-cjk.*--font"):
        render_pdf(sample.brief() | {"language": "zh"})
    assert render_pdf(sample.brief()).startswith(b"%PDF")
    fonts._system_face.cache_clear()


@pytest.mark.parametrize("name", ["absent.ttf", "text.ttf", "DejaVuSans.ttf"])
def test_a_file_without_chinese_letters_is_refused(tmp_path, name):
    (tmp_path / "text.ttf").write_text("no font")
    path = tmp_path / name
    if name.startswith("DejaVu"):
        path = fonts.Path(mpl.get_data_path()) / "fonts" / "ttf" / name
    with chinese_font(path), pytest.raises(InputError, match="Chinese letters"):
        chinese_face()


@needs_chinese_font
def test_a_font_can_be_named(sample):
    path = chinese_face().files[0]
    with chinese_font(path):
        assert chinese_face().files == (path,)
        assert render_pdf(sample.brief() | {"language": "zh"}).startswith(b"%PDF")


@needs_chinese_font
def test_hostile_names_are_data_in_chinese_too(sample):
    hostile = ['#panic("x") $x$ *b* @ref <label>', "</script> {x} \\"]
    record = sample.brief() | {"language": "zh"}
    record["warnings"] = hostile
    record["scenario"].update(title=hostile[0], question=hostile[1])
    text = text_of(render_pdf(record))
    for name in hostile:
        assert squeezed(name) in text


@needs_chinese_font
def test_chinese_names_in_an_english_report_are_letters_and_not_boxes(sample):
    record = sample.brief()
    record["scenario"]["title"] = "产线视觉检测 line 2"
    content = render_pdf(record)
    assert "产线视觉检测" in text_of(content)
    assert "no font" not in text_of(content)


@needs_chinese_font
def test_chinese_names_in_a_drawing_take_the_width_that_they_are_set_in(sample):
    from planner.report.figures.latency import latency_bars
    from planner.wording.message import Wording

    rivals = sample.study()["rivals"]
    for rival in rivals:
        rival["name"] = "昇腾推理卡加长型号"
    svg = latency_bars(rivals, Wording("en")).decode()
    assert chinese_face().family in svg
    assert chinese_face().family not in latency_bars(sample.study()["rivals"], Wording("en")).decode()


def test_without_a_font_an_english_report_says_why_names_are_boxes(monkeypatch, sample):
    fonts._system_face.cache_clear()
    monkeypatch.setattr(fonts.font_manager, "findSystemFonts", list)
    record = sample.brief()
    assert "fonts-noto-cjk" not in text_of(render_pdf(record))
    record["warnings"] = ["相机"]
    assert "fonts-noto-cjk" in text_of(render_pdf(record))
    fonts._system_face.cache_clear()
