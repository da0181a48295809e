"""What may stand in the file of a part, and how everything else is refused."""

import pytest

from planner.errors import InputError, Problem
from planner.schema.hardware.device import Device, Precision
from planner.schema.reading.quantity import numbers_in
from planner.schema.reading.yaml_file import parse_document, validate

PART = """\
schema: 1
id: part
name: A part
vendor: Somebody
year: {value: 2024, source: sheet, status: vendor}
form: module
architecture: Example
sources:
  sheet: {title: Data sheet}
  meter: {title: Own meter}
units:
  gpu:
    kind: gpu
    name: GPU
    count: {value: 1, source: sheet, status: vendor}
    engines: [tensorrt]
    source: sheet
    status: vendor
    peaks:
      int8:
        status: derived
        source: sheet
        formula: per clock x clock
        FULL: 20 TOPS
        SAVE: {value: 9 TOPS, source: meter, status: measured}
      fp32: {FULL: 1 TOPS, SAVE: 0.5 TOPS}
memory:
  source: sheet
  status: vendor
  shared: true
  capacity: 8 GB
  bandwidth: {FULL: 68 GB/s, SAVE: 34 GB/s}
modes:
  - {id: FULL, default: true, source: sheet, status: vendor, power_limit: 15 W, idle: 4 W}
  - {id: SAVE, source: sheet, status: vendor, power_limit: 7 W, idle: 3 W}
thermal:
  source: sheet
  status: assumed
  note: as its sibling
  resistance: 2 K/W
  heat_capacity: 100 J/K
  throttle: 90 degC
  shutdown: 100 degC
  hysteresis: 2 K
  throttled_clock: 50 %
"""


def read(text: str) -> Device:
    return validate(parse_document(text, "part.yaml"), Device)


def refused(old: str, new: str) -> tuple[Problem, ...]:
    """The problems of the part after one replacement, which has to hit."""
    assert old in PART
    with pytest.raises(InputError) as refusal:
        read(PART.replace(old, new, 1))
    assert "part.yaml" in str(refusal.value)
    return refusal.value.problems


def only(problems: tuple[Problem, ...]) -> Problem:
    assert len(problems) == 1
    return problems[0]


def test_numbers_are_si_floats() -> None:
    part = read(PART)

    assert part.memory.bandwidth_bytes_per_s["FULL"].value == 68e9
    assert part.units["gpu"].peaks_ops_per_s[Precision.INT8]["FULL"].value == 20e12
    assert part.thermal.throttled_clock_ratio.value == 0.5


def test_the_origin_of_a_group_holds_for_its_bare_numbers() -> None:
    peaks = read(PART).units["gpu"].peaks_ops_per_s

    assert peaks[Precision.FP32]["FULL"].source == "sheet"
    assert peaks[Precision.FP32]["FULL"].status == "vendor"


def test_a_group_inside_a_group_has_its_own_origin() -> None:
    full = read(PART).units["gpu"].peaks_ops_per_s[Precision.INT8]["FULL"]

    assert (full.status, full.formula) == ("derived", "per clock x clock")


def test_a_number_with_its_own_origin_inherits_nothing() -> None:
    saving = read(PART).units["gpu"].peaks_ops_per_s[Precision.INT8]["SAVE"]

    assert (saving.source, saving.status, saving.formula) == ("meter", "measured", None)


def test_every_number_is_found_once_with_its_path_and_dimension() -> None:
    entries = {".".join(map(str, entry.path)): entry for entry in numbers_in(read(PART))}

    assert entries["units.gpu.peaks.int8.FULL"].dimension == "ops_per_s"
    assert entries["modes.1.idle"].number.value == 3.0
    assert entries["year"].dimension is None
    assert len(entries) == len(list(numbers_in(read(PART)))) == 19


@pytest.mark.parametrize(
    ("old", "new", "where", "expected", "got"),
    [
        ("capacity: 8 GB", "capacity: 8 W", "memory.capacity", "'W' is a unit of power", "8 W"),
        ("capacity: 8 GB", "capacity: 8", "memory.capacity", "a number with its unit", "8"),
        ("power_limit: 15 W", "power_limit: -15 W", "modes[0].power_limit", "zero or more", "-15 W"),
        ("form: module", "form: brick", "form", "'module', 'board', 'card' or 'server'", "brick"),
        ("year: {value: 2024,", "year: {value: soon,", "year", "a valid integer", "soon"),
    ],
)
def test_wrong_values_name_key_expectation_and_text(
    old: str, new: str, where: str, expected: str, got: str
) -> None:
    problem = only(refused(old, new))

    assert problem.where == where
    assert expected in problem.expected
    assert got in problem.got
    assert problem.line is not None


def test_an_unknown_key_offers_the_nearest() -> None:
    problem = only(refused("architecture: Example", "architecture: Example\nlabelnote: x"))

    assert problem.where == "labelnote"
    assert "unknown key 'labelnote'" in problem.got
    assert "label_note" in problem.advice
    assert problem.line == 8


