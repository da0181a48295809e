"""Files that are wrong in any way end as one refusal with lines, never as a crash or a hang."""

import contextlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from planner.data_files import database_dir, scenarios_dir
from planner.errors import InputError, Problem
from planner.schema.hardware.device import Device
from planner.schema.reading.yaml_file import (
    MAX_FILE_BYTES,
    parse_document,
    read_document,
    read_model,
    validate,
)
from planner.schema.scenario.scenario import Scenario

NANO = (database_dir() / "devices" / "jetson-nano-4.yaml").read_text()


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as refusal:
        validate(parse_document(text, "part.yaml"), Device)
    return refusal.value.problems


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def changed(*replacements: tuple[str, str]) -> str:
    text = NANO
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_all_problems_of_a_file_come_in_one_message_in_the_order_of_its_lines() -> None:
    text = changed(
        ("form: module", "form: module\nname: again"),
        ("MAXN: 921.6 MHz", "MAXN: 921.6 W"),
        ("5W: 640 MHz", "TURBO: 640 MHz"),
        ("capacity: 4 GB", "capacity: 4"),
        ("technology: LPDDR4", "technolgy: LPDDR4"),
        ("value: 10 W\n", "value: -10 W\n"),
        ("amount: 99 USD", "amount: 99 dollars"),
        ("source: course_notes", "source: rumour"),
    )
    problems = problems_of(text)

    assert [problem.line for problem in problems] == sorted(problem.line or 0 for problem in problems)
    assert {(problem.where, problem.line) for problem in problems} >= {
        ("name", line_of(text, "name: again")),
        ("units.gpu.clocks.MAXN", line_of(text, "MAXN: 921.6 W")),
        ("units.gpu.clocks.TURBO", line_of(text, "TURBO: 640 MHz")),
        ("memory.capacity", line_of(text, "capacity: 4")),
        ("memory.technolgy", line_of(text, "technolgy")),
        ("modes[0].power_limit", line_of(text, "value: -10 W") - 1),
        ("price.amount", line_of(text, "amount: 99 dollars")),
    }
    assert any("rumour" in problem.got for problem in problems)


def test_a_number_that_stands_in_for_a_bad_one_gives_no_problems_of_its_own() -> None:
    (problem,) = problems_of(changed(("value: 10 W\n", "value: ten W\n")))

    assert problem.where == "modes[0].power_limit"


@pytest.mark.parametrize(
    ("old", "new", "where", "got"),
    [
        ("capacity: 4 GB", "capacity: 4", "memory.capacity", "4"),
        ("capacity: 4 GB", "capacity: 4 GB/s", "memory.capacity", "4 GB/s"),
        ("capacity: 4 GB", "capacity: 4 gigabytes", "memory.capacity", "gigabytes"),
        ("capacity: 4 GB", "capacity: [4, GB]", "memory.capacity", "[4, 'GB']"),
        ("capacity: 4 GB", "capacity: .inf", "memory.capacity", "inf"),
        ("capacity: 4 GB", "capacity: 1e999 GB", "memory.capacity", "1e999 GB"),
        ("capacity: 4 GB", "capacity: ~", "memory.capacity", "nothing"),
        ("      fp16:\n        formula: 128 CUDA", "      fp17:\n        formula: 128 CUDA",
         "units.gpu.peaks.fp17", "fp17"),
        ("5W: 640 MHz", "SUPER: 640 MHz", "units.gpu.clocks.SUPER", "SUPER"),
        ("id: jetson-nano-4", "id: [jetson]", "id", "jetson"),
        ("units:\n", "units: all\nold_units:\n", "units", "all"),
        ("schema: 1", "schema: 2", "schema", "2"),
    ],
)  # fmt: skip
def test_wrong_values_are_found_where_they_stand(old: str, new: str, where: str, got: str) -> None:
    text = changed((old, new))
    found = {problem.where: problem for problem in problems_of(text)}

    assert where in found
    assert got in found[where].got
    assert found[where].line is not None


@pytest.mark.parametrize(
    ("text", "expected", "line"),
    [
        ("a: 1\n\tb: 2\n", "spaces before a key", 2),
        ("a: &x [1]\nb: *x\n", "plain values", 1),
        ("a: !!python/object:os.system {}\n", "plain values", 1),
        ("a: !secret 1\n", "plain values", 1),
        ("a: [1\n", "valid YAML", 2),
        ("a: {b: 1\n", "valid YAML", 2),
        ("a: 'open\n", "valid YAML", 2),
        ("a: 1\n---\nb: 2\n", "valid YAML", 2),
        ("? [1, 2]\n: 3\n", "a word as key", 1),
        ("a: =\n", "a plain value", 1),
        (f"a: {'9' * 5000}\n", "a plain value", 1),
        ("a: " + "[" * 200 + "]" * 200, "at most 40 levels", 1),
        ("a: " + "{b: " * 100_000, "at most 40 levels", 1),
    ],
)
def test_text_that_is_not_plain_yaml_names_the_line(text: str, expected: str, line: int) -> None:
    problem = problems_of(text)[0]

    assert expected in problem.expected
    assert problem.line == line


