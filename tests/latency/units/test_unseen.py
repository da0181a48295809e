"""Bands of units without a fitted model, by what such units were missed by, over the whole catalogue."""

import math
from collections import defaultdict

import pytest

from planner.hardware.catalog import device_ids, read_device
from planner.latency.band import Band
from planner.latency.estimate import estimate
from planner.latency.network_time import NetworkTime
from planner.latency.one_unit import LONE_PART_SPREAD, PEAK_SPREAD, of_unseen_part
from planner.latency.point import point_for
from planner.latency.transfer.effects import PUBLISHER_TO_PUBLISHER
from planner.latency.transfer.store import (
    missed_of,
    read_transfer,
    roofline_anchoring,
    transfer_files,
    transfer_for,
)
from planner.provenance import Provenance
from planner.zoo.source import read_model

FILES = {path.stem: path for path in transfer_files()}
NETWORK = read_model("zoo:resnet18")


def test_a_weaker_provenance_is_never_narrower_than_a_stronger_one():
    """Of every unit of the catalogue without a model: wider than the widest fitted band of its kind."""
    widest = defaultdict(lambda: (1.0, 1.0))
    for transfer in map(read_transfer, transfer_files()):
        low, high = widest[transfer.covers.unit_kind]
        for item in transfer.residuals:
            low, high = min(low, item.low), max(high, item.high)
        widest[transfer.covers.unit_kind] = low, high
    seen = 0
    for device_id in device_ids():
        device = read_device(device_id)
        for unit_id, unit in device.units.items():
            point = point_for(device, unit=unit_id)
            if transfer_for(point) is not None:
                continue
            missed = missed_of(unit.kind, point.engine)
            low, high = widest[unit.kind]
            if point.engine in roofline_anchoring().missed[unit.kind].engines:
                assert missed.low <= low
                assert missed.high >= high
            assert math.sqrt(missed.high / missed.low) > 1.7
            seen += 1
    assert seen > 20


@pytest.mark.parametrize("device_id", ["deepx-dx-m1", "ryzen-ai-hx370", "coral-edgetpu-m2"])
def test_an_unseen_unit_has_the_roofline_times_the_median_miss(device_id):
    device = read_device(device_id)
    unit = next(unit_id for unit_id, unit in device.units.items() if unit.kind == "npu")
    found = estimate(NETWORK, device, unit=unit, precision="int8")
    ideal = estimate(NETWORK, device, unit=unit, precision="int8", transfer=False)
    missed = missed_of("npu", found.engine)
    assert found.latency_s.level == 0.9
    assert ideal.latency_s.level is None
    kernels = sum(layer.time.mid_s for layer in found.layers)
    assert kernels == pytest.approx(missed.median * sum(layer.time.mid_s for layer in ideal.layers))
    assert found.latency_s.high / found.latency_s.mid > 2


@pytest.mark.parametrize("network", ["zoo:crnn_builtin_for_pytorch", "zoo:resnet18"])
@pytest.mark.parametrize("device_id", ["hailo-15h", "hailo-8"])
def test_no_frame_is_out_before_the_next_may_go_in(device_id, network):
    """Also where steps of recurrent layers are assumed, or where a peak that nobody states widens bands."""
    found = estimate(read_model(network), read_device(device_id), unit="npu", precision="int8")
    ends = ("low", "mid", "high")
    assert all(found.through_s.at(end) >= found.latency_s.at(end) for end in ends)


def apart(end: float, spread: float) -> float:
    """An end of a band, over its middle, with an independent factor beside it: logarithms add as squares."""
    return math.exp(math.copysign(math.hypot(math.log(end), math.log(spread)), end - 1))


def test_a_peak_that_nobody_states_widens_the_models_band_by_what_judgements_missed():
    """The middle stays; a part that the fit has seen keeps the model's own band, stated or not."""
    guessed = estimate(NETWORK, read_device("qualcomm-sa7255p"), unit="npu", precision="int8")
    seen = estimate(NETWORK, read_device("qualcomm-qcs8275"), unit="npu", precision="int8")
    own = next(item for item in read_transfer(FILES["qnn-npu"]).residuals if item.kind == "cnn")
    assert guessed.rests_on == seen.rests_on == "qnn-npu"
    band = guessed.latency_s
    assert band.low / band.mid == pytest.approx(apart(own.low, PEAK_SPREAD), rel=1e-3)
    assert band.high / band.mid == pytest.approx(apart(own.high, PEAK_SPREAD), rel=1e-3)
    assert (guessed.provenance.value, seen.provenance.value) == ("assumed", "transferred")
    assert seen.latency_s.high / seen.latency_s.mid == pytest.approx(own.high, rel=1e-3)
    assert any(note.key == "estimated.peak_assumed" for note in guessed.warnings)


