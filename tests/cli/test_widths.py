"""Tables fit the terminal: columns are dropped by rank or rows become cards, and no word is broken."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.cli.layout import Grid, columns, fold, grid_lines
from planner.cli.output import Output, render

SCENARIO = """
schema: 1
id: door
title: A door
question: Two cameras at a door. Which part?
date: 2026-11-29
streams:
  - {name: cameras, count: 2, model: zoo:mobilenet_v2_1.0, arrivals: periodic, rate: 5 fps, jitter: 3 ms,
     slo: {latency: 200 ms, quantile: 95 %}}
candidates: {devices: [jetson-orin-nano-8, raspberry-pi-5], modes: default, precisions: [INT8], max_batch: 1,
  max_wait: 0 ms}
site:
  {supply: 25 °C, airflow: 60 cfm, recirculation: 10 %, fan: 10 w, rack_units: 6, racks: 1,
   power_limit: 0.5 KW, pue: 130 %, carriers: {module: {slots: 1, power: 5 W, price: 180 USD, rack_units: 1,
   note: a board},
   board: {slots: 1, power: 1 W, price: 40 USD, rack_units: 1, note: a supply}}}
money: {currency: USD, budget: 9000 USD, electricity: 0.2 USD/kwh, horizon_years: 3,
  prices: {raspberry-pi-5: 80 USD}}
planning: {utilisation_limit: 70 %, spares: 0}
simulation: {duration: 20 s, warmup: 5 s, replications: 4, most_replications: 4, seed: 1}
"""
NETWORK = "zoo:mobilenet_v2_1.0"
FILES = str(Path(__file__).resolve().parents[1] / "engines" / "files") + "/"
COMMANDS = (
    ("inspect", NETWORK),
    ("estimate", NETWORK, "--device", "jetson-orin-nano-8", "--layers"),
    ("what-if", NETWORK, "--device", "jetson-orin-nano-8"),
    ("curve", NETWORK, "--device", "jetson-orin-nano-8", "--up-to", "4"),
    ("split", NETWORK, "--device", "raspberry-pi-5", "--server", "t4", "--up", "20 Mbps",
     "--round-trip", "20ms"),
    ("compare", NETWORK, "--devices", "jetson-orin-*,t4", "--max-power", "15w", "--max-latency", "5 ms"),
    ("devices", "list"),
    ("devices", "show", "jetson-agx-orin-64"),
    ("devices", "check"),
    ("measurements", "list", "--limit", "30"),
    ("measurements", "corrections"),
    ("zoo", "list"),
    ("scenarios", "list"),
    ("size", "SCENARIO"),
    ("simulate", "SCENARIO"),
    ("density", "SCENARIO"),
    ("cost", "SCENARIO", "--draws", "20"),
    ("lint", "SCENARIO"),
    ("sweep", "SCENARIO", "--set", "planning.spares=0,1", "--workers", "1", "-o", "FOLDER"),
    ("import", "tegrastats", FILES + "tegrastats_orin.log"),
    ("import", "openvino", FILES + "openvino_counters.csv"),
    ("import", "trtexec", FILES + "trtexec_profile.json", FILES + "trtexec_layers.json"),
)  # fmt: skip


@pytest.fixture
def answer_of(call, monkeypatch, tmp_path):
    """What a command would print, before it is laid out."""

    def answer(arguments):
        file = tmp_path / "door.yaml"
        file.write_text(SCENARIO)
        found = []
        monkeypatch.setattr(Output, "write", lambda _, answer: found.append(answer))
        places = {"SCENARIO": str(file), "FOLDER": str(tmp_path / "sweep")}
        done = call(*(places.get(text, text) for text in arguments))
        assert done.status in (0, 3), done.err
        return found[0]

    return answer


NOTE = "in every row: not shown at 60 80 120 columns: --format csv has all remark"
"""Words of the lines below a table that say what it leaves out."""


def words(text: str) -> set[str]:
    return {word.strip(",;") for word in text.split() if set(word) != {"─"}}


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_every_table_fits_and_keeps_its_words(answer_of, arguments):
    """No line is longer, unless for one long word, and every word is one of the table without limit."""
    answer = answer_of(arguments)
    whole = words(render(answer, "table"))
    for width in (60, 80, 120):
        text = render(answer, "table", width)
        long = [line for line in text.splitlines() if columns(line) > width]
        assert all(max(columns(word) for word in line.split()) > width / 2 for line in long)
        assert words(text) - whole - words(NOTE) == set()


@given(
    st.lists(
        st.fixed_dictionaries({name: st.text("ab 1W", max_size=30) for name in ("part", "x y", "z")}),
        min_size=1,
    ),
    st.integers(20, 90),
)
def test_any_table_fits_any_width(rows, width):
    rows = [{name: " ".join(text.split()) for name, text in row.items()} for row in rows]
    lines = grid_lines(Grid(rows, right={"z"}, rank=("z", "x y"), prose={"x y"}), width)
    # A number keeps what follows it, which may be its unit.
    words_of = [re.split(r"(?<!\d) ", text) for row in rows for text in row.values()]
    longest = max(columns(word) for words in words_of for word in words)
    assert all(columns(line) <= max(width, longest + 14) for line in lines)


def test_the_least_important_columns_go_first_and_are_named():
    rows = [
        {"part": "p" * 20, "a": "1" * 20, "b": "2" * 20, "c": "3" * 20},
        dict.fromkeys(("part", "a", "b", "c"), "x"),
    ]
    lines = grid_lines(Grid(rows, rank=("b", "a")), 70)
    assert lines[0].split() == ["part", "a", "c"]
    assert lines[-1] == "not shown at 70 columns: b; --format csv has all"


def test_a_column_that_is_the_same_everywhere_becomes_a_line():
    rows = [{"part": name * 20, "batch": "1" * 20, "price": "2" * 20} for name in "pq"]
    lines = grid_lines(Grid(rows, rank=("price", "batch")), 50)
    assert "in every row: price 22222222222222222222" in " ".join(lines)


def test_rows_become_cards_where_not_even_the_rest_fits():
    rows = [{"part": "a" * 15, "latency": "b" * 15, "": "best"}]
    assert grid_lines(Grid(rows), 30) == ["a" * 15, "  latency  " + "b" * 15, "  remark   best"]


def test_a_number_keeps_its_unit_and_what_follows_stays_under_the_text():
    lines = fold("latency     1.12 ms (809 us - 1.99 ms) of this network on this part", 40)
    assert lines == ["latency     1.12 ms (809 us - 1.99 ms)", "            of this network on this part"]
    assert fold("it takes 12 ms", 13) == ["it takes", "  12 ms"]


def test_wide_signs_count_two():
    assert columns("利用率") == 6
    assert columns("é") == columns("é") == 1
