"""`planner llm`: keys, forms, exit statuses and speed of the command."""

from __future__ import annotations

import csv
import io
import json

import pytest

from planner.cli import main as cli
from tests.language.gguf_bytes import llama, write

KEYS = {
    "model", "device", "unit", "mode", "engine", "weights", "kv", "users", "prompt_tokens", "context_tokens",
    "ttft_s", "time_per_token_s", "tokens_per_s_per_user", "tokens_per_s", "prompt_tokens_per_s",
    "memory_bytes", "max_context_tokens", "max_users", "energy_per_token_j", "bound", "provenance",
    "warnings",
}  # fmt: skip


def run(capsys, *arguments):
    status = cli.run(["llm", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_one_answer_is_one_record(capsys):
    status, out, _ = run(capsys, "zoo:llama3.2-1b", "--device", "jetson-orin-nano-8", "--format", "json")
    record = json.loads(out)
    assert status == 0
    assert set(record) == KEYS
    assert set(record["memory_bytes"]) == {"weights", "kv", "workspace", "total", "capacity"}
    assert set(record["ttft_s"]) == {"low", "mid", "high", "level"}


def test_several_answers_are_listed(capsys):
    arguments = ("--device", "jetson-orin-nano-8", "--device", "rk3588", "--users", "1,2", "--format", "json")
    _, out, _ = run(capsys, "zoo:qwen2-0.5b", *arguments)
    assert [set(item) for item in json.loads(out)["answers"]] == [KEYS] * 4


def test_a_table_and_rows(capsys):
    arguments = ("zoo:qwen2-0.5b", "--device", "rk3588", "--users", "1,2")
    _, table, _ = run(capsys, *arguments)
    assert "rkllm" in table
    _, rows, _ = run(capsys, *arguments, "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(rows)))) == 2


def test_money_for_a_million_tokens(capsys):
    arguments = ("zoo:qwen2-0.5b", "--device", "rk3588", "--electricity", "0.36 USD")
    _, out, _ = run(capsys, *arguments)
    _, record, _ = run(capsys, *arguments, "--format", "json")
    money = json.loads(record)["energy_per_token_j"]["mid"] * 1e6 / 3.6e6 * 0.36
    assert f"{money:.3g} USD a million tokens" in out


def test_a_gguf_file_is_answered_in_its_own_format(capsys, tmp_path):
    values, tensors = llama()
    total = write(tmp_path / "small.gguf", values, tensors)
    path = str(tmp_path / "small.gguf")
    _, out, _ = run(capsys, path, "--device", "raspberry-pi-5", "--context", "1024", "--format", "json")
    record = json.loads(out)
    assert (record["weights"], record["memory_bytes"]["weights"]) == ("q4_0", total)
    status, _, err = run(capsys, path, "--device", "raspberry-pi-5", "--weights", "q8_0")
    assert status == 2
    assert "q4_0, which the file holds" in err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("zoo:llama3.1-70b", "--device", "jetson-orin-nano-8"), 3),
        (("zoo:llama3.1-8b", "--device", "jetson-orin-nano-8", "--users", "64", "--context", "8192"), 3),
        (("zoo:llama3.1-8b", "--device", "jetson-orin-nano-8", "--ttft", "1 ms"), 3),
        (("zoo:llama3.1-8b", "--device", "jetson-orin-nano-8", "--context", "999999"), 2),
        (("zoo:llama3.1-8b", "--device", "rk3588", "--weights", "nvfp4"), 2),
        (("zoo:llama3.1-8b", "--device", "rk3588", "--kv", "q4_0"), 2),
        (("zoo:llama3.1-8b", "--device", "rk3588", "--users", "0"), 2),
        (("zoo:llama3.1-8b", "--device", "nothing"), 2),
        (("zoo:nothing", "--device", "rk3588"), 2),
        (("zoo:llama3.1-8b",), 2),
    ],
)
def test_refusals_and_infeasible_answers(capsys, arguments, status):
    found, out, err = run(capsys, *arguments)
    assert found == status
    assert "Traceback" not in out + err


def test_inspect_reads_language_models(capsys, tmp_path):
    values, tensors = llama()
    total = write(tmp_path / "small.gguf", values, tensors)
    assert cli.run(["inspect", str(tmp_path / "small.gguf"), "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["weight_bytes"] == total
    assert record["cache_bytes_per_token"] == 2 * 2 * 2 * 32 * 2, (
        "2 layers, 2 key heads of 32, keys and values"
    )
    assert cli.run(["inspect", str(tmp_path / "small.gguf")]) == 0
    assert "8 heads and 2 with keys of 32" in capsys.readouterr().out


def test_published_rates_are_listed(capsys):
    assert cli.run(["measurements", "tokens", "--device", "hailo-10h", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rates"]
    assert {row["engine"] for row in rows} == {"hailort-genai"}
    assert all(row["source"] and (row["tokens_per_s"] or row["ttft_s"]) for row in rows)
    assert cli.run(["measurements", "tokens", "--device", "nothing*"]) == 2


def test_names_are_listed(capsys):
    status, out, _ = run(capsys, "--list", "--format", "json")
    names = {item["name"] for item in json.loads(out)["models"]}
    assert status == 0
    assert {"llama3.1-8b", "qwen3-30b-a3b", "whisper-large-v3", "smolvlm-256m"} <= names


def test_a_pattern_leaves_out_parts_that_serve_no_such_model_and_says_which(capsys):
    asked = ["llm", "zoo:llama3.2-1b", "--format", "json", "--device"]
    assert cli.run([*asked, "ascend-310*,rk3588"]) == 0
    found = json.loads(capsys.readouterr().out)["answers"]
    assert {item["device"] for item in found} == {"ascend-310p", "rk3588"}
    assert any("ascend-310" in text.split(": ")[-1].split(", ") for text in found[0]["warnings"])
    # One that is named is meant.
    assert cli.run([*asked, "ascend-310,rk3588"]) == 2
