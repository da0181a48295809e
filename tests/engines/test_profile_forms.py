"""Profiles as people have them: made-up names, several requests, rounds of a loop, logs, consoles."""

import json

import pytest
from onnx import TensorProto, helper, save

from planner import api
from planner.engines.imports import msprof, onnxruntime, openvino, tegrastats, trtexec
from planner.engines.imports.node_names import with_operators
from planner.errors import InputError
from planner.workload.workload import read_workload

HEAD = "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)"


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    """fc1 with bias and ReLU, fc2, softmax; tensors have short names."""
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["a"], "/blk/fc1/MatMul"),
        helper.make_node("Add", ["a", "b1"], ["b"], "/blk/fc1/Add"),
        helper.make_node("Relu", ["b"], ["c"], "/blk/act/Relu"),
        helper.make_node("MatMul", ["c", "w2"], ["d"], "/blk/fc2/MatMul"),
        helper.make_node("Softmax", ["d"], ["y"], "/blk/Softmax"),
    ]
    shapes = {"w1": (64, 256), "b1": (256,), "w2": (256, 64)}
    weights = [
        helper.make_tensor(
            name, TensorProto.FLOAT, shape, b"\0" * 4 * shape[0] * (shape[1:] or (1,))[0], raw=True
        )
        for name, shape in shapes.items()
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 128, 64)) for name in "xy"]
    path = tmp_path_factory.mktemp("block") / "block.onnx"
    save(helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], weights)), path)
    return read_workload(path, name="block")


def kernel(name, start, took, kind, index=0):
    arguments = {"op_name": kind, "node_index": str(index)}
    return {"cat": "Node", "name": f"{name}_kernel_time", "ts": start, "dur": took, "args": arguments}


def run_event(start, took):
    return {"cat": "Session", "name": "model_run", "ts": start, "dur": took}


def read_events(tmp_path, events):
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(events))
    return onnxruntime.read([path])


def operators(profile, workload):
    return {layer.name: layer.operators for layer in with_operators(profile, workload).layers}


def test_onnxruntime_names_what_it_joined(tmp_path, block):
    events = [
        kernel("gemm_input_reshape", 0, 2, "Reshape"),
        kernel("/blk/fc1/MatMul/MatMulAddFusion", 2, 50, "Gemm"),
        kernel("gemm_output_reshape", 52, 2, "Reshape"),
        kernel("/blk/act/Relu", 54, 5, "Relu"),
        kernel("d_nchwc", 60, 40, "MatMul"),  # after the tensor that it writes
        kernel("Softmax_token_7", 100, 9, "Softmax"),  # after nothing of the network
    ]
    profile = with_operators(read_events(tmp_path, events), block)
    assert {layer.name: layer.operators for layer in profile.layers} == {
        "gemm_input_reshape": ("/blk/fc1/MatMul", "/blk/fc1/Add"),
        "/blk/fc1/MatMul/MatMulAddFusion": ("/blk/fc1/MatMul", "/blk/fc1/Add"),
        "gemm_output_reshape": ("/blk/fc1/MatMul", "/blk/fc1/Add"),
        "/blk/act/Relu": ("/blk/act/Relu",),
        "d": ("/blk/fc2/MatMul",),
        "Softmax_token_7": ("/blk/Softmax",),
    }
    assert profile.mapped_share == 1.0


def test_rounds_of_a_loop_are_summed_and_its_own_time_is_what_is_left(tmp_path):
    """Two runs of three rounds; the first run warms up. By hand: 3 x 20 us inside a loop of 100 us."""
    events = []
    for start in (0, 1000):
        events += [run_event(start, 130), kernel("loop", start + 5, 100, "Loop", 1)]
        events += [kernel("step/MatMul", start + 10 + 30 * place, 20, "MatMul") for place in range(3)]
        events.append(kernel("last", start + 110, 7, "Relu", 2))
    profile = read_events(tmp_path, events)
    found = {layer.name: layer.latency_s for layer in profile.layers}
    assert found == pytest.approx({"loop": 40e-6, "step/MatMul": 60e-6, "last": 7e-6})
    assert profile.latency_s.median == pytest.approx(130e-6)


