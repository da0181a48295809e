"""A study in Chinese says nothing in English but names, terms, citations and what people wrote themselves."""

import re
from html import unescape

import pytest

from planner.plan.record.study import study_record
from planner.plan.study.study import run_study
from planner.report.blocks import as_data
from planner.report.chapters import chapters
from planner.report.page.page import render_page
from planner.wording.message import Wording
from tests.fonts import needs_chinese_font

SENTENCE = re.compile(r"(?:\b[A-Za-z][a-z'’-]+[ ,;:]+){4,}[a-z]+")
"""Five words of small letters in a row: more than a name or a term has."""

ACCURACY = "deployment: {device: jetson-orin-nano-8, count: 3, precision: int8}\n"
COMPRESSED = """networks:
  zoo:yolov5s:
    compression:
      activation_bits: 4
      pruning: {pruned: 60 %, pattern: unstructured, claimed_speedup: 2 x, one_rate: true, first_layers: 70 %}
      accuracy: {full: 80 %, compressed: 70 %, least: 75 %}
      distilled: outputs
    toolchain: {copies: synchronous, engine_built: at_start, first_run: 90 s, dynamic_axes: true}
"""


@pytest.fixture(scope="module", params=["chosen", "given", "none feasible"])
def study(request, line):
    if request.param == "given":
        return run_study(line(devices="jetson-orin-nano-8, t4", extra=ACCURACY + COMPRESSED))
    if request.param == "chosen":
        return run_study(line(devices="jetson-orin-nano-8, raspberry-pi-5"))
    return run_study(line(("power_limit: 1200 W", "power_limit: 40 W"), devices="jetson-orin-nano-8, t4"))


@pytest.fixture(scope="module")
def record(study):
    return study_record(study, "zh")


def written_by_people(study, record):
    """What stays as it was written: the scenario, and notes and citations of the database."""
    found = [record["scenario"][key] for key in ("title", "question")] + record["scenario"]["notes"]
    found += [carrier.note for carrier in study.source.scenario.site.carriers.values()]
    found += [source["title"] for source in record["sources"]]
    found += [figure["note"] for figure in record["figures"] if figure["note"]]
    found += [pitfall["source"] for pitfall in record["pitfalls"]]
    found += [formula["source"] for formula in record["formulas"]]
    return "\n".join(found)


def english(text, allowed):
    return {found for found in SENTENCE.findall(text) if found not in allowed}


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


@needs_chinese_font
def test_no_sentence_of_a_chinese_report_is_english(study, record):
    allowed = written_by_people(study, record)
    data, drawings = as_data(chapters(record, Wording("zh")), Wording("zh"))
    drawn = [
        unescape(text) for svg in drawings.values() for text in re.findall(">([^<>]+)</text>", svg.decode())
    ]
    left = {found for text in (*texts_of(data), *drawn) for found in english(text, allowed)}
    assert left == set()
    assert english("the site's airflow at every density", allowed)
    assert any("台设备" in text or "候选" in text for text in texts_of(data))


@needs_chinese_font
def test_no_sentence_of_a_chinese_page_is_english(study, record):
    shown = re.sub(r"<script.*?</script>|<style.*?</style>", "", render_page(record), flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", "\n", shown))
    assert english(text, written_by_people(study, record)) == set()


def test_english_and_chinese_records_differ_in_words_alone(study, record):
    def numbers(value):
        if isinstance(value, dict):
            return {key: numbers(inner) for key, inner in value.items() if key != "language"}
        if isinstance(value, list):
            return [numbers(inner) for inner in value]
        return value if isinstance(value, int | float) or value is None else ""

    assert numbers(study_record(study, "en")) == numbers(record)
