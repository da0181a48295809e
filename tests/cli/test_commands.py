"""The commands' JSON keys are a contract; tables and CSV carry the same answer."""

import csv
import io
import json

import pytest

ESTIMATE_KEYS = {
    "model", "device", "unit", "mode", "engine", "precision", "batch", "latency_s", "throughput_per_s",
    "power_w", "energy_j", "memory_bytes", "fits", "bound", "provenance", "warnings", "unresolved",
}  # fmt: skip
INSPECT_KEYS = {
    "model", "macs", "flops", "parameters", "weight_bytes", "activation_bytes", "peak_activation_bytes",
    "kernels", "operators", "unresolved",
}  # fmt: skip
NETWORK = "zoo:mobilenet_v2_1.0"


def test_inspect_json(call):
    record = call("inspect", NETWORK, "--format", "json").json
    assert record.keys() >= INSPECT_KEYS
    assert record["parameters"] == 3_504_872
    operator = record["operators"][0]
    assert operator.keys() >= {
        "name", "op_type", "macs", "flops", "input_bytes", "output_bytes", "weight_bytes"
    }  # fmt: skip
    assert record["macs"] == sum(op["macs"] for op in record["operators"])


def test_inspect_batch_and_precision(call):
    plain = call("inspect", NETWORK, "--format", "json").json
    batched = call("inspect", NETWORK, "--batch", "4", "--format", "json").json
    small = call("inspect", NETWORK, "--precision", "int8", "--format", "json").json
    assert batched["macs"] == 4 * plain["macs"]
    assert batched["weight_bytes"] == plain["weight_bytes"] == 4 * small["weight_bytes"]


def test_estimate_without_calibration_is_the_roofline(call):
    record = call(
        "estimate", NETWORK, "--device", "jetson-agx-orin-64", "--calibration", "none", "--format", "json"
    ).json
    assert record["latency_s"]["level"] is None
    assert record["provenance"] == "datasheet"
    assert record["transfer"] is None


def test_estimate_json(call):
    record = call(
        "estimate", NETWORK, "--device", "jetson-agx-orin-64", "--precision", "int8", "--layers",
        "--format", "json",
    ).json  # fmt: skip
    assert record.keys() >= ESTIMATE_KEYS
    latency = record["latency_s"]
    assert 0 < latency["low"] < latency["mid"] < latency["high"]
    assert latency["level"] == 0.9
    assert record["provenance"] == "transferred"
    assert sum(record["bound"].values()) == pytest.approx(1)
    assert set(record["memory_bytes"]) == {"weights", "peak_activation", "total", "capacity"}
    layers = record["layers"]
    assert layers[0].keys() >= {
        "name",
        "op_types",
        "macs",
        "bytes",
        "latency_s",
        "bound",
        "unit",
        "precision",
    }
    total_s = sum(layer["latency_s"] for layer in layers) + record["fixed_s"]
    assert total_s == pytest.approx(latency["mid"])


def test_int8_on_a_nano_falls_back_with_a_warning(call):
    int8 = call(
        "estimate", NETWORK, "--device", "jetson-nano-4", "--precision", "int8", "--format", "json"
    ).json
    fp16 = call(
        "estimate", NETWORK, "--device", "jetson-nano-4", "--precision", "fp16", "--format", "json"
    ).json
    assert int8["precision"] == "fp16"
    assert any("does not compute in int8" in warning for warning in int8["warnings"])
    assert int8["latency_s"] == fp16["latency_s"]


def test_a_network_that_does_not_fit_says_so(call):
    answer = call(
        "estimate", "zoo:bert_large_squad", "--device", "jetson-nano-4", "--precision", "fp32",
        "--batch", "256", "--format", "json",
    )  # fmt: skip
    record = answer.json
    assert answer.status == 3
    assert record["latency_s"]["mid"] is None
    assert record["fits"] is False
    assert any("does not fit" in warning for warning in record["warnings"])