def test_nodes_without_a_name_are_told_apart(tmp_path):
    """ONNX Runtime calls them by operator and place; one name at two places is two kernels, not two runs."""
    events = [run_event(0, 50), kernel("Conv_0", 0, 10, "Conv", 0), kernel("", 10, 5, "Relu", 1),
              kernel("", 15, 8, "Relu", 3)]  # fmt: skip
    assert [layer.latency_s for layer in read_events(tmp_path, events).layers] == pytest.approx(
        [1e-5, 5e-6, 8e-6]
    )


def openvino_rows(scale=1.0):
    return [
        ("x", "NOT_RUN", "Parameter", 0),
        ("x_f32_bf16_/blk/fc1/Add", "EXECUTED", "Reorder", 0.005 * scale),
        ("/blk/fc1/Add", "EXECUTED", "FullyConnected", 0.050 * scale),
        ("/blk/act/Relu", "NOT_RUN", "Relu", 0),
        ("Multiply_31", "EXECUTED", "FullyConnected", 0.020 * scale),
        ("/blk/fc2/MatMul", "NOT_RUN", "FullyConnected", 0),
        ("y", "EXECUTED", "Softmax", 0.010 * scale),
        ("y/sink_port_0", "NOT_RUN", "Result", 0),
    ]


def openvino_csv(*scales):
    tables = []
    for scale in scales:
        rows = [
            f"{name};Status.{state};{kind};jit;{time:.3f};0"
            for name, state, kind, time in openvino_rows(scale)
        ]
        tables.append("\n".join([HEAD, *rows, "Total;;;;1;1", ""]))
    return "\n".join(tables)


def openvino_json(*scales):
    requests = [
        {
            "nodes": [
                {
                    "name": name,
                    "status": f"Status.{state}",
                    "node_type": kind,
                    "exec_type": "jit",
                    "real_time": str(time),
                }
                for name, state, kind, time in openvino_rows(scale)
            ]
        }
        for scale in scales
    ]
    return json.dumps({"report_type": "detailed", "detailed_performance": requests})


def openvino_console(*scales):
    lines = []
    for place, scale in enumerate(scales):
        lines.append(f"[ INFO ] Performance counts for {place}-th infer request")
        lines += [
            f"{name:<30} Status.{state:<13} layerType: {kind:<20} execType: jit   "
            f"realTime (ms): {time:<10.3f} cpuTime (ms): 0"
            for name, state, kind, time in openvino_rows(scale)
        ]
        lines += ["Total time:     0.085 milliseconds", ""]
    lines += ["[ INFO ] Count:            10 iterations", "[ INFO ] Latency:"]
    return "\n".join([*lines, "[ INFO ]    Median:    50.00 us", "[ INFO ] Throughput:   13106.16 FPS"])


@pytest.mark.parametrize("write", [openvino_csv, openvino_json, openvino_console])
def test_openvino_requests_are_kept_apart(tmp_path, block, write):
    path = tmp_path / "report"
    path.write_text(write(1, 3))
    profile = openvino.read([path])
    assert {layer.name: layer.latency_s for layer in profile.layers} == pytest.approx(
        {"x_f32_bf16_/blk/fc1/Add": 1e-5, "/blk/fc1/Add": 1e-4, "Multiply_31": 4e-5, "y": 2e-5}
    )
    assert "mean over 2 infer requests" in profile.notes[0]
    mapped = operators(profile, block)
    assert mapped["y"] == ("/blk/Softmax",)  # named after the output
    assert set(mapped["/blk/fc1/Add"]) >= {"/blk/fc1/MatMul", "/blk/fc1/Add"}
    if write is openvino_console:
        assert (profile.latency_s.median, profile.latency_s.runs) == (pytest.approx(50e-6), 10)
        assert profile.throughput_per_s == 13106.16
    else:
        assert mapped["Multiply_31"] == ("/blk/fc2/MatMul",)  # by what did not run, as it was joined
        assert mapped["x_f32_bf16_/blk/fc1/Add"] == ("/blk/fc1/Add",)


def test_openvino_results_beside_the_counters(tmp_path):
    results = "Execution results\nlatency (ms);0.05\ntotal number of iterations;10\nthroughput;13106.16\n"
    (tmp_path / "one.csv").write_text(f"{openvino_csv(1)}\n{results}")
    (tmp_path / "counters.csv").write_text(openvino_csv(1))
    (tmp_path / "results.json").write_text(
        json.dumps({"execution_results": {"latency (ms)": "0.05", "throughput": "13106.16"}})
    )
    for files in (["one.csv"], ["counters.csv", "results.json"]):
        profile = openvino.read([tmp_path / name for name in files])
        assert profile.latency_s.median == pytest.approx(5e-5)
        assert (profile.throughput_per_s, len(profile.layers)) == (13106.16, 4)


