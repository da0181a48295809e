import json
import math

import pytest

from planner.errors import InputError
from planner.schema.record import canonical_json, read_study


def test_the_sample_has_the_shape(sample):
    record = sample.study()
    assert read_study(record) is record


def test_json_reads_back_exactly(sample):
    record = sample.study()
    content = canonical_json(record)
    assert content.endswith(b"\n")
    assert json.loads(content) == record
    assert list(json.loads(content)) == list(record)
    assert content == canonical_json(sample.study())


def test_more_keys_are_allowed_and_kept(sample):
    record = sample.study() | {"rest": {"anything": [1, None, "x"]}}
    read_study(record)
    assert json.loads(canonical_json(record))["rest"] == {"anything": [1, None, "x"]}


def test_all_differences_arrive_together_with_their_place(sample):
    record = sample.study()
    del record["scenario"]["title"]
    record["options"][3]["count"] = "four"
    record["answer"]["verdict"] = "MAYBE"
    with pytest.raises(InputError) as refused:
        read_study(record)
    assert {problem.where for problem in refused.value.problems} == {
        "record.scenario.title",
        "record.options[3].count",
        "record.answer.verdict",
    }


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_carry_is_refused(sample, number):
    record = sample.study()
    record["rack"]["power_w"] = number
    with pytest.raises(InputError, match=r"rack\.power_w"):
        canonical_json(record)
    with pytest.raises(InputError, match=r"rack\.power_w"):
        read_study(record)


def test_unknown_may_stand_for_a_number_but_true_may_not(sample):
    record = sample.study()
    record["rack"]["power_w"] = None
    read_study(record)
    record["rack"]["power_w"] = True
    with pytest.raises(InputError, match=r"rack\.power_w"):
        read_study(record)


def test_text_that_utf8_cannot_carry_is_refused(sample):
    record = sample.study()
    record["scenario"]["title"] = "half \ud800 a letter"
    for refuse in (read_study, canonical_json):
        with pytest.raises(InputError, match=r"scenario\.title"):
            refuse(record)
