"""Matching published rows and fitting on them."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from planner.calibration.transfer.effects_fit import fit_effects, keys_of
from planner.calibration.transfer.fit import columns_of, fit_transfer, predict
from planner.calibration.transfer.join import Matched
from planner.calibration.transfer.observations import observations
from planner.calibration.transfer.refit import as_text, observed, refitted
from planner.calibration.transfer.roofline_effects import roofline_mid_s
from planner.calibration.transfer.validate import LeftOut, device_group, weighted_quantile
from planner.hardware.catalog import read_device
from planner.hardware.measurements import read_measurements
from planner.latency.kernels.prepared import prepare
from planner.latency.network_time import by_roofline
from planner.latency.point import point_for
from planner.latency.transfer.effects import covariance
from planner.latency.transfer.prediction import parameter_values
from planner.latency.transfer.store import (
    covers,
    join_rules,
    network_family,
    read_transfer,
    transfer_files,
    transfer_named,
)
from planner.schema.fitted.transfer import Transfer
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import parse_document, validate
from planner.zoo.registry import names
from planner.zoo.source import read_model

TENSORRT = transfer_named("tensorrt-gpu")


def test_every_latency_is_matched_or_has_a_reason(joined):
    rows = [
        row for row in read_measurements(corrected=True) if row.metric in ("latency_ms", "throughput_fps")
    ]
    assert len(joined.matched) + len(joined.unmatched) == len(rows)
    assert sum(count for _, count in joined.reasons()) == len(joined.unmatched)
    assert all(row.reason for row in joined.unmatched)


def test_a_query_of_eight_samples_is_a_batch_of_eight(joined):
    """MLPerf MultiStream from v1.1: the latency is that of the query."""
    row = next(row for row in joined.matched if row.id == "mlperf-04192")
    assert (row.batch, row.latency_s) == (8, pytest.approx(2.15e-3, rel=0.01))


def test_several_units_at_once_are_not_one_unit(joined):
    """Jetson Offline runs on the GPU and both DLA."""
    reasons = {row.id: row.reason for row in joined.unmatched}
    assert reasons["mlperf-05124"] in ("several units at once", "no batch is given")


def test_clocks_of_the_publisher_scale_the_peak(found):
    """NVIDIA's MaxQ ran the GPU of an AGX Orin at 624.75 of 1300 MHz."""
    item = next(item for item in found if "mlperf-05158" in item.rows)
    whole = point_for(read_device("jetson-agx-orin-64"), mode="MAXN", precision="int8")
    assert item.point.peak_ops_per_s / whole.peak_ops_per_s == pytest.approx(624.75 / 1300, rel=0.001)


def test_the_agx_orin_of_the_guides_ran_near_its_top_clock(found):
    """An Orin NX at 918 MHz has half its processors and half its memory, so twice the speed is all that the
    same clock could give; the rest is clock."""
    seconds = {
        item.device: item.latency_s
        for item in found
        if (item.model, item.profile, item.point.precision) == ("yolo11x", "ultralytics", Precision.FP16)
    }
    clock_hz = 918e6 * seconds["jetson-orin-nx-16"] / seconds["jetson-agx-orin-64"] / 2
    assert 1200e6 < clock_hz < 1300e6


def test_modules_before_the_super_modes_ran_without_them(found):
    """JetPack 5 has no mode of an Orin Nano above 625 MHz."""
    clocks = {(item.device, item.profile): item.point.clock_hz for item in found if "-orin-n" in item.device}
    assert clocks["jetson-orin-nano-8", "trtutils"] == 625e6
    assert clocks["jetson-orin-nano-8", "ultralytics"] == 1020e6
    assert clocks["jetson-orin-nx-16", "trtutils"] == clocks["jetson-orin-nx-16", "ultralytics"] == 918e6


def test_a_little_cluster_is_a_unit_of_its_own(joined):
    units = {row.unit for row in joined.matched if row.device == "rk3399" and row.engine == "ncnn"}
    assert units == {"cpu", "cpu_little"}


def test_parts_described_after_the_last_fit_stay_out_of_it(joined):
    later = {name for rule in join_rules().left_out_parts for name in rule.names}
    assert {"rk1808", "qualcomm-sa8295p"} <= later
    assert later.isdisjoint(row.device for row in joined.matched)


def test_networks_of_a_family_are_left_out_together():
    assert network_family("ssd_resnet34").family == network_family("resnext50").family == "resnet"
    assert network_family("never_heard_of").family == "never_heard_of"


