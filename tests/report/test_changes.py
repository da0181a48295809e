"""Two studies against each other: what differs is found, what does not is not."""

import copy
import json

import pytest

from planner.errors import InputError
from planner.report.changes import change_blocks, changes, changes_record, read_record
from planner.report.web import markdown
from planner.wording.message import Wording

ENGLISH = Wording("en")


@pytest.fixture
def before(sample):
    return sample.study()


@pytest.fixture
def after(before):
    return copy.deepcopy(before)


def test_the_same_study_has_no_changes(before, after):
    found = changes(before, after, ENGLISH)
    assert found.none
    assert changes_record(found) == {"same": True, "answer": [], "inputs": [], "options": []}
    assert "Nothing differs" in markdown(change_blocks(before, after, found, ENGLISH), "")


def test_answer_cause_and_turned_options(before, after):
    after["chosen"] = after["chosen"] | {"count": 9, "capital": 9999.0}
    after["figures"][-1]["value"] = "1 TOPS"
    after["streams"][0]["rate_per_s"] = 25.0
    after["options"][0] = after["options"][0] | {"feasible": False, "reasons": ["too dear"]}
    after["digests"][0]["sha256"] = "cd" * 32
    found = changes(before, after, ENGLISH)
    answer = {change.what: (change.before, change.after) for change in found.answer}
    assert answer["How many"] == (str(before["chosen"]["count"]), "9")
    assert answer["To buy"][1] == "9,999 USD"
    inputs = {change.what: change for change in found.inputs}
    assert inputs[before["figures"][-1]["path"]].after == "1 TOPS"
    assert "25 /s" in inputs["stream cameras"].after.replace("\u00a0", " ")
    assert inputs["scenario"].before == "3f" * 6
    assert [change.after for change in found.options] == ["too dear"]


def test_what_only_one_study_has(before, after):
    after["streams"].append(after["streams"][0] | {"name": "second line"})
    (change,) = [c for c in changes(before, after, ENGLISH).inputs if "second line" in c.what]
    assert change.before is None
    assert change.after


def test_a_difference_that_rounding_hides_is_shown_in_full(before, after):
    after["rack"]["power_w"] += 1e-6
    (change,) = changes(before, after, ENGLISH).answer
    assert (change.before, change.after) == ("131.0", "131.000001")


def test_no_input_differs_but_the_answer_does(before, after):
    after["rack"]["power_w"] = 150.0
    found = changes(before, after, ENGLISH)
    assert found.inputs == ()
    assert "the rules of the tool itself" in markdown(change_blocks(before, after, found, ENGLISH), "")


def test_infeasible_against_feasible_in_chinese(sample, before):
    found = changes(before, sample.infeasible(), Wording("zh"))
    assert ("判定", "通过", "无可行方案") in [(c.what, c.before, c.after) for c in found.answer]


@pytest.mark.parametrize("text", ["", "no json", "[1]", '{"schema": 1}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError):
        read_record(path)
    with pytest.raises(InputError, match="no such file"):
        read_record(tmp_path / "absent.json")


def test_a_written_record_reads_back(tmp_path, before):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(before))
    assert read_record(path) == before


def test_the_last_digits_of_a_sum_are_no_change(before, after):
    after["rack"]["power_w"] *= 1 + 1e-13
    assert changes(before, after, ENGLISH).none


def test_an_assumption_that_reads_otherwise_stands_beside_its_old_text(before, after):
    after["assumptions"][0]["text"] = "Measured on the line."
    (change,) = changes(before, after, ENGLISH).inputs
    assert change.what == "assumption, accuracy"
    assert change.after == "Measured on the line."


@pytest.mark.parametrize(
    ("fact", "value", "what"),
    [
        ("verdict", "FAIL", "Verdict"),
        ("headline", "9 × another part", "headline of the first page"),
        ("paragraph", "5 devices carry 35 requests per second.", "text of the first page"),
        ("risks", ["It may rain."], "What could go wrong"),
    ],
)
def test_whatever_the_first_page_says_otherwise_is_a_change_of_the_answer(before, after, fact, value, what):
    after["answer"] = after["answer"] | {fact: value}
    found = changes(before, after, ENGLISH)
    (change,) = found.answer
    assert change.what == what
    assert change.before != change.after
    assert not changes_record(found)["same"]
    assert "Nothing differs" not in markdown(change_blocks(before, after, found, ENGLISH), "")


@pytest.mark.parametrize(
    ("fact", "what"),
    [
        ("count", "How many"),
        ("spares", "Spares"),
        ("utilisation", "Load"),
        ("capital", "To buy"),
        ("total_cost", "Over the horizon"),
    ],
)
def test_every_key_number_of_the_chosen_option_is_compared(before, after, fact, what):
    after["chosen"] = after["chosen"] | {fact: before["chosen"][fact] + 1}
    (change,) = changes(before, after, ENGLISH).answer
    assert what in change.what


def test_latency_and_heat_of_the_rack_are_compared(before, after):
    after["rack"]["devices"]["temperature_c"]["max"] += 1
    after["rack"]["streams"][0]["latency_s"]["p99"] *= 2
    assert len(changes(before, after, ENGLISH).answer) == 2


def test_of_a_long_text_only_the_sentences_that_differ_are_listed(before, after):
    before["answer"]["paragraph"] = "4 devices carry it. The rack draws 3.5 W. It costs 10 USD."
    after["answer"]["paragraph"] = "4 devices carry it. The rack draws 4.5 W. It costs 10 USD. It is warm."
    (change,) = changes(before, after, ENGLISH).answer
    assert change.before == "The rack draws 3.5 W."
    assert change.after == "The rack draws 4.5 W. It is warm."


def test_the_same_sentences_in_another_order_are_a_change(before, after):
    before["answer"]["paragraph"] = "It is warm. It is dear."
    after["answer"]["paragraph"] = "It is dear. It is warm."
    (change,) = changes(before, after, ENGLISH).answer
    assert (change.before, change.after) == ("It is warm. It is dear.", "It is dear. It is warm.")
