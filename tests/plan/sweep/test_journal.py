"""Finished points on disk: whole lines count, torn ones do not, and one sweep at a time writes."""

from __future__ import annotations

import errno
import os

import pytest

from planner.errors import OutputError
from planner.plan.sweep.journal import NAME, SweepJournal

ROWS = {
    f"digest-{number}": {"verdict": "PASS", "power_w": number / 3, "text": 'ä\n,"'} for number in range(4)
}


def write(folder) -> bytes:
    with SweepJournal(folder) as journal:
        for point, row in ROWS.items():
            journal.add(point, row, 0.5)
    return (folder / NAME).read_bytes()


def test_what_was_written_is_read_again(tmp_path):
    write(tmp_path)
    with SweepJournal(tmp_path) as journal:
        assert journal.finished == ROWS
        assert journal.seconds == dict.fromkeys(ROWS, 0.5)


def test_a_file_cut_anywhere_keeps_every_whole_line_and_goes_on(tmp_path):
    """A kill may cut the last write at any byte."""
    content = write(tmp_path)
    ends = [0, *(number + 1 for number, byte in enumerate(content) if byte == ord("\n"))]
    cuts = {end + more for end in ends for more in (-1, 0, 1, 40)} & set(range(len(content) + 1))
    for length in sorted(cuts):
        (tmp_path / NAME).write_bytes(content[:length])
        whole = content[:length].count(b"\n")
        with SweepJournal(tmp_path) as journal:
            assert list(journal.finished) == list(ROWS)[:whole]
            for point in list(ROWS)[whole:]:
                journal.add(point, ROWS[point], 0.5)
        assert (tmp_path / NAME).read_bytes() == content


def test_a_full_disk_keeps_what_is_finished_and_says_how_to_go_on(tmp_path, monkeypatch):
    real = os.write

    def full_after_ten_bytes(file: int, data: bytes) -> int:
        if len(data) > 10:
            return real(file, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with SweepJournal(tmp_path) as journal:
        journal.add("digest-0", ROWS["digest-0"], 0.5)
        before = (tmp_path / NAME).read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda file, data: full_after_ten_bytes(file, data[:20][-15:]))
            with pytest.raises(OutputError, match="No space left on device; the 1 points finished before it"):
                journal.add("digest-1", ROWS["digest-1"], 0.5)
        assert (tmp_path / NAME).read_bytes() == before
        journal.add("digest-1", ROWS["digest-1"], 0.5)
    with SweepJournal(tmp_path) as journal:
        assert list(journal.finished) == ["digest-0", "digest-1"]


def test_two_sweeps_do_not_write_into_one_folder(tmp_path):
    with SweepJournal(tmp_path), pytest.raises(OutputError, match="another sweep is writing there"):
        SweepJournal(tmp_path)
    with SweepJournal(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="expected a folder that can be written"):
        SweepJournal(tmp_path / "file" / "sweep")


@pytest.mark.parametrize(
    "line",
    ['{"point": "p", "row": 5, "seconds": 1}', '{"point": "p", "row": {}, "seconds": "x"}', "[]",
     "[" * 9000, "5", '{"point": "p"}'],
    ids=["row", "seconds", "list", "deep", "number", "half"],
)  # fmt: skip
def test_a_line_of_another_shape_is_none_of_ours(tmp_path, line):
    write(tmp_path)
    with (tmp_path / NAME).open("a") as file:
        file.write(line + "\n")
    with SweepJournal(tmp_path) as journal:
        assert journal.finished == ROWS


def test_rows_that_stay_on_the_disk_are_the_same_rows(tmp_path):
    """Found from an earlier run, and added in this one, a cut line between them."""
    content = write(tmp_path)
    lines = content.splitlines(keepends=True)
    (tmp_path / NAME).write_bytes(b"".join(lines[:2]) + lines[2][:9])
    with SweepJournal(tmp_path, on_disk=True) as journal:
        assert list(journal.finished) == list(ROWS)[:2]
        for point in list(ROWS)[2:]:
            journal.add(point, ROWS[point], 0.5)
        assert dict(journal.finished) == ROWS
        assert "nowhere" not in journal.finished
    assert (tmp_path / NAME).read_bytes() == content
