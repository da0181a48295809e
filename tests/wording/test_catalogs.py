"""Both catalogs have the same names with the same places, and what the code says stands in them."""

import copy
import json
import pickle
import re
import string
from pathlib import Path

import pytest

from planner.errors import MissingDataError
from planner.formulas import FORMULAS
from planner.latency.transfer.store import read_transfer, transfer_files
from planner.plan.pitfalls.lint import mistakes
from planner.schema.reading.yaml_file import read_document
from planner.wording.catalog import LANGUAGES, catalog, translation, translations
from planner.wording.message import Message, Stored, Wording, counted, message

PACKAGE = Path(__file__).resolve().parents[2] / "planner"
CHINESE = re.compile("[\u4e00-\u9fff]")


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_names():
    assert set(catalog("en")) == set(catalog("zh"))


def places_of_both(key):
    english, chinese = places(catalog("en")[key]), places(catalog("zh")[key])
    if key.endswith(".one"):  # a language may say "the other one" where another needs the number
        english, chinese = english - {"number"}, chinese - {"number"}
    return english, chinese


def test_both_languages_have_the_same_places():
    both = {key: places_of_both(key) for key in catalog("en")}
    assert len(both) > 1000
    assert {key: pair for key, pair in both.items() if pair[0] != pair[1]} == {}


def test_chinese_is_chinese():
    plain = {"text.region", "text.html_language", "text.paragraph", "join.sentences"}
    unspoken = [
        key
        for key, text in catalog("zh").items()
        if re.sub(r"\{\w+\}", "", text).strip(" ：，；。、×=+·")
        and not CHINESE.search(text)
        and key not in plain
        and not key.startswith("engine.")  # names of products
    ]
    assert all(not re.search("[a-z]{3,}", re.sub(r"\{\w+\}", "", catalog("zh")[key])) for key in unspoken)


USED = re.compile(r"""(?:say|message|counted|say\.counted|Wording\("\w+"\))\(\s*f?"([a-z_0-9A-Z.{}]+)\"""")


def used_names():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        found |= set(USED.findall(path.read_text()))
    return {name for name in found if "." in name}


def test_every_name_in_the_code_stands_in_the_catalog():
    names = set(catalog("en"))
    missing = {
        name
        for name in used_names()
        if "{" not in name and name not in names and not {f"{name}.one", f"{name}.many"} <= names
    }
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_parts_are_data(language):
    say = Wording(language)
    hostile = "{x} {0} <b> #panic $x$ \\"
    assert hostile in say("digest.device", name=hostile)


def test_a_message_is_english_text_that_can_change_language():
    inner = message("answer.planned", chosen="5 ms", low="4 ms", high="6 ms")
    outer = message("risk.not_proven", stream="cameras", reason=inner)
    assert outer == "Not proven: cameras: 5 ms per batch (band 4 ms to 6 ms)"
    assert Wording("zh").of(outer) == "尚未证实：cameras：每批 5 ms（区间 4 ms 至 6 ms）"
    assert json.loads(json.dumps(outer)) == outer


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda text: pickle.loads(pickle.dumps(text))])  # noqa: S301
def test_copies_can_change_language_too(again):
    text = message("reason.power", worst="1,300", limit="1,200")
    assert isinstance(again(text), Message)
    assert Wording("zh").of(again(text)) == "最大功耗可达 1,300 W，机柜上限 1,200 W"


def test_lists_are_joined_as_the_language_does():
    breaks = message("answer.breaks", reasons=(message("reason.price_unknown"), "own words"))
    assert breaks.endswith("checked; own words.")
    assert Wording("zh").of(breaks).endswith("无法核对预算；own words。")


def test_counting_takes_the_right_form():
    assert [counted("cover.spares", n) for n in (1, 2)] == ["and 1 spare", "and 2 spares"]


def test_a_whole_record_changes_language():
    record = {"a": [message("limit.met"), {"b": message("number.unknown")}], "c": 1.5, "d": None, "e": "own"}
    assert Wording("zh").all_of(record) == {"a": ["满足", {"b": "未知"}], "c": 1.5, "d": None, "e": "own"}


def test_an_unknown_name_is_a_defect_and_says_where():
    with pytest.raises(MissingDataError, match=r"wording/en.*no\.such"):
        message("no.such")


def test_the_glossary_uses_the_words_of_the_catalog():
    text = (PACKAGE.parent / "NOMENCLATURE.md").read_text()
    rows = [line for line in text[text.index("## In two languages") :].splitlines() if CHINESE.search(line)]
    words = {word for row in rows for word in re.findall("[\u4e00-\u9fff]+", row)} - {"中文"}
    chinese = "".join(catalog("zh").values())
    assert {word for word in words if word not in chinese} <= {
        "设备",
        "计算单元",
        "功耗模式",
        "实测上限",
        "利用率",
        "探针",
        "参照",
        "漂移",
        "核函数类别",
        "锚定",
    }
    assert len(words) > 60


def test_what_the_database_says_to_readers_has_a_translation():
    rules = {
        f"pitfall.{mistake.id}.{name}.{part}"
        for mistake in mistakes()
        for name in mistake.rules
        for part in ("title", "advice")
    }
    fits = [read_transfer(path) for path in transfer_files()]
    fitted = {f"transfer.{fit.id}.title" for fit in fits}
    callers = {f"transfer.{fit.id}.caller.{caller.profile}" for fit in fits for caller in fit.callers}
    formulas = {f"formula.{key}.{part}" for key in FORMULAS for part in ("title", "limits")}
    known = {*rules, *fitted, *callers, *formulas}
    assert all(CHINESE.search(translation("zh", key) or "") for key in known), "add it to database.zh.yaml"
    assert set(translations("zh")) == known


def test_text_of_the_database_is_english_until_it_is_said():
    text = Stored("transfer.ncnn-arm.title", "ncnn on Arm CPUs")
    assert text == "ncnn on Arm CPUs"
    assert Wording("zh").of(copy.deepcopy(text)) == "ncnn 在 Arm CPU 上"
    assert Wording("en").of(text) == Wording("zh").of(Stored("no.such", str(text))) == "ncnn on Arm CPUs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_stands_in_one_file(language):
    files = sorted((PACKAGE / "wording" / language).glob("*.yaml"))
    sections = [section for file in files for section in read_document(file).values]
    assert len(files) > 1
    assert len(sections) == len(set(sections))