@pytest.mark.parametrize("most_rows", [300, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_models_rest_on_the_rows_of_today(joined, most_rows):
    """After a change of rows, corrections, parts or zoo: python benchmarks/transfer_error.py --fit."""
    models = [read_transfer(path) for path in transfer_files()]
    looked_at = [model for model in models if model.rests_on.rows <= most_rows]
    assert len(looked_at) >= 3
    for transfer in looked_at:
        rows = [row for row in joined.matched if covered(transfer, row)]
        refused = {name for name, _ in observations(rows)[1]}
        ids = sorted(row.id for row in rows if row.id not in refused)
        assert transfer.rests_on.rows == len(ids), transfer.id
        assert transfer.rests_on.sha256 == hashlib.sha256("\n".join(ids).encode()).hexdigest(), transfer.id


def covered(transfer: Transfer, row: Matched) -> bool:
    if row.engine != transfer.engine:
        return False
    point = point_for(
        read_device(row.device), unit=row.unit, mode=row.mode, precision=row.precision, engine=row.engine
    )
    return covers(transfer, point)


def test_a_fit_finds_the_parameters_that_made_the_times(found):
    """Times made by the model itself, with parameters off their priors; a third of the rows says which."""
    found = found[::3]
    made = {**parameter_values(TENSORRT), "launch_us": 9.0, "bandwidth": 0.7}
    times = predict(TENSORRT, made, columns_of(found, TENSORRT.scoped))
    exact = [replace(item, latency_s=float(time)) for item, time in zip(found, times, strict=True)]
    values = fit_transfer(TENSORRT, exact)
    again = predict(TENSORRT, values, columns_of(exact, TENSORRT.scoped))
    assert np.exp(np.median(np.abs(np.log(again / times)))) < 1.02
    assert values["launch_us"] == pytest.approx(9.0, rel=0.15)
    assert values["bandwidth"] == pytest.approx(0.7, rel=0.15)  # its prior, 0.8 within 10 %, pulls


def test_one_bad_row_does_not_steer_the_fit(found):
    found = found[::3]
    spoilt = [replace(found[0], latency_s=found[0].latency_s * 10), *found[1:]]
    good, bad = fit_transfer(TENSORRT, found), fit_transfer(TENSORRT, spoilt)
    columns = columns_of(found, TENSORRT.scoped)
    moved = np.abs(np.log(predict(TENSORRT, bad, columns) / predict(TENSORRT, good, columns)))
    assert np.exp(np.median(moved)) < 1.03


def test_the_roofline_of_a_row_is_that_of_an_estimate(found):
    """The same middle as `by_roofline`, kernel by kernel with every launch, on parts of both kinds."""
    picked = {item.device: item for item in found if item.model in names()}
    for item in list(picked.values())[:4]:
        prepared = prepare(read_model(f"zoo:{item.model}"), item.batch, item.point.precision, item.engine)
        for launch_s in (0.0, 50e-6):
            point = replace(item.point, launch_s=launch_s)
            expected = by_roofline(prepared, point).band.mid
            assert roofline_mid_s(replace(item, point=point)) == pytest.approx(expected, rel=1e-6)


def test_quantiles_weigh_groups_and_not_rows():
    values, weights = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 1.0, 1.0, 1.0])
    assert weighted_quantile(values, weights, 0.5) == pytest.approx(2.5)
    heavy = np.array([10.0, 1.0, 1.0, 1.0])
    assert weighted_quantile(values, heavy, 0.3) == pytest.approx(1.0, abs=0.2)


def test_a_model_written_and_read_is_the_same():
    text = as_text(TENSORRT, "a comment")
    assert validate(parse_document(text, "tensorrt-gpu.yaml"), Transfer) == TENSORRT


@pytest.mark.parametrize("name", ["tensorrt-dla", "onnxruntime-x86", "rknn-npu"])
def test_a_fit_on_the_same_rows_is_the_same_to_the_byte(joined, name):
    """Models of few rows stand for all: the same code fits every one."""
    model = transfer_named(name)
    again, _ = refitted(model, observed(model, joined))
    assert as_text(again, "") == as_text(model, "")


def test_rows_of_one_setting_are_one_observation(joined):
    rows = [row for row in joined.matched if row.engine == "tensorrt" and row.device == "t4"]
    items, refused = observations(rows)
    assert {why.partition(": expected")[0] for _, why in refused} <= {"alexnet: size"}  # that of 227 x 227
    assert sum(len(item.rows) for item in items) + len(refused) == len(rows)
    assert all(item.asked in set(Precision) for item in items)


def test_errors_are_of_measured_over_predicted(found):
    assert LeftOut(found[0], "device", "x", found[0].latency_s / 2).log_error == pytest.approx(np.log(2))


def test_deviations_that_made_the_errors_are_found(found):
    """Errors drawn with a large device effect and small others, seed 3; six devices leave much to chance.

    Every second row: what is fitted solves for all rows at once, and a quarter of the numbers show the same.
    """
    rng = np.random.default_rng(3)
    items = list(found[::2])
    made = {"device": 0.5, "device_precision": 0.02, "device_load": 0.02, "network": 0.1,
            "network_setting": 0.02, "device_network": 0.02, "setting": 0.05}  # fmt: skip
    settings = [keys_of(item) for item in items]
    errors = rng.multivariate_normal(np.zeros(len(items)), covariance(made, settings, settings))
    rows = [
        LeftOut(replace(item, latency_s=float(np.exp(error))), "device", device_group(item), 1.0)
        for item, error in zip(items, errors, strict=True)
    ]
    found = fit_effects(rows)
    assert 0.2 < found["device"] < 0.9
    assert found["device"] > 3 * max(found["network"], found["setting"])
    assert found["setting"] == pytest.approx(0.05, abs=0.04)
