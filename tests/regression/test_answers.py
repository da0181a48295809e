"""Answers stay as they are unless a change means to move them: `make answers` then renews what is kept."""

from __future__ import annotations

import pytest

from tests.regression.summary import KEPT, answered, cases, differences
from tests.regression.sweeps import SWEEPS


def kept(name: str) -> str:
    return (KEPT / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", cases())
def test_answers_are_as_before(name):
    assert differences(kept(name), answered(name, cases()[name])) == []


@pytest.mark.parametrize("name", SWEEPS)
def test_sweeps_are_as_before(name):
    assert differences(kept(name), "\n".join(SWEEPS[name]()) + "\n") == []


def test_nothing_is_kept_that_no_case_asks_for():
    assert {path.stem for path in KEPT.glob("*.txt")} == {*cases(), *SWEEPS}
