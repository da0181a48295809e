"""Profiles of other tools, read from small files in their real formats."""

from pathlib import Path

import pytest

from planner.engines.imports import msprof, onnxruntime, openvino, tegrastats, trtexec
from planner.engines.imports.node_names import with_operators
from planner.errors import InputError
from planner.zoo.source import read_model

FILES = Path(__file__).parent / "files"


@pytest.fixture(scope="module")
def network():
    return read_model("zoo:mobilenet_v1_0.25")


def test_trtexec_times_and_profile_together(network):
    files = [FILES / f"trtexec_{name}.json" for name in ("times", "profile", "layers")]
    profile = with_operators(trtexec.read(files), network)
    assert profile.latency_s.median == pytest.approx(1.35e-3)
    assert profile.device_s.median == pytest.approx(1.05e-3)
    assert profile.latency_s.runs == 11
    assert [layer.latency_s for layer in profile.layers] == pytest.approx([0.05e-3, 0.2e-3, 0.25e-3])
    reformat, fused, foreign = profile.layers
    assert (reformat.kind, reformat.operators) == ("reformat", ())
    assert fused.operators == ("features.0.0", "features.0.relu6")
    names = [operator.name for operator in network.operators]
    first, last = names.index("features.1.depthwise.0"), names.index("features.2.depthwise.0")
    assert foreign.operators == tuple(names[first : last + 1])
    assert any("10.0 % of layer time has no ONNX node" in note for note in profile.notes)


def test_onnxruntime_leaves_the_first_run_out(network):
    profile = with_operators(onnxruntime.read([FILES / "onnxruntime_profile.json"]), network)
    assert profile.latency_s.runs == 2
    assert {layer.kind for layer in profile.layers} >= {"Conv"}
    mapped = [layer for layer in profile.layers if layer.operators]
    assert len(mapped) >= len(profile.layers) / 2


def test_openvino_keeps_what_ran():
    profile = openvino.read([FILES / "openvino_counters.csv"])
    assert len(profile.layers) == 32
    assert sum(layer.latency_s for layer in profile.layers) == pytest.approx(0.590e-3, abs=2e-5)


def test_msprof_takes_means_and_counts_what_has_no_time(network):
    profile = with_operators(msprof.read([FILES / "op_summary.csv"]), network)
    assert {layer.name: layer.latency_s for layer in profile.layers} == pytest.approx(
        {"features.0.0": 43e-6, "trans_TransData_0": 8e-6}
    )
    assert "1 rows without a duration left out" in profile.notes


def test_tegrastats_of_an_orin_sums_the_rails_of_the_board():
    series = {s.name: s for s in tegrastats.read([FILES / "tegrastats_orin.log"]).series}
    assert series["board_w"].mean == pytest.approx((28.0 + 32.4) / 2)
    assert series["tj_c"].high == 55.5
    assert series["gpu_clock_hz"].mean == pytest.approx(1300e6)
    assert series["gpu_busy_share"].mean == pytest.approx(0.6)
    assert series["memory_bytes"].low == pytest.approx(4000 * 2**20)


def test_tegrastats_of_a_nano_has_one_rail_for_the_board():
    series = {s.name: s for s in tegrastats.read([FILES / "tegrastats_nano.log"]).series}
    assert series["board_w"].mean == series["pom_5v_in_w"].mean == 6.0
    assert series["gpu_c"].mean == 38.5


@pytest.mark.parametrize("tool", [trtexec, onnxruntime, openvino, msprof, tegrastats])
@pytest.mark.parametrize("content", [b"", b"nonsense, whatever it is called", b"[1, 2]", b"\xff\xfe\x00"])
def test_files_of_another_kind_are_refused(tool, content, tmp_path):
    file = tmp_path / "profile.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match="expected"):
        tool.read([file])


def test_a_profile_of_another_network_is_refused():
    with pytest.raises(InputError, match="names of nodes of bert_large_squad"):
        with_operators(trtexec.read([FILES / "trtexec_profile.json"]), read_model("zoo:bert_large_squad"))
