"""The progress line: at once where something is said, after two seconds of silence by itself."""

import time

import pytest

from planner.cli import ticker as module
from planner.cli.output import Output
from planner.cli.ticker import Ticker
from planner.wording.message import message


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of forty columns that keeps what is written to it; two seconds pass in a twentieth."""
    written = []
    monkeypatch.setattr(module, "_to_terminal", lambda: True)
    monkeypatch.setattr(module, "_write", written.append)
    monkeypatch.setattr(module, "_FIRST_S", 0.05)
    monkeypatch.setattr(module, "_EVERY_S", 0.01)
    monkeypatch.setenv("COLUMNS", "40")
    return written


def test_silence_is_broken_with_the_time_that_has_passed(terminal):
    with Ticker().running():
        time.sleep(0.3)
    assert any("working (0 s)" in text for text in terminal)
    assert terminal[-1] == "\r\033[K"


def test_what_is_done_is_said_at_once_and_fits_the_line(terminal):
    ticker = Ticker()
    ticker.tell("simulating " + "x" * 60)
    assert terminal == ["\r\033[K" + ("simulating " + "x" * 60)[:39]]
    ticker.clear()
    ticker.clear()
    assert terminal[1:] == ["\r\033[K"]


def test_nothing_is_written_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(module, "_to_terminal", lambda: False)
    monkeypatch.setattr(module, "_write", pytest.fail)
    ticker = Ticker()
    with ticker.running():
        ticker.tell("simulating")


def test_the_compilation_is_said_anywhere_unless_quiet(capsys):
    Output("table", None, quiet=False).progress(message("compile.once"))
    assert "once after an installation" in capsys.readouterr().err
    Output("table", None, quiet=False).progress("simulating: run 1 of 4")
    Output("table", None, quiet=True).progress(message("compile.once"))
    assert capsys.readouterr().err == ""
