"""TensorRT on a DLA: what was published, what falls back and what that costs, what a DLA does not have."""

import pytest
from click.testing import CliRunner

from planner.calibration.transfer.join import instances_at_once, join
from planner.calibration.transfer.observations import network, prepared, without_decoding
from planner.cli.main import planner as command
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import read_device
from planner.hardware.measurements import read_measurements
from planner.latency.estimate import estimate
from planner.latency.kernels.prepared import prepare
from planner.latency.kernels.unit_limits import refusals
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.transfer.store import transfer_for
from planner.latency.units.placement import place
from planner.provenance import Provenance
from planner.workload.workload import read_workload
from planner.zoo.builder import NetworkBuilder
from planner.zoo.source import read_model

ORIN = read_device("jetson-agx-orin-64")
XAVIER = read_device("jetson-agx-xavier-32")
RESNET = read_model("zoo:resnet50_v1.5")
BERT = read_model("zoo:bert_base")
ROWS = {row.id: row for row in read_measurements(corrected=True)}


def on_dla(workload, device=ORIN, **asked):
    return estimate(workload, device, unit="dla", **asked)


def bare(row_id, **asked):
    """What is predicted of a row without decoding."""
    row = ROWS[row_id]
    point = point_for(ORIN, unit="dla", precision=asked.pop("precision", row.precision), **asked)
    made = prepared(row.model, row.input_shape, row.batch, point.precision, "tensorrt")
    return estimate_at(without_decoding(made), point, transfer_for(point)), row


@pytest.mark.parametrize("row_id", ["dlauser-00004", "haxconn-00001", "cudla-00001"])
def test_published_latencies_of_one_dla_lie_in_the_band(row_id):
    found, row = bare(row_id, mode="MAXN")
    measured_s = row.value_si if row.metric == "latency_ms" else row.batch / row.value_si
    assert found.latency_s.low < measured_s < found.latency_s.high
    assert found.latency_s.mid == pytest.approx(measured_s, rel=0.3)


def test_an_estimate_rests_on_the_fitted_model_and_says_so():
    found = on_dla(RESNET, precision="int8")
    assert found.provenance is Provenance.TRANSFERRED
    assert found.latency_s.level == 0.9
    assert {layer.unit for layer in found.layers} == {"dla"}


def test_time_goes_as_the_batch_as_it_was_published():
    """NVIDIA's cuDLA sample: 3.82 ms for one image, 62.54 ms for 16; the fixed cost is paid once."""
    published = ROWS["cudla-00007"].value / ROWS["cudla-00002"].value
    one, _ = bare("cudla-00002", precision="int8")
    many, _ = bare("cudla-00007", precision="int8")
    predicted = many.latency_s.mid / one.latency_s.mid
    assert predicted <= 16
    assert predicted == pytest.approx(published, rel=0.05)


def test_a_rate_of_two_dlas_is_twice_that_of_one():
    """Two rows of one network, the publisher's on both and a user's on one, tell of nearly one latency."""
    unit = ORIN.units["dla"]
    assert instances_at_once(ROWS["dlasw-00017"], unit) == 2
    assert instances_at_once(ROWS["dlauser-00004"], unit) == 1
    found = {row.id: row.latency_s for row in join().matched}
    assert found["dlasw-00017"] == pytest.approx(found["dlauser-00004"], rel=0.02)


def test_networks_are_timed_without_what_decodes_them():
    whole = prepared("ssd_mobilenet_v1", "1x3x300x300", 1, "int8", "tensorrt")
    left = without_decoding(whole)
    assert sum(kernel.macs for kernel in left.kernels) == sum(kernel.macs for kernel in whole.kernels)
    assert not {"Softmax", "Sigmoid", "Exp"} & {op for kernel in left.kernels for op in kernel.op_types}
    same = prepared("resnet34", "1x3x224x224", 1, "int8", "tensorrt")
    assert len(without_decoding(same).kernels) >= len(same.kernels) - 1