def test_a_fit_of_one_part_says_less_of_another_design_than_of_its_twin():
    """The Ascend model rests on one card of a 310P: another card of it keeps the band, a 310 does not."""
    twin = estimate(NETWORK, read_device("atlas-300i-duo"), unit="npu", precision="fp16")
    other = estimate(NETWORK, read_device("atlas-200-dk"), unit="npu", precision="fp16")
    assert twin.rests_on == other.rests_on == "acl-ascend"
    high = twin.latency_s.high / twin.latency_s.mid
    spread = PEAK_SPREAD if other.provenance.value == "assumed" else LONE_PART_SPREAD
    assert other.latency_s.high / other.latency_s.mid == pytest.approx(apart(high, spread), rel=0.02)


def test_no_unseen_accelerator_has_a_narrower_band_than_those_of_its_fit():
    """Over the catalogue: a weaker provenance is never narrower than a stronger one."""
    checked = 0
    for device_id in device_ids():
        device = read_device(device_id)
        for unit_id, unit in device.units.items():
            if (
                unit.kind not in ("npu", "dla")
                or (model := transfer_for(point_for(device, unit=unit_id))) is None
            ):
                continue
            if model.rests_on is not None and device_id not in model.rests_on.devices:
                point = point_for(device, unit=unit_id)
                plain = Band(0.5, 1.0, 2.0, 0.9)
                found = of_unseen_part(
                    NetworkTime((), 0.0, 0.0, plain, Provenance.TRANSFERRED, ()), point, model
                )
                assert found.band.low <= plain.low
                assert found.band.high >= plain.high
                assert (found.provenance is Provenance.ASSUMED) == point.peak_assumed
                assert not point.peak_assumed or found.band.high > plain.high
                checked += 1
    assert checked > 15


def test_peaks_of_cores_that_were_seen_elsewhere_keep_the_models_band():
    """Clock and cores of an Apple M4 are a judgement, but its kind of core is in the fit."""
    found = estimate(NETWORK, read_device("apple-m4"), engine="ncnn", precision="fp32")
    assert found.provenance.value == "transferred"


def test_an_engine_of_which_nothing_was_seen_has_the_misses_of_all_kinds():
    found = roofline_anchoring()
    assert missed_of("gpu", "tflite") is found.missed_anywhere
    assert missed_of("gpu", "tensorrt") is found.missed["gpu"]
    assert found.missed_anywhere.units > found.missed["gpu"].units


@pytest.mark.parametrize("engine", ["memryx", "dxnn", "generic"])
def test_an_engine_of_which_nothing_was_seen_is_not_better_known_than_those_of_its_kind(engine):
    seen, unseen = missed_of("npu", "qnn"), missed_of("npu", engine)
    assert unseen.high / unseen.low >= seen.high / seen.low


def test_single_precision_runs_on_tensor_cores_where_the_gpu_has_tf32():
    ada = point_for(read_device("nvidia-l4"), unit="gpu", engine="tensorrt", precision="fp32")
    turing = point_for(read_device("t4"), unit="gpu", engine="tensorrt", precision="fp32")
    assert ada.precision == "tf32"
    assert ada.warnings
    assert turing.precision == "fp32"
    assert not turing.warnings
    # What is asked for as it is named stays so: only FP32 is taken for something else.
    half = point_for(read_device("nvidia-l4"), unit="gpu", engine="tensorrt", precision="fp16")
    assert not half.warnings


def test_published_rows_narrow_no_band_below_what_publishers_differ_by():
    """However many rows one has: 0.18 in the logarithm, times the ends that left-out rows earned."""
    found = estimate(read_model("zoo:yolov8s"), read_device("t4"), precision="fp16", published=True)
    ends = read_transfer(next(path for path in transfer_files() if path.stem == "tensorrt-gpu")).anchoring
    width = math.log(found.latency_s.high / found.latency_s.low)
    assert len(found.anchors) > 10
    assert width >= 0.999 * PUBLISHER_TO_PUBLISHER * (ends.high - ends.low)
