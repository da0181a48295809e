"""The transferred model: limits of its physics, its band, and when an estimate uses it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import read_device
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import prepare
from planner.latency.point import point_for
from planner.latency.transfer.kernels import CLASSES, kernel_table, network_kind
from planner.latency.transfer.model import UnitFacts, kernel_times
from planner.latency.transfer.prediction import parameter_values, predict
from planner.latency.transfer.store import read_transfer, transfer_files, transfer_for, transfer_named
from planner.provenance import Provenance
from planner.zoo.source import read_model

ORIN = read_device("jetson-agx-orin-64")
POINT = point_for(ORIN, precision="int8", mode="MAXN")
NETWORKS = {
    name: prepare(read_model(f"zoo:{name}"), 1, POINT.precision, POINT.engine)
    for name in ("resnet50_v1.5", "mobilenet_v2_1.0", "yolov5n")
}
TABLES = {name: kernel_table(prepared) for name, prepared in NETWORKS.items()}
FACTS = UnitFacts(85e12, 5e12, 204e9, 16.0, 4e6, 1.3e9, 0.0)
VALUES = parameter_values(transfer_named("tensorrt-gpu"))
CONSTANTS = transfer_named("tensorrt-gpu").constants


def test_neutral_parameters_are_the_roofline_without_overlap():
    """No overheads, whole peaks, no cache: the high end of the datasheet band without its launches."""
    plain = estimate(read_model("zoo:resnet50_v1.5"), ORIN, precision="int8", mode="MAXN", transfer=False)
    table = TABLES["resnet50_v1.5"]
    facts = UnitFacts(
        POINT.peak_ops_per_s, POINT.vector_ops_per_s, POINT.bandwidth_bytes_per_s, 16.0, 4e6, 1.3e9, 0.0
    )
    launches = POINT.launch_s * len(table) + POINT.fixed_s
    assert kernel_times({}, table, facts).total_s.sum() == pytest.approx(plain.latency_s.high - launches)


def test_infinite_sharpness_is_perfect_overlap():
    times = kernel_times({"overlap": 200.0}, TABLES["resnet50_v1.5"], FACTS)
    assert times.total_s == pytest.approx(np.maximum(times.compute_s, times.memory_s), rel=0.01)


@given(st.floats(1, 50), st.floats(1, 50), st.sampled_from(sorted(TABLES)))
def test_a_better_unit_is_never_slower(compute, bandwidth, name):
    better = replace(
        FACTS,
        peak_ops_per_s=FACTS.peak_ops_per_s * compute,
        vector_ops_per_s=FACTS.vector_ops_per_s * compute,
        bandwidth_bytes_per_s=FACTS.bandwidth_bytes_per_s * bandwidth,
    )
    parameters = {**CONSTANTS, **VALUES}
    plain = kernel_times(parameters, TABLES[name], FACTS).total_s
    assert (kernel_times(parameters, TABLES[name], better).total_s <= plain * (1 + 1e-12)).all()


def test_many_processors_need_many_tiles():
    """At one tile a processor half of the half-wave figure is lost; at very many nothing is."""
    table = TABLES["resnet50_v1.5"]
    parameters = {"half_waves": 1.0}
    few = kernel_times(parameters, table, replace(FACTS, processors=1e-6)).compute_s
    none = kernel_times({}, table, FACTS).compute_s
    assert few == pytest.approx(none, rel=1e-4)
    deep = table.kind == CLASSES.index("gemm")
    waves = np.ceil(table.rows / 64) * np.ceil(table.columns / 64) / 16
    expected = none[deep] * (waves[deep] + 1) / waves[deep]
    assert kernel_times(parameters, table, FACTS).compute_s[deep] == pytest.approx(expected, rel=0.01)


def test_the_whole_batch_takes_longer_and_each_image_less():
    parameters = {**CONSTANTS, **VALUES}
    times = []
    for batch in (1, 2, 4, 8, 16, 32):
        prepared = prepare(read_model("zoo:resnet50_v1.5"), batch, POINT.precision, POINT.engine)
        times.append(float(kernel_times(parameters, kernel_table(prepared), FACTS).total_s.sum()))
    assert times == sorted(times)
    images = [time / batch for time, batch in zip(times, (1, 2, 4, 8, 16, 32), strict=True)]
    assert images == sorted(images, reverse=True)


def test_layers_and_the_fixed_cost_sum_to_the_middle():
    result = estimate(read_model("zoo:yolov5n"), ORIN, unit="gpu", precision="int8")
    assert sum(layer.time.mid_s for layer in result.layers) + result.fixed_s == pytest.approx(
        result.latency_s.mid
    )
    assert 0 < result.caller_s < result.fixed_s


def test_an_estimate_rests_on_the_model_where_one_is_fitted():
    result = estimate(read_model("zoo:resnet50_v1.5"), ORIN, unit="gpu", precision="int8")
    assert result.provenance is Provenance.TRANSFERRED
    assert result.latency_s.level == 0.9
    assert result.rests_on == "tensorrt-gpu"
    assert not any("no calibration" in warning for warning in result.warnings)


def test_no_family_lends_its_constants_to_another():
    """Nobody published ONNX Runtime on a Jetson's GPU well enough: the datasheet, not TensorRT's model."""
    other = estimate(
        read_model("zoo:resnet50_v1.5"), ORIN, unit="gpu", engine="onnxruntime", precision="fp16"
    )
    assert other.provenance is not Provenance.TRANSFERRED
    assert other.rests_on is None
    assert any("no fitted model covers this unit" in warning for warning in other.warnings)
    dla = estimate(read_model("zoo:resnet50_v1.5"), ORIN, unit="dla", precision="int8")
    assert dla.rests_on == "tensorrt-dla"


def test_a_network_called_by_a_program_carries_its_cost_unless_asked_not_to():
    network = read_model("zoo:yolov5n")
    usual = estimate(network, ORIN, precision="fp16")
    alone = estimate(network, ORIN, precision="fp16", profile="")
    assert usual.latency_s.mid - alone.latency_s.mid == pytest.approx(usual.caller_s)
    assert alone.caller_s == 0
    with pytest.raises(UnknownIdError, match=r"host overhead .* of tensorrt"):
        estimate(network, ORIN, profile="cobol")


def test_operators_that_no_row_told_of_widen_the_band():
    transfer = transfer_named("tensorrt-gpu")
    prepared = NETWORKS["mobilenet_v2_1.0"]
    known = predict(prepared, POINT, transfer)
    fewer = [name for name in transfer.fitted_classes if name != "depthwise"]
    unknown = predict(prepared, POINT, transfer.model_copy(update={"fitted_classes": fewer}))
    assert unknown.band.mid == known.band.mid
    assert unknown.band.high > known.band.high
    assert unknown.band.low < known.band.low
    assert any("depthwise" in note for note in unknown.notes)


def test_a_precision_that_no_row_ran_in_widens_the_band():
    network = read_model("zoo:resnet50_v1.5")
    known, other = (estimate(network, ORIN, precision=name).latency_s for name in ("fp16", "bf16"))
    assert other.high / other.mid > known.high / known.mid


def test_kinds_of_network_are_told_by_their_work():
    assert network_kind(TABLES["resnet50_v1.5"]) == "cnn"
    bert = prepare(read_model("zoo:bert_base"), 1, POINT.precision, POINT.engine)
    assert network_kind(kernel_table(bert)) == "transformer"


def test_every_shipped_model_is_whole():
    for path in transfer_files():
        transfer = read_transfer(path)
        assert transfer.rests_on is not None
        assert {item.kind for item in transfer.residuals} & {"cnn", "transformer"}
        assert all(item.low < 1 < item.high for item in transfer.residuals)
        for parameter in (*transfer.parameters.values(), *transfer.scoped):
            assert abs(np.log(parameter.value / parameter.prior)) < 4.5 * parameter.spread, transfer.id


def test_a_file_with_another_name_than_its_id_is_refused(tmp_path):
    path = tmp_path / "tensorrt-other.yaml"
    path.write_text(transfer_files()[0].read_text())
    with pytest.raises(InputError, match="the name of the file"):
        read_transfer(path)


def test_a_unit_is_covered_by_words_of_its_datasheet():
    assert transfer_for(POINT).id == "tensorrt-gpu"
    assert transfer_for(point_for(ORIN, unit="gpu", engine="onnxruntime")) is None


def test_heads_of_attention_move_as_other_copies_unless_a_model_says_otherwise():
    """A transformer alone is quicker by `heads`; a CNN has none."""
    prepared = prepare(read_model("zoo:bert_base", batch=1), 1, POINT.precision, POINT.engine)
    table = kernel_table(prepared)
    copied = kernel_times({"copied": 6.0}, table, FACTS).total_s
    assert kernel_times({"copied": 6.0, "heads": 6.0}, table, FACTS).total_s == pytest.approx(copied)
    assert kernel_times({"copied": 6.0, "heads": 1.0}, table, FACTS).total_s.sum() < copied.sum()
    cnn = TABLES["yolov5n"]
    plain = kernel_times({"copied": 6.0}, cnn, FACTS).total_s
    assert kernel_times({"copied": 6.0, "heads": 1.0}, cnn, FACTS).total_s == pytest.approx(plain)


def test_narrow_groups_are_padded_once():
    """Groups of 4 channels leave three quarters of a block of 16 idle, and their sums of 36 end at 48."""
    resnext = kernel_table(prepare(read_model("zoo:resnext50"), 1, POINT.precision, POINT.engine))
    narrow = (resnext.kind == CLASSES.index("grouped")) & (resnext.rows == 4)
    assert narrow.any()
    padding = transfer_named("acl-ascend").constants
    assert "group_width" not in padding
    products = replace(FACTS, vector_ops_per_s=1e30)
    padded = kernel_times({"pad": padding["pad"]}, resnext, products).compute_s[narrow]
    plain = kernel_times({}, resnext, products).compute_s[narrow]
    assert padded / plain == pytest.approx(16 / 4 * 48 / 36, rel=0.02)


def test_x_sigmoid_x_apart_overlaps_nothing():
    """A kernel of its own reads and writes the convolution's result and is launched once more."""
    table = TABLES["yolov5n"]
    parameters = {"silu_apart": 1.0, "launch_us": 4.0, "overlap": 3.0}
    plain = kernel_times(parameters, table, FACTS).total_s
    apart = kernel_times({**parameters, "silu_pass": 1.0}, table, FACTS).total_s
    behind = table.silu_bytes > 0
    assert behind.sum() == 57  # the convolutions of YOLOv5n but the three that answer
    expected = table.silu_bytes / FACTS.bandwidth_bytes_per_s + 4e-6 * behind
    assert apart - plain == pytest.approx(expected, abs=1e-12)
    assert table.silu_bytes[behind] == pytest.approx(2 * table.write_bytes[behind])


@pytest.mark.parametrize(("asked", "left"), [(0.5, 1.0), (2.0, 0.5)])
def test_a_hard_power_limit_is_the_lesser_of_two(asked, left):
    """A part that asks for twice the joules that it gets runs at half its peak; for less, at all of it."""
    table = TABLES["resnet50_v1.5"]
    limited = replace(FACTS, int8_ops_per_joule=asked * 1e12)
    parameters = {"ops_per_joule": 1.0, "limit_sharpness": 60.0, "vector": 1e9}
    plain = kernel_times({"vector": 1e9}, table, FACTS).compute_s
    times = kernel_times(parameters, table, limited).compute_s
    busy = table.macs > 0
    assert plain[busy] / times[busy] == pytest.approx(np.full(busy.sum(), left), rel=0.02)