def test_openvino_results_of_the_same_run_are_found_by_themselves(tmp_path):
    """benchmark_app 2026.4 writes the counters and the results of a run to two files of one folder."""
    counters = tmp_path / "benchmark_average_counters_report.csv"
    beside = tmp_path / "benchmark_report.csv"
    counters.write_text(openvino_csv(1))
    alone = openvino.read([counters])
    assert alone.latency_s is None
    assert any("give both files" in note for note in alone.notes)
    run = "-report_type;{}\n\nExecution results\ntotal number of iterations;10\nlatency (ms);0.05\n"
    beside.write_text(run.format("average_counters") + "throughput;13106.16\n")
    found = openvino.read([counters])
    assert found.latency_s.median == pytest.approx(5e-5)
    assert (found.latency_s.runs, found.throughput_per_s) == (10, 13106.16)
    assert any(beside.name in note for note in found.notes)
    beside.write_text(run.format("detailed_counters"))
    assert openvino.read([counters]).latency_s is None, "of another run"

    counters.with_suffix(".json").write_text(openvino_json(1))
    results = {"latency (ms)": "0.05"}
    options = {"-report_type": "average_counters"}
    beside.with_suffix(".json").write_text(json.dumps({"cmd_options": options, "execution_results": results}))
    assert openvino.read([counters.with_suffix(".json")]).latency_s.median == pytest.approx(5e-5)
    beside.with_suffix(".json").write_text("{")
    with pytest.raises(InputError, match="valid JSON"):
        openvino.read([counters.with_suffix(".json")])


SUMMARY = """=== Performance summary ===
Throughput: 612.5 qps
Latency: min = 1.69 ms, max = 1.92 ms, mean = 1.74 ms, median = 1.73 ms, percentile(90%) = 1.78 ms
GPU Compute Time: min = 1.60 ms, max = 1.82 ms, mean = 1.66 ms, median = 1.65 ms
"""
FIRST, SECOND = "/blk/fc1/MatMul + /blk/fc1/Add", "{ForeignNode[/blk/act/Relu.../blk/Softmax]}"


def trtexec_log(version, head, *rows):
    lines = ["=== Profile (1753 iterations ) ===", head, *rows, *SUMMARY.splitlines()]
    first = (
        f"&&&& RUNNING TensorRT.trtexec [TensorRT v{version}] [b26] # trtexec --onnx=block.onnx --dumpProfile"
    )
    return "\n".join([first, *(f"[01/10/2026-10:01:00] [I] {line}" for line in lines)])


TRT10 = trtexec_log(
    "100300",
    "   Time(ms)     Avg.(ms)   Median(ms)   Time(%)   Layer",
    f"     350.60       0.2000       0.1990      80.0   {FIRST}",
    f"      87.65       0.0500       0.0490      20.0   {SECOND}",
    "     438.25       0.2500       0.2480     100.0   Total",
)
TRT8 = trtexec_log(
    "8502",
    "  Layer   Time (ms)   Avg. Time (ms)   Median Time (ms)   Time %",
    f"  {FIRST}      350.60       0.2000       0.1990      80.0",
    f"  {SECOND}       87.65       0.0500       0.0490      20.0",
    "    Total      438.25       0.2500       0.2480     100.0",
)


@pytest.mark.parametrize(("log", "version"), [(TRT10, "10.3.0"), (TRT8, "8.5.2")])
def test_the_log_of_trtexec(tmp_path, block, log, version):
    path = tmp_path / "trtexec.log"
    path.write_bytes(log.encode("utf-16"))  # as a shell of Windows redirects it
    profile = trtexec.read([path])
    assert profile.latency_s.median == pytest.approx(1.73e-3)
    assert profile.device_s.median == pytest.approx(1.65e-3)
    assert (profile.throughput_per_s, profile.notes) == (612.5, (f"TensorRT {version}",))
    assert [layer.latency_s for layer in profile.layers] == pytest.approx([2e-4, 5e-5])
    assert operators(profile, block) == {
        FIRST: ("/blk/fc1/MatMul", "/blk/fc1/Add"),
        SECOND: ("/blk/act/Relu", "/blk/fc2/MatMul", "/blk/Softmax"),
    }