def test_anchors_that_would_explode_are_refused_before_they_do() -> None:
    """Nine levels of nine references each: 387 million words from half a kilobyte."""
    levels = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    problems = problems_of("\n".join(levels))

    assert all("anchor or alias" in problem.got for problem in problems)
    assert {problem.line for problem in problems} >= {1, 2}


def test_every_tab_is_named_up_to_a_readable_number() -> None:
    assert [problem.line for problem in problems_of("a:\n\tb: 1\n\tc: 2\n")] == [2, 3]
    assert len(problems_of("a:\n" + "\tb: 1\n" * 500)) == 20


def test_a_tab_inside_a_value_is_no_problem() -> None:
    assert parse_document("a: 'x\ty'\n", "f").values == {"a": "x\ty"}


def test_files_of_megabytes_are_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as out:
        out.truncate(50 * MAX_FILE_BYTES)
    with pytest.raises(InputError, match="at most 1000000 bytes"):
        read_document(file)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, got in ((tmp_path, "a folder"), (tmp_path / "pipe.yaml", "a device or a pipe")):
        with pytest.raises(InputError, match=got):
            read_document(path)
    with pytest.raises(InputError, match="null"):
        read_document(Path("a\0b.yaml"))


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"schema: 1\nname: caf\xe9\n")
    with pytest.raises(InputError, match="UTF-8") as refusal:
        read_document(file)
    assert refusal.value.problems[0].line == 2


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "jetson-nano-4.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + NANO.encode())
    assert read_model(file, Device).id == "jetson-nano-4"


def read_or_refuse(text: str) -> None:
    """Anything but a part or a refusal is a crash, and fails."""
    with contextlib.suppress(InputError):
        validate(parse_document(text, "part.yaml"), Device)


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
@example("a: \x00")
@example("\ud800".encode("utf-8", "replace").decode())
@example("%YAML 9.9\n---\na: 1")
@example("a: 2024-99-99")
@example("a: 1:99:99")
@example("a: 0b")
@example("<<: {a: 1}")
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)


@FUZZ
@given(
    st.integers(0, len(NANO)),
    st.integers(0, 40),
    st.text(alphabet=" \n\t:-{}[]&*!|>%@'\"#,?0aG", max_size=6),
)
def test_a_part_with_any_piece_replaced_is_read_or_refused(start: int, length: int, piece: str) -> None:
    read_or_refuse(NANO[:start] + piece + NANO[start + length :])


@FUZZ
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["id", "units", "memory", "modes", "thermal", "sources", "price", "contradictions"]),
)
def test_any_value_under_any_key_is_read_or_refused(value: object, key: str) -> None:
    document = parse_document(NANO, "part.yaml")
    assert isinstance(document.values, dict)
    document.values[key] = value
    with contextlib.suppress(InputError):
        validate(document, Device)


@pytest.mark.parametrize("text", ["017", "010", "-07", "1:30", "8:30.5", "0_1", "00"])
def test_numbers_of_another_base_are_refused_and_not_taken_as_others(text):
    """YAML 1.1 reads 010 as eight and 1:30 as ninety."""
    document = parse_document(f"count: {text}\n", "s.yaml")
    assert [(problem.where, problem.line) for problem in document.problems] == [("count", 1)]
    assert "decimal number" in document.problems[0].expected


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("10", 10), ("0.5", 0.5), ("1e3", "1e3"), ("'010'", "010"), ("0x1F", 31)]
)
def test_numbers_that_mean_one_thing_are_read(text, value):
    assert parse_document(f"count: {text}\n", "s.yaml").values == {"count": value}


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "0000-01-01"])
def test_a_day_that_the_calendar_does_not_have_is_refused(day):
    text = (scenarios_dir() / "theory-md1.yaml").read_text(encoding="utf-8")
    asked = re.sub(r"(?m)^date: .*$", f"date: {day}", text)
    with pytest.raises(InputError, match=r"date: expected a day of the calendar such as 2026-11-30, got"):
        validate(parse_document(asked, "s.yaml"), Scenario)