def test_threads_scale_a_cpu_and_are_refused_elsewhere(call):
    one = call(
        "estimate", NETWORK, "--device", "raspberry-pi-5", "--threads", "1", "--format", "json"
    ).json  # fmt: skip
    four = call("estimate", NETWORK, "--device", "raspberry-pi-5", "--format", "json").json
    assert one["latency_s"]["mid"] > four["latency_s"]["mid"]
    refused = call("estimate", NETWORK, "--device", "jetson-nano-4", "--unit", "gpu", "--threads", "2")
    assert refused.status == 2
    assert "expected a CPU unit" in refused.err


def test_compare_ranks_and_gives_reasons(call):
    answer = call(
        "compare", NETWORK, "--devices", "jetson-*", "--precision", "int8", "--max-latency", "1ms",
        "--format", "json",
    )  # fmt: skip
    assert answer.status == 0
    candidates = answer.json["candidates"]
    assert candidates[0].keys() >= ESTIMATE_KEYS | {"feasible", "reasons", "pareto", "price"}
    feasible = [c["feasible"] for c in candidates]
    assert feasible == sorted(feasible, reverse=True)
    assert all(c["reasons"] for c in candidates if not c["feasible"])
    assert any(c["pareto"] for c in candidates)


def test_compare_without_a_winner_exits_with_three(call):
    answer = call(
        "compare", NETWORK, "--devices", "jetson-nano-4", "--max-latency", "1us", "--format", "json"
    )
    assert answer.status == 3
    assert answer.json["candidates"][0]["reasons"]


def test_devices_list_and_show(call):
    ids = [row["id"] for row in call("devices", "list", "--format", "json").json["devices"]]
    assert "jetson-agx-orin-64" in ids
    record = call("devices", "show", "jetson-agx-orin-64", "--format", "json").json
    assert record.keys() >= {
        "id",
        "name",
        "vendor",
        "year",
        "units",
        "memory",
        "modes",
        "thermal",
        "price",
        "sources",
    }
    assert {unit["id"] for unit in record["units"]} >= {"gpu", "dla"}
    assert record["memory"]["bandwidth_bytes_per_s"]["MAXN"] == pytest.approx(204.8e9)
    assert sum(mode["default"] for mode in record["modes"]) == 1


def test_devices_check_passes(call):
    answer = call("devices", "check", "--format", "json")
    assert answer.status == 0
    assert answer.json["problems"] == []


def test_devices_schema_is_json(call):
    assert json.loads(call("devices", "schema").out)["properties"]


def test_zoo_list_and_export(call, tmp_path):
    names = [row["name"] for row in call("zoo", "list", "--format", "json").json["networks"]]
    assert {"resnet50_v1.5", "mobilenet_v2_1.0", "yolov5s", "bert_large_squad"} <= set(names)
    file = tmp_path / "net.onnx"
    assert call("zoo", "export", "zoo:mobilenet_v2_1.0", "-o", file).status == 0
    assert call("inspect", file, "--format", "json").json["parameters"] == 3_504_872


def test_csv_has_one_row_per_operator(call):
    text = call("inspect", NETWORK, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(call("inspect", NETWORK, "--format", "json").json["operators"])


def test_output_file_takes_its_format_from_its_name(call, tmp_path):
    file = tmp_path / "answer.json"
    answer = call("estimate", NETWORK, "--device", "jetson-nano-4", "-o", file)
    assert answer.out == ""
    assert json.loads(file.read_text())["device"] == "jetson-nano-4"


def test_quiet_says_nothing_beside_the_answer(call, tmp_path):
    answer = call("estimate", NETWORK, "--device", "jetson-nano-4", "-o", tmp_path / "a.json", "--quiet")
    assert (answer.out, answer.err) == ("", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", NETWORK),
        ("estimate", NETWORK, "--device", "jetson-nano-4", "--layers"),
        ("devices", "list"),
        ("devices", "show", "raspberry-pi-5"),
        ("zoo", "list"),
    ],
)
def test_tables_have_no_stray_markup_and_fit_the_page(call, arguments):
    answer = call(*arguments)
    assert answer.status == 0
    assert answer.out.strip()
    assert "{" not in answer.out
