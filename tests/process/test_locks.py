"""A file system that has no locks, as some of a network have none."""

from __future__ import annotations

import errno
import fcntl
import os

import pytest

from planner.errors import OutputError
from planner.plan.sweep.journal import SweepJournal
from planner.process.temporary import temporary_folder


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def without_locks(request, monkeypatch):
    def flock(_handle, _operation):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_temporary_folder_needs_none_and_goes(without_locks):
    with temporary_folder("test") as first:
        with temporary_folder("test") as second:
            assert first != second
        assert first.is_dir(), "not removed by who could not lock it"
    assert not first.exists()


@pytest.mark.filterwarnings("ignore:flock not supported")
def test_a_sweep_that_cannot_keep_others_away_says_so(without_locks, tmp_path):
    """Newer versions of the package for locks have one of their own where the system has none."""
    try:
        with SweepJournal(tmp_path) as journal:
            assert not journal.finished
    except OutputError as error:
        assert str(error).startswith(f"{tmp_path}: expected a")  # noqa: PT017 - one of two answers
