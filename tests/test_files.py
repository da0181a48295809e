"""Files are written whole or not at all, links are followed, and what is no file is not replaced."""

import os

import pytest
import yaml

from planner.cli.main import run
from planner.data_files import scenarios_dir
from planner.errors import OutputError
from planner.files import write_bytes, write_files
from planner.process.inputs import inputs_kept
from planner.read_files import read_bounded


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


def test_a_file_that_was_there_keeps_its_permissions(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"old")
    file.chmod(0o600)
    write_bytes(file, b"new")
    assert file.stat().st_mode & 0o777 == 0o600


def test_files_that_belong_together_are_written_all_or_none(tmp_path):
    one, other = tmp_path / "one", tmp_path / "missing" / "other"
    one.write_bytes(b"old")
    with pytest.raises(OutputError, match="existing folder"):
        write_files({one: b"new", other: b"new"})
    assert one.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_names_that_no_file_can_have(tmp_path, name):
    with pytest.raises(OutputError, match="expected the name of a file"):
        write_bytes(tmp_path / name, b"")


def test_what_is_read_is_never_written(tmp_path):
    file, link, twin = tmp_path / "a", tmp_path / "link", tmp_path / "twin"
    file.write_bytes(b"input")
    link.symlink_to(file)
    os.link(file, twin)
    with inputs_kept():
        assert read_bounded(file) == b"input"
        for name in (file, link, twin):
            with pytest.raises(OutputError, match="got one; choose another"):
                write_bytes(name, b"output")
        write_bytes(tmp_path / "b", b"output")
    assert file.read_bytes() == b"input"
    write_bytes(file, b"another run")


INPUTS = {
    "an argument": ("size {0} -o {0}", "which is read, got the same"),
    "a link": ("size {0} -o {1}", "which is read, got the same"),
    "an option": ("llm zoo:llama3.1-8b --device nvidia-l4 --anchor {0} -o {0}", "which is read"),
    "a file that the scenario names": ("simulate {2} -o {3}", "than those that are read"),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_no_command_writes_over_its_input(tmp_path, capsys, kind):
    text = (scenarios_dir() / "theory-md1.yaml").read_text()
    traced = yaml.safe_load(text)
    traced["streams"][0] |= {"arrivals": "trace", "trace": "trace.csv"}
    plain, link, scenario, trace = (tmp_path / name for name in ("a.yaml", "link", "b.yaml", "trace.csv"))
    plain.write_text(text)
    link.symlink_to(plain)
    scenario.write_text(yaml.safe_dump(traced))
    trace.write_text("time_s\n" + "".join(f"{number / 50}\n" for number in range(25_000)))
    before = [path.read_bytes() for path in (plain, scenario, trace)]
    command, said = INPUTS[kind]
    assert run(command.format(plain, link, scenario, trace).split()) == 2
    assert said in capsys.readouterr().err
    assert [path.read_bytes() for path in (plain, scenario, trace)] == before
