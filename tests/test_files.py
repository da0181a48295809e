"""Files are written whole or not at all, links are followed, and what is no file is not replaced."""

import os

import pytest

from planner.errors import OutputError
from planner.files import write_bytes


def test_a_file_is_written_and_replaced_whole(tmp_path):
    file = tmp_path / "a"
    write_bytes(file, b"one")
    write_bytes(file, b"two")
    assert file.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_stays_a_link(tmp_path):
    file, link = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"old")
    link.symlink_to(file)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_bytes(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["", "missing/a"])
def test_places_that_cannot_be_written_are_refused(tmp_path, name):
    with pytest.raises(OutputError, match="expected"):
        write_bytes(tmp_path / name, b"")
    assert list(tmp_path.iterdir()) == []
