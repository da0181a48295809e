"""Profiles with numbers that are none: one refusal with every place, never a traceback, never a NaN."""

import json

import pytest

from planner.engines.imports import msprof, onnxruntime, openvino, tegrastats, trtexec
from planner.engines.imports.profile import read_json
from planner.errors import InputError

BAD = [None, "nan", "inf", "-5", -5, "1e400", 2**64 * 10**9, "", "fast", [], {}, True]


def refused(read, path, text):
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read([path])
    return caught.value.problems


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_times_of_json_profiles(tmp_path, value):
    path = tmp_path / "profile.json"
    kernel = {"cat": "Node", "name": "Conv_0_kernel_time", "dur": value, "args": {"op_name": "Conv"}}
    (problem,) = refused(onnxruntime.read, path, json.dumps([kernel]))
    assert (problem.where, "a time of 0 s to a day, in microseconds") == ("[0].dur", problem.expected)
    (problem,) = refused(trtexec.read, path, json.dumps([{"computeMs": 1, "latencyMs": value}]))
    assert problem.where == "[0].latencyMs"
    rows = [{"count": 3}, {"name": "a", "averageMs": value}, {"name": value, "averageMs": 1}]
    found = refused(trtexec.read, path, json.dumps(rows))
    assert {problem.where for problem in found} >= {"[0].averageMs"}


@pytest.mark.parametrize("value", ["nan", "inf", "-5", "1e400", "fast"])
def test_times_of_tables(tmp_path, value):
    path = tmp_path / "profile.csv"
    head = "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)"
    (problem,) = refused(openvino.read, path, f"{head}\na;EXECUTED;Conv;jit;{value};1\n")
    assert (problem.line, problem.where) == (2, "realTime (ms)")
    table = f"Op Name,OP Type,Task Type,Task Duration(us)\na,Conv,AI_CORE,1\nb,Conv,AI_CORE,{value}\n"
    (problem,) = refused(msprof.read, path, table)
    assert (problem.line, problem.where) == (3, "Task Duration(us)")


def test_a_row_that_ends_early(tmp_path):
    head = "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)"
    (problem,) = refused(openvino.read, tmp_path / "p.csv", f"{head}\na;EXECUTED;Conv\n")
    assert problem.where == "realTime (ms)"


def test_arguments_of_a_kernel_may_be_missing(tmp_path):
    path = tmp_path / "profile.json"
    path.write_text(json.dumps([{"cat": "Node", "name": "Conv_0_kernel_time", "dur": 12, "args": None}]))
    assert [layer.latency_s for layer in onnxruntime.read([path]).layers] == pytest.approx([12e-6])


def test_all_problems_of_a_file_come_at_once_and_a_flood_is_counted(tmp_path):
    rows = [{"name": "a", "averageMs": -1}] * 50
    found = refused(trtexec.read, tmp_path / "p.json", json.dumps(rows))
    assert len(found) == 21
    assert found[-1].got == "30 more like these"


def test_json_nested_without_end(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(InputError, match="nested"):
        read_json(path)


def test_a_number_of_ten_thousand_digits(tmp_path):
    path = tmp_path / "long.json"
    path.write_text("[" + "9" * 10_000 + "]")
    with pytest.raises(InputError, match="valid JSON"):
        read_json(path)
    log = tmp_path / "log"
    log.write_text("RAM 1/2MB VDD_IN " + "9" * 5_000 + "/1 gpu@" + "9" * 5_000 + "C\n")
    assert "vdd_in_w" not in {series.name for series in tegrastats.read([log]).series}
