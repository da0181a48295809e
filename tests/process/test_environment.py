"""Variables that libraries stop at: said in a sentence, all at once, or of no consequence."""

from __future__ import annotations

import pytest

from planner.cli.main import run
from planner.environment import mend_environment

ASKED = ["devices", "show", "t4", "--quiet"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("NUMBA_DISABLE_JIT", "1"),
        ("NUMBA_NUM_THREADS", "0"),
        ("NUMBA_NUM_THREADS", "٣"),
        ("SOURCE_DATE_EPOCH", "abc"),
        ("SOURCE_DATE_EPOCH", "-1"),
        ("SOURCE_DATE_EPOCH", "9" * 5000),
    ],
)
def test_a_value_that_a_library_fails_at_is_refused(monkeypatch, capsys, name, text):
    monkeypatch.setenv(name, text)
    assert run(ASKED) == 2
    said = capsys.readouterr().err
    assert name in said
    assert "expected" in said
    assert len(said) < 500


def test_all_of_them_are_said_at_once(monkeypatch, capsys):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    assert run(ASKED) == 2
    said = capsys.readouterr().err
    assert "NUMBA_DISABLE_JIT" in said
    assert "SOURCE_DATE_EPOCH" in said


@pytest.mark.parametrize(
    ("name", "text"), [("NUMBA_DISABLE_JIT", "0"), ("NUMBA_NUM_THREADS", "2"), ("SOURCE_DATE_EPOCH", "1")]
)
def test_what_libraries_understand_is_left(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    mend_environment()


def test_the_window_that_figures_would_be_shown_in_does_not_matter(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nosuch")
    mend_environment()
    import os

    assert "MPLBACKEND" not in os.environ
