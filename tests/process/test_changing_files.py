"""A file that changes while it is read: at each look at it and each reading something happens to it.

The answer is that of the old or of the new file, or a refusal; never a traceback, half of each, or a wait.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from planner.cli.main import run
from planner.data_files import database_dir
from tests.language.test_sources import CONFIG

JSON = ["--format", "json"]
PART = "jetson-orin-nano-8"


def deleted(path: Path, _other: bytes) -> None:
    path.unlink(missing_ok=True)


def cut(path: Path, _other: bytes) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grown(path: Path, _other: bytes) -> None:
    with open(path, "ab") as file:  # noqa: PTH123 - that of `os`, which is not watched
        file.write(b"\n\xff{[: garbage\n" * 3)


def folder(path: Path, _other: bytes) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path, _other: bytes) -> None:
    path.unlink()
    os.mkfifo(path)


def loop(path: Path, _other: bytes) -> None:
    path.unlink()
    path.symlink_to(path)


def endless(path: Path, _other: bytes) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def replaced(path: Path, other: bytes) -> None:
    path.with_suffix(".new").write_bytes(other)
    path.with_suffix(".new").replace(path)


HAPPENS = (deleted, cut, grown, folder, pipe, loop, endless, replaced)


def network(channels: int) -> bytes:
    weights = numpy_helper.from_array(np.ones((channels, 3, 3, 3), np.float32), "w")
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    found = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Conv", ["x", "w"], ["y"])], "g", [image], [found], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()


def part(memory: str) -> bytes:
    text = (database_dir() / "devices" / "t4.yaml").read_text().replace("id: t4", "id: mine", 1)
    return f"{text}\n# {memory}\n".encode()


ANCHOR = "network,latency,engine,precision,batch\nzoo:resnet18,{} ms,tensorrt,fp16,1\n"
TALK = "time_s,prompt_tokens,output_tokens\n0,{0},5\n1,{0},5\n"
CASES: dict[str, tuple[list[str], str, Callable[[int], bytes]]] = {
    "network": (["inspect", "n.onnx"], "n.onnx", lambda n: network(4 * n)),
    "own part": (
        ["compare", "n.onnx", "--devices", "mine", "--hardware", "hw"], "hw/mine.yaml",
        lambda n: part(f"{n}"),
    ),
    "anchor": (
        ["estimate", "zoo:squeezenet_v1.1", "--device", PART, "--anchor", "a.csv"], "a.csv",
        lambda n: ANCHOR.format(10 * n).encode(),
    ),
    "language model": (
        ["llm", "config.json", "--device", "jetson-agx-orin-64"], "config.json",
        lambda n: json.dumps({**CONFIG, "num_hidden_layers": 4 * n}).encode(),
    ),
}  # fmt: skip


class Watched:
    """Counts the steps of reading one file; before the step of this number, something happens to it."""

    def __init__(self, path: Path, at: int | None, happens: Callable[[], None]) -> None:
        self.path, self.at, self.happens, self.steps, self.busy = str(path.resolve()), at, happens, 0, False

    def step(self, path: object) -> None:
        named = isinstance(path, str | os.PathLike) and os.path.abspath(path) == self.path  # noqa: PTH100
        if not named or self.busy:
            return
        number, self.steps = self.steps, self.steps + 1
        if number == self.at:
            self.busy = True
            self.happens()
            self.busy = False

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        for module, name in ((io, "open"), (os, "open"), (os, "stat"), (os, "lstat")):
            patch.setattr(module, name, self._seen(getattr(module, name)))
        patch.setattr("builtins.open", io.open)

    def _seen(self, real: Callable) -> Callable:
        def call(path, *args, **kwargs):
            self.step(path)
            found = real(path, *args, **kwargs)
            if real.__name__ == "open":
                self.step(path)
            return found

        return call


def tried(case: str, folder: Path, capsys, at: int | None, happens=None) -> tuple[int, str, str, int]:
    """Status, answer, what was said, and the steps, of a fresh folder."""
    arguments, name, content = CASES[case]
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "hw").mkdir(parents=True)
    (folder / "n.onnx").write_bytes(network(4))
    (folder / name).write_bytes(content(1))
    os.chdir(folder)
    watched = Watched(folder / name, at, lambda: happens(folder / name, content(2)))
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(60)
    try:
        with pytest.MonkeyPatch.context() as patch:
            watched.watch(patch)
            status = run([*arguments, *JSON, "--quiet"])
    finally:
        signal.alarm(0)
    said = capsys.readouterr()
    return status, said.out, said.err, watched.steps


@pytest.mark.parametrize("case", CASES)
def test_every_step_of_reading_may_find_another_file(case, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "case"
    status, old, said, steps = tried(case, place, capsys, None)
    assert (status, steps > 2) == (0, True), said
    _, new, _, _ = tried(case, place, capsys, 0, replaced)
    for happens in HAPPENS:
        for number in range(steps):
            status, answer, said, _ = tried(case, place, capsys, number, happens)
            where = f"{happens.__name__} at step {number} of {steps}: {said}"
            assert status in (0, 2), where
            assert "internal fault" not in said, where
            assert answer in (old, new) if status == 0 else said.startswith("planner: "), where


def test_a_talk_that_is_no_text_or_has_a_cell_without_end(tmp_path):
    from planner.errors import InputError
    from planner.plan.conversation.talks import read_trace

    path = tmp_path / "talk.csv"
    for content in (b"\xff\xfe", b"time_s,prompt_tokens,output_tokens\n0," + b"1" * 140_000 + b",5\n"):
        path.write_bytes(content)
        with pytest.raises(InputError):
            list(read_trace(path))
    path.write_text(TALK.format(7))
    assert [turn.prompt for turn in read_trace(path)] == [7, 7]
