"""The compiled engine is made ready once: kept, shared with who can only read it, and said to be compiled."""

import os
import time
from dataclasses import fields

import pytest

from planner.rack.compiled import engine as compiled_engine
from planner.rack.compiled import ready
from planner.rack.compiled.loop import ENTRIES, Entries


def signatures() -> dict[str, list[object]]:
    return {field.name: list(getattr(ENTRIES, field.name).signatures) for field in fields(Entries)}


def test_every_entry_is_compiled_with_the_types_that_runs_use(random_rack):
    """What `make env` compiles is all that a rack with any policies, outages and units will call."""
    ready._call_all()
    before = signatures()
    assert all(before.values())
    for number in range(8):
        compiled_engine.run_replication(random_rack(number), 0)
    assert signatures() == before


def test_a_line_is_said_before_the_first_compilation_and_not_again(monkeypatch):
    said, called = [], []
    monkeypatch.setattr(ready, "_compiled_here", lambda: bool(called))
    monkeypatch.setattr(ready, "_is_kept", lambda: False)
    monkeypatch.setattr(ready, "_call_all", lambda: called.append(list(said)))
    assert ready.make_ready(said.append)
    assert [text.key for text in said] == ["compile.once"]
    assert called == [said]
    assert not ready.make_ready(said.append)
    assert len(said) == 1


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """An installation that was compiled and cannot be written, and an empty cache folder of a user."""
    source, own = tmp_path / "compiled", tmp_path / "cache"
    (source / "__pycache__").mkdir(parents=True)
    own.mkdir()
    (source / "loop.py").write_text("# a source")
    for field in fields(Entries):
        name = f"loop.make_entries.locals.{field.name}-1.py311"
        (source / "__pycache__" / f"{name}.nbi").write_text("index")
        (source / "__pycache__" / f"{name}.1.nbc").write_text("code")
    monkeypatch.setattr(ready, "_source_folder", lambda: source)
    monkeypatch.setattr(ready, "_folder", lambda: own)
    return source, own


def test_who_can_only_read_an_installation_takes_its_code_over(folders):
    source, own = folders
    assert not ready._kept()
    ready._take_over_shared()
    assert ready._kept()
    assert {file.name for file in own.iterdir()} == {file.name for file in (source / "__pycache__").iterdir()}


def test_code_that_is_older_than_a_source_is_not_kept(folders):
    source, _ = folders
    ready._take_over_shared()
    later = time.time() + 60
    os.utime(source / "loop.py", (later, later))
    assert not ready._kept()


def test_without_a_folder_to_keep_it_nothing_is_kept(monkeypatch):
    monkeypatch.setattr(ready, "_folder", lambda: None)
    ready._take_over_shared()
    assert not ready._kept()