def test_a_missing_key_is_named() -> None:
    problem = only(refused("vendor: Somebody\n", ""))

    assert (problem.where, problem.got) == ("vendor", "nothing")


def test_a_number_without_source_is_refused() -> None:
    problem = only(
        refused("year: {value: 2024, source: sheet, status: vendor}", "year: {value: 2024, status: vendor}")
    )

    assert problem.where == "year.source"
    assert problem.got == "nothing"


def test_a_source_that_is_not_listed_is_refused_where_it_stands() -> None:
    problem = only(refused("source: meter", "source: rumour"))

    assert problem.where == "units.gpu.peaks.int8.SAVE"
    assert "sheet, meter" in problem.expected
    assert "rumour" in problem.got
    assert problem.line == 25


def test_a_derived_number_shows_its_formula() -> None:
    problem = only(refused("        formula: per clock x clock\n", ""))

    assert problem.expected == "a formula beside a number with status derived"
    assert problem.where == "units.gpu.peaks.int8.FULL"


def test_an_assumed_number_says_why() -> None:
    problems = refused("  note: as its sibling\n", "")

    assert len(problems) == 6
    assert {problem.expected for problem in problems} == {
        "a note beside a number with status assumed, saying why it is plausible"
    }


def test_a_mode_that_the_part_lacks_is_refused() -> None:
    problem = only(refused("SAVE: 34 GB/s", "SAVE: 34 GB/s, TURBO: 99 GB/s"))

    assert problem.where == "memory.bandwidth.TURBO"
    assert problem.expected == "one of the modes FULL, SAVE"


def test_a_mode_without_a_peak_is_refused() -> None:
    problem = only(refused("fp32: {FULL: 1 TOPS, SAVE: 0.5 TOPS}", "fp32: {FULL: 1 TOPS}"))

    assert (problem.where, problem.got) == ("units.gpu.peaks.fp32", "none for SAVE")


def test_exactly_one_mode_is_the_default() -> None:
    assert only(refused("default: true, ", "")).got == "none"
    assert only(refused("id: SAVE,", "id: SAVE, default: true,")).got == "FULL, SAVE"


def test_mode_ids_differ() -> None:
    problems = refused("id: SAVE,", "id: FULL,")

    assert "mode ids that differ" in {problem.expected for problem in problems}


def test_idle_stays_under_the_limit_and_throttle_under_shutdown() -> None:
    assert only(refused("idle: 4 W", "idle: 15 W")).where == "modes[0].idle"
    assert only(refused("throttle: 90 degC", "throttle: 101 degC")).where == "thermal.throttle"


@pytest.mark.parametrize(("asked", "used"), [("int8", "fp32"), ("fp16", "bf16")])
def test_a_fallback_leads_from_a_missing_precision_to_one_that_exists(asked: str, used: str) -> None:
    problem = only(
        refused("    engines: [tensorrt]\n", f"    engines: [tensorrt]\n    fallback: {{{asked}: {used}}}\n")
    )

    assert problem.where == f"units.gpu.fallback.{asked}"


def test_all_problems_arrive_together() -> None:
    text = (
        PART.replace("capacity: 8 GB", "capacity: 8 W")
        .replace("vendor: Somebody\n", "")
        .replace("form: module", "form: brick")
    )
    with pytest.raises(InputError) as refusal:
        read(text)

    assert {problem.where for problem in refusal.value.problems} == {"memory.capacity", "vendor", "form"}


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("name: A part", "name: A part\nname: Again", "name"),
        ("sheet: {title: Data sheet}", "sheet: &one {title: Data sheet}", "text"),
        ("name: A part", "name: *one", "text"),
        ("vendor: Somebody", "vendor:\tSomebody\n\tform: x", "text"),
    ],
)
def test_text_that_is_not_plain_yaml_is_refused(old: str, new: str, where: str) -> None:
    problem = only(refused(old, new))

    assert problem.where == where
    assert problem.line is not None


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="a mapping of keys to values"):
        read(text)


@pytest.mark.parametrize(
    ("price", "accepted"),
    [("249 USD", True), ("1_099 EUR", True), ("249", False), ("249 dollars", False), ("-1 USD", False)],
)
def test_money_has_an_amount_and_a_currency(price: str, accepted: bool) -> None:  # noqa: FBT001
    text = PART + f"price: {{amount: {price}, date: 2024-12, source: sheet, status: vendor}}\n"
    if accepted:
        part = read(text)
        assert part.price is not None
        assert len(part.price.amount_money.value.currency) == 3
    else:
        with pytest.raises(InputError, match="an amount of zero or more with a currency code"):
            read(text)


def test_a_peak_of_nothing_is_refused() -> None:
    """Every prediction divides by it."""
    problem = only(refused("SAVE: 0.5 TOPS", "SAVE: 0 TOPS"))
    assert (problem.where, problem.got) == ("units.gpu.peaks.fp32.SAVE", "'0 TOPS'")
