"""What nobody means to give: devices and pipes for files, bombs, names that would be more than a name."""

from __future__ import annotations

import errno
import io
import os
import time

import numpy as np
import pyarrow as pa
import pytest
import yaml
from pyarrow.parquet import ParquetWriter

from planner.data_files import scenarios_dir

READERS = [
    ["check", "FILE"],
    ["inspect", "FILE"],
    ["estimate", "FILE", "--device", "nvidia-l4"],
    *(["import", tool, "FILE"] for tool in ("trtexec", "onnxruntime", "openvino", "msprof", "tegrastats")),
    *(["import", tool, "FILE"] for tool in ("llama-bench", "vllm", "aiperf", "llm-bench")),
    ["size", "FILE"],
    ["estimate", "zoo:resnet18", "--device", "nvidia-l4", "--anchor", "FILE"],
    ["estimate", "zoo:resnet18", "--device", "nvidia-l4", "--calibration", "FILE"],
    ["report", "--compare", "FILE", "FILE"],
    ["llm", "FILE", "--device", "nvidia-l4"],
]


@pytest.mark.parametrize("reader", READERS, ids=" ".join)
@pytest.mark.parametrize("ending", ["", ".onnx", ".yaml", ".json", ".csv", ".gguf"])
def test_a_pipe_is_not_waited_for_and_a_device_without_end_not_read(call, tmp_path, reader, ending):
    pipe, endless = tmp_path / f"pipe{ending}", tmp_path / f"endless{ending}"
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    for place in (pipe, endless):
        found = call(*(place if word == "FILE" else word for word in reader))
        assert found.status == 2
        assert "internal fault" not in found.err


def test_a_trace_of_one_instant_is_no_bomb(call, tmp_path):
    """A hundred million requests at time zero fit a file of half a megabyte."""
    values = yaml.safe_load((scenarios_dir() / "theory-md1.yaml").read_text())
    values["streams"][0] |= {"arrivals": "trace", "trace": "bomb.parquet"}
    values["simulation"] |= {"duration": "20 s", "warmup": "5 s", "replications": 2}
    (tmp_path / "bomb.yaml").write_text(yaml.safe_dump(values))
    table = pa.table({"time_s": np.zeros(5_000_000)})
    with ParquetWriter(tmp_path / "bomb.parquet", table.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(table)
    assert (tmp_path / "bomb.parquet").stat().st_size < 2**20
    found = call("simulate", tmp_path / "bomb.yaml")
    assert found.status == 2
    assert "at most 20,000,000 requests" in found.err


def test_a_file_of_unknown_keys_is_refused_at_once(call, tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_text("".join(f"k{number}: 1\n" for number in range(60_000)))
    start = time.process_time()
    found = call("size", path)
    assert time.process_time() - start < 20.0
    assert found.status == 2
    assert "problems more; mend those above first" in found.err
    assert len(found.err) < 30_000


def test_a_list_of_users_is_a_short_one(call):
    users = ",".join(map(str, range(1, 5000)))
    found = call("llm", "zoo:llama3.1-8b", "--device", "nvidia-l4", "--users", users)
    assert (found.status, "words of at most 8192 characters" in found.err) == (2, True)


@pytest.mark.parametrize("name", ["../../x", "a\nb: c", "", "a b", "x" * 200, "\x1b[2J"])
def test_an_id_of_a_template_is_a_name(call, name):
    found = call("devices", "template", "--id", name)
    assert (found.status, "template: id: expected" in found.err) == (2, True)


@pytest.mark.parametrize(
    "content", [b"", b"\0\1\0\0" + b"\xff" * 300, b"OTTO" + bytes(200), b"ttcf" + b"\x7f" * 99]
)
def test_a_font_that_is_none(call, tmp_path, content):
    for name in ("a.ttf", "a.ttc"):
        (tmp_path / name).write_bytes(content)
        asked = ["report", "line-inspection", "-o", tmp_path / "a.pdf", "--lang", "zh", "--font"]
        found = call(*asked, tmp_path / name)
        assert found.status == 2
        assert "internal fault" not in found.err


@pytest.mark.parametrize("reader", READERS, ids=" ".join)
@pytest.mark.parametrize("name", ["a.onnx", "a.yaml", "a.json", "a.csv", "a.gguf"])
def test_a_file_that_vanishes_when_it_is_opened(call, tmp_path, monkeypatch, reader, name):
    """It was there when it was looked for, and is not when it is opened; then it comes back half as long."""
    path = tmp_path / name
    path.write_bytes(b"a: 1\n" * 100)
    real = io.open

    def vanishing(file, *args, **kwargs):
        if str(file) == str(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return real(file, *args, **kwargs)

    monkeypatch.setattr(io, "open", vanishing)
    found = call(*(path if word == "FILE" else word for word in reader))
    assert found.status == 2
    assert "internal fault" not in found.err


def test_a_clock_that_jumps_changes_nothing(call, tmp_path, monkeypatch):
    """The time of day goes back an hour whenever it is asked: runs are timed by a clock that does not."""
    values = yaml.safe_load((scenarios_dir() / "theory-md1.yaml").read_text())
    values["simulation"] |= {"duration": "20 s", "warmup": "5 s", "replications": 2}
    scenario = tmp_path / "s.yaml"
    scenario.write_text(yaml.safe_dump(values))
    usual = call("simulate", scenario, "--format", "json").out
    now = [4e9]

    def jumping() -> float:
        now[0] -= 3600.0
        return now[0]

    monkeypatch.setattr(time, "time", jumping)
    assert call("simulate", scenario, "--format", "json").out == usual
    assert call("zoo", "list", "-o", tmp_path / "a.csv", "--time-limit", "1 h").status == 0


def test_a_pattern_of_any_length_takes_no_time(call, tmp_path):
    """Brackets without end took minutes to compile, of the command line and of a scenario."""
    start = time.process_time()
    for length in (150, 30_000):
        found = call("plan", "zoo:resnet18", "--cameras", "3", "--fps", "15", "--devices", "[a-" * length)
        assert found.status == 2
        assert "internal fault" not in found.err
    text = (scenarios_dir() / "line-inspection.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    values["candidates"]["devices"] = ["[a-" * 20_000]
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    found = call("size", tmp_path / "s.yaml")
    assert found.status == 2
    assert len(found.err) < 3000
    assert time.process_time() - start < 5.0