@pytest.mark.parametrize("row_id", ["orinlab-00001", "orinlab-00002", "orinlab-00003", "yolodla-00004"])
def test_published_runs_with_help_of_the_gpu_lie_in_the_band(row_id):
    """Rows that no fit saw."""
    row = ROWS[row_id]
    workload = network(row.model, row.input_shape, 1)
    found = place(workload, ORIN, "dla", mode=row.power_mode, precision=row.precision).estimate.latency_s
    assert found.low < row.value_si < found.high
    assert found.mid == pytest.approx(row.value_si, rel=0.25)


def test_a_transformer_falls_back_and_pays_each_passage():
    found = place(BERT, ORIN, "dla", precision="int8")
    alone = on_dla(BERT, precision="int8")
    told = {op for layer in found.falls_back for op in layer.op_types}
    assert {"MatMul", "LayerNormalization"} <= told
    assert found.estimate.latency_s == alone.latency_s
    assert found.crossing_s.mid < alone.latency_s.mid
    assert alone.latency_s.level is None
    assert alone.latency_s.mid > estimate(BERT, ORIN, unit="gpu", precision="int8").latency_s.mid
    assert any("fall back from dla to gpu" in text for text in alone.warnings)
    asked = ["--device", "jetson-agx-orin-64", "--unit", "dla", "--precision", "int8"]
    result = CliRunner().invoke(command, ["estimate", "zoo:bert_base", *asked])
    assert result.exit_code == 0
    assert "in the latency" in result.output


def test_what_a_dla_lacks_is_refused_with_what_it_has():
    for precision in ("fp32", "bf16"):
        with pytest.raises(InputError, match="int8"):
            on_dla(RESNET, precision=precision)
    with pytest.raises(UnknownIdError, match=r"unknown unit .* known: cpu, gpu"):
        on_dla(RESNET, device=read_device("jetson-orin-nano-8"))


def test_int8_is_usual_where_fp16_is_far_slower():
    assert point_for(ORIN, unit="dla").precision == "int8"
    assert on_dla(RESNET, precision="fp16").latency_s.mid > 8 * on_dla(RESNET).latency_s.mid


def against(net, *outputs, device=ORIN):
    """What stands against the kernels of a small network on a DLA."""
    point = point_for(device, unit="dla", precision="int8" if device is ORIN else "fp16")
    found = refusals(prepare(read_workload(net.finish(*outputs)), 1, point.precision, point.engine), point)
    return {reason for reasons in found.values() for reason in reasons}


@pytest.fixture
def net():
    return NetworkBuilder("small")


def test_convolutions_and_their_activations_run(net):
    x = net.input("image", (1, 3, 64, 64))
    y = net.max_pool(net.relu(net.conv(x, 32, 3, bias=True)), 2, stride=2)
    assert against(net, net.concat([y, net.sigmoid(y)], 1)) == set()


def test_more_than_8192_cells_in_a_row_are_too_many(net):
    x = net.input("image", (1, 16, 1, 8400))
    assert against(net, net.relu(x)) == {"Relu with an extent over 8192"}


def test_eight_cells_are_the_widest_window_of_a_pool(net):
    for side, told in ((8, set()), (9, {"GlobalAveragePool with a window over 8"})):
        small = NetworkBuilder(f"pool{side}")
        x = small.input("image", (1, 16, side, side))
        assert against(small, small.global_average_pool(x)) == told


def test_a_product_needs_weights_on_one_side(net):
    x = net.input("left", (1, 1, 64, 64))
    y = net.input("right", (1, 1, 64, 64))
    assert against(net, net.matmul(x, y)) == {"MatMul with two inputs that are no weights"}


def test_the_first_generation_lacks_softmax_that_the_second_has():
    for device, told in ((ORIN, set()), (XAVIER, {"Softmax with no support in this generation"})):
        small = NetworkBuilder("scores")
        x = small.input("image", (1, 16, 8, 8))
        assert against(small, small.softmax(x, axis=1), device=device) == told