def test_kernels_of_tensorrt_by_the_metadata_of_its_layers(tmp_path, block):
    metadata = "[ONNX Layer: /blk/fc1/MatMul]\x1e[ONNX Layer: /blk/fc1/Add]\x1e[ONNX Layer: gone]"
    (tmp_path / "layers.json").write_text(
        json.dumps({"Layers": [{"Name": "__myl_Fc_0", "Metadata": metadata}]})
    )
    (tmp_path / "profile.json").write_text(
        json.dumps([{"count": 9}, {"name": "__myl_Fc_0", "averageMs": 0.02}])
    )
    profile = trtexec.read([tmp_path / "profile.json", tmp_path / "layers.json"])
    assert operators(profile, block) == {"__myl_Fc_0": ("/blk/fc1/MatMul", "/blk/fc1/Add")}


def test_kernels_of_tensorrt_without_their_metadata(tmp_path, block):
    path = tmp_path / "profile.json"
    path.write_text(json.dumps([{"count": 9}, {"name": "__myl_Fc_0", "averageMs": 0.02}]))
    with pytest.raises(InputError, match="--exportLayerInfo"):
        with_operators(trtexec.read([path]), block)


def test_a_log_of_a_failed_build_is_refused(tmp_path):
    path = tmp_path / "trtexec.log"
    path.write_text("&&&& RUNNING TensorRT.trtexec [TensorRT v8502]\n&&&& FAILED TensorRT.trtexec\n")
    with pytest.raises(InputError, match="a build that failed"):
        trtexec.read([path])


def test_msprof_writes_joined_names_in_a_row(tmp_path, block):
    path = tmp_path / "op_summary.csv"
    rows = [
        "/blk/fc1/MatMul/blk/fc1/Add/blk/act/Relu,MatMulV2,AI_CORE,42.0",
        "/blk/Softmax,SoftmaxV2,AI_VECTOR_CORE,8.0",
    ]
    path.write_text("\n".join(["Op Name,OP Type,Task Type,Task Duration(us)", *rows]), encoding="utf-8-sig")
    first = with_operators(msprof.read([path]), block).layers[0]
    assert first.operators == ("/blk/fc1/MatMul", "/blk/fc1/Add", "/blk/act/Relu")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "RAM 1/2MB SWAP 898/8192MB GR3D_FREQ 7% GPU@30.5C GPU 463/463 CPU 618/618 SOC 2936/2936 "
            "CV 0/0 VDDRQ 309/309 SYS5V 3306/3306",
            {"board_w": 7.632, "cpu_w": 0.618, "gpu_busy_share": 0.07, "gpu_clock_hz": None},
        ),
        (
            "RAM 1/2MB GR3D_FREQ @[1575,1574] VDD_GPU 22456mW/1mW VIN_SYS_5V0 6520mW/1mW VIN 38200mW/1mW",
            {"board_w": 38.2, "gpu_busy_share": None, "gpu_clock_hz": 1575e6},
        ),
        ("RAM 1/2MB GR3D_FREQ 12%@76 VDD_SYS_GPU 152/152 VDD_IN 3600/3500 VDD_SYS_CPU 9/9", {"board_w": 3.6}),
        ("RAM 1/2MB GR3D_FREQ 0% VDD_GPU 300mW/300mW", {"board_w": None, "vdd_gpu_w": 0.3}),
    ],
    ids=["AGX Xavier", "Thor", "TX2", "no input rail"],
)
def test_tegrastats_of_every_generation(tmp_path, line, expected):
    path = tmp_path / "tegrastats.log"
    path.write_text(line + "\n")
    means = {series.name: series.mean for series in tegrastats.read([path]).series}
    assert {name: means.get(name) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("asked", "content", "what"),
    [
        ("onnxruntime", TRT10, "planner import trtexec"),
        ("trtexec", f"{HEAD}\n", "planner import openvino"),
        ("openvino", '[{"cat" : "Node", "name": "a_kernel_time", "dur": 1}]', "planner import onnxruntime"),
        ("onnxruntime", '{"traceEvents": []}', "a trace of PyTorch or Chrome"),
        ("tegrastats", "PK\x03\x04...", "unpack it first"),
        ("msprof", "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_a_file_of_another_tool_is_named(tmp_path, asked, content, what):
    path = tmp_path / "profile"
    path.write_text(content)
    with pytest.raises(InputError, match=what):
        api.import_profile(asked, [path])
