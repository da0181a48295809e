"""What files bring into a terminal, a page or a spreadsheet: seen, and never obeyed."""

import csv
import io
import json
import math
import sys
import unicodedata

import pytest

from planner.cli.encoding import echo
from planner.cli.output import CommandResult, render
from planner.report.blocks import Paragraph, as_data
from planner.report.markup import html_of
from planner.visible import inert_cell, shortened_words, visible
from planner.wording.message import Wording

NAME = "\x1b]0;owned\x07\u202egnp.exe\u200b\x9b31m"
SEEN = "\\u001b]0;owned\\u0007\\u202egnp.exe\\u200b\\u009b31m"
ANSWER = CommandResult({"name": NAME}, [{"name": NAME, "n": 1}], [{"name": NAME + "\nnew"}], [NAME], [NAME])


def test_every_character_that_a_terminal_obeys_or_hides_is_seen():
    reversing = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    for code in range(sys.maxunicode + 1):
        sign = chr(code)
        category = unicodedata.category(sign)
        if (category in ("Cc", "Zl", "Zp", "Cs") and sign not in "\t\n") or (
            unicodedata.bidirectional(sign) in reversing
        ):
            assert visible(sign) != sign, hex(code)
    assert visible("two\tlines\nof text, 中文, é, 5 µs") == "two\tlines\nof text, 中文, é, 5 µs"
    assert visible("one\nline", one_line=True) == "one\\nline"


def test_no_form_of_an_answer_has_hidden_characters():
    for form in ("table", "csv", "json"):
        text = render(ANSWER, form)
        assert SEEN in text
        assert visible(text) == text
    assert SEEN + "\\nnew" in render(ANSWER, "table")  # a name makes no line of its own
    assert json.loads(render(ANSWER, "json")) == {"name": NAME}  # escaped, and the same to who reads it


def test_messages_are_seen_on_the_terminal(capsys):
    echo(f"planner: {NAME}", err=True)
    assert capsys.readouterr().err == f"planner: {SEEN}\n"


def test_pages_and_pdf_show_escapes():
    say = Wording("en")
    assert SEEN in html_of(Paragraph(NAME), say)
    assert as_data([Paragraph(NAME)], say)[0][0]["text"] == SEEN


def test_a_name_of_ten_megabytes_is_cut_in_tables_and_whole_in_records():
    name = "x" * 10_000_000
    answer = CommandResult({"name": name}, [{"name": name}], [{"name": name}], [name])
    assert len(render(answer, "table", 80)) < 2000
    assert json.loads(render(answer, "json"))["name"] == name
    assert shortened_words("short words " * 100) == "short words " * 100


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_becomes_a_formula(text):
    assert inert_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-5", "+1.5e3", "-0.5%", -5, -0.5, None, True, "a=1", ""])
def test_numbers_stay_numbers(value):
    assert inert_cell(value) is value


def test_names_and_cells_of_a_csv_are_inert():
    text = render(CommandResult({}, [{"=a": "=b", "n": -1.5}], []), "csv")
    assert list(csv.DictReader(io.StringIO(text))) == [{"'=a": "'=b", "n": "-1.5"}]


def test_a_number_that_is_not_finite_is_unknown_in_every_record():
    record = {"rows": [{"p": math.nan}, {"p": -math.inf}, {"p": 1.5}], "pair": (math.inf, 1)}
    answer = CommandResult(record, [{"p": math.nan, "q": 1.5}], [])
    found = json.loads(render(answer, "json"))
    assert found == {"rows": [{"p": None}, {"p": None}, {"p": 1.5}], "pair": [None, 1]}
    assert render(answer, "csv") == "p,q\n,1.5\n"
