"""What an engine cannot run is refused or said, by data of the engine with a version and a source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.hardware.catalog import engine_ids, read_device, read_engine
from planner.hardware.link.links import link_named
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import prepare
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.transfer.store import transfer_for
from planner.latency.units.compete import knows_recurrent
from planner.schema.hardware.device import Precision
from planner.schema.hardware.engine import Engine
from planner.schema.reading.yaml_file import parse_document, validate
from planner.wording.message import key_of
from planner.zoo.source import read_model

CORAL = read_device("coral-edgetpu-usb")
BOARD = read_device("rk3588")
CRNN = read_model("zoo:crnn_builtin_for_pytorch")


def keys(found) -> set[str | None]:
    return {key_of(text) for text in found.warnings}


def test_a_language_model_on_a_stick_is_refused_with_the_reason():
    with pytest.raises(InputError) as caught:
        estimate(read_model("zoo:llama_1b_int4_decode"), CORAL)
    problem = caught.value.problems[0]
    assert "MatMulNBits" in problem.expected
    assert "coral-edgetpu-usb" in problem.expected
    assert "edgetpu (int8, 8 MB on chip)" in problem.got


def test_a_format_that_the_engine_lacks_is_refused():
    with pytest.raises(InputError, match="int8"):
        estimate(read_model("zoo:mobilenet_v1_1.0"), CORAL, precision="fp16")


def test_weights_beyond_the_chip_come_over_the_link_each_time():
    """Inception v3 has 23.9 MB in INT8: 15.9 MB beyond 8 MB, over what USB 3 delivers of 0.5 GB/s."""
    found = estimate(read_model("zoo:inception_v3"), CORAL, transfer=False)
    beyond = found.memory.weights_bytes - 8e6
    assert beyond == pytest.approx(15.9e6, rel=0.01)
    fast, _, slow = link_named("usb3").time_s(beyond)
    assert beyond / 0.5e9 < fast < slow
    assert found.latency_s.low >= fast
    assert found.latency_s.high == pytest.approx(
        slow + sum(layer.time.high_s for layer in found.layers) + 35e-6
    )
    assert "estimated.streamed" in keys(found)
    small = estimate(read_model("zoo:mobilenet_v1_1.0"), CORAL)
    assert small.memory.weights_bytes < 8e6
    assert "estimated.streamed" not in keys(small)


def test_both_directions_of_a_recurrent_layer_are_too_many_for_a_stick():
    with pytest.raises(InputError, match="LSTM with both directions"):
        estimate(CRNN, CORAL)


def test_what_decodes_the_last_products_is_left_to_the_host():
    found = estimate(read_model("zoo:yolov8n"), CORAL)
    assert "estimated.lost_kernels" in keys(found)


def test_recurrent_layers_of_an_npu_run_step_by_step():
    """Steps x directions x the step's time on top of the fitted model, to a factor of three at the ends."""
    found = estimate(CRNN, BOARD, unit="npu", precision="int8")
    point = point_for(BOARD, unit="npu", precision="int8")
    prepared = prepare(CRNN, 1, Precision.INT8, "rknn")
    at_once = replace(point, recurrent_step_s=0.0)

    plain = estimate_at(prepared, at_once, transfer_for(point))
    nodes = [node for node in CRNN.graph.nodes if node.op_type == "LSTM"]
    steps = sum(2 * CRNN.tensors[node.inputs[0]].shape[0] for node in nodes)
    added_s = steps * 100e-6
    assert found.latency_s.mid == pytest.approx(plain.latency_s.mid + added_s)
    assert found.latency_s.high == pytest.approx(plain.latency_s.high + 3 * added_s)
    assert found.latency_s.low == pytest.approx(plain.latency_s.low + added_s / 3)
    assert found.provenance.value == "assumed"


def test_steps_that_nobody_published_are_assumed_to_a_factor_of_ten():
    found = estimate(CRNN, read_device("hailo-8"))
    nodes = [node for node in CRNN.graph.nodes if node.op_type == "LSTM"]
    added_s = 100e-6 * sum(2 * CRNN.tensors[node.inputs[0]].shape[0] for node in nodes)
    assert found.provenance.value == "assumed"
    assert found.latency_s.level is None
    assert found.latency_s.mid > added_s
    assert found.latency_s.high > 10 * added_s
    assert "estimated.recurrent_unknown" in keys(found)


def test_a_step_of_a_language_model_is_no_transferred_estimate_on_an_accelerator_without_any():
    """The same weights without a cache (a prompt) stay within what the fit has seen of products."""
    step = estimate(read_model("zoo:llama_1b_int4_decode"), read_device("hailo-8"))
    assert step.provenance.value == "assumed"
    assert step.latency_s.level is None
    assert "estimated.decoding_unseen" in keys(step)
    gpu = estimate(read_model("zoo:llama_1b_int4_decode"), read_device("jetson-orin-nano-8"))
    assert "estimated.decoding_unseen" not in keys(gpu)


def test_a_recurrent_network_takes_the_unit_that_is_known_to_run_it():
    """Users measure an NPU slower than the CPU beside it (airockchip/rknn-toolkit2, issue 402)."""
    board = estimate(CRNN, BOARD, precision="int8")
    assert board.unit == "cpu"
    unknown = estimate(CRNN, read_device("snapdragon-x-elite"), precision="int8")
    assert unknown.unit == "cpu"
    npu = next(other for other in unknown.others if other.unit == "npu")
    assert key_of(npu.reason) == "unit.recurrent_unknown"
    alone = estimate(CRNN, read_device("snapdragon-x-elite"), unit="npu", precision="int8")
    assert not knows_recurrent(read_device("snapdragon-x-elite"), alone)


def test_unknown_operators_are_said():
    found = estimate(read_model("zoo:resnet18"), read_device("deepx-dx-m1"), unit="npu", precision="int8")
    assert "estimated.operators_unknown" in keys(found)
    known = estimate(read_model("zoo:resnet18"), BOARD, unit="npu", precision="int8")
    assert "estimated.operators_unknown" not in keys(known)


def test_every_list_has_a_version_and_a_source():
    known = 0
    for name in engine_ids():
        engine = read_engine(name)
        for costs in engine.units.values():
            if costs.operators or costs.precisions or costs.weights_beyond_chip:
                known += 1
                assert costs.support is not None
                assert costs.support.version
                assert costs.support.source in engine.sources
    assert known >= 3


def test_a_list_without_a_version_is_refused():
    text = """
schema: 1
id: own
name: An engine
sources: {page: {title: A page}}
units:
  npu:
    source: page
    status: assumed
    note: As it is.
    launch: 1 us
    fixed: 1 us
    operators: [Conv]
"""
    with pytest.raises(InputError, match="support"):
        validate(parse_document(text, "own.yaml"), Engine)
    with_support = text + "    support: {version: '1.0', source: page}\n"
    validate(parse_document(with_support, "own.yaml"), Engine)
    with pytest.raises(InputError, match="elsewhere"):
        validate(
            parse_document(with_support.replace("source: page}\n", "source: elsewhere}\n"), "own.yaml"),
            Engine,
        )
