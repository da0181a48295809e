"""Estimates anchored on measurements: files, refusals, and what the answer says."""

import json
import math

import pytest

from planner import api
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.latency.anchoring.file import Anchor, read_anchors
from planner.latency.estimate import estimate
from planner.latency.record import estimate_record
from planner.latency.transfer.published import published
from planner.latency.transfer.store import transfer_files, transfer_named
from planner.provenance import Provenance
from planner.schema.hardware.device import Precision
from planner.zoo.source import read_model

PI = read_device("raspberry-pi-5")
NETWORK = read_model("zoo:mobilenet_v2_1.0")


def anchored(*anchors, **options):
    return estimate(NETWORK, PI, engine="ncnn", precision="fp16", anchors=anchors, **options)


def plain():
    return estimate(NETWORK, PI, engine="ncnn", precision="fp16", profile="")


def of(network="zoo:resnet18", latency_s=0.02, **facts):
    return Anchor(network, latency_s, "mine.yaml", **facts)


def half_width(found):
    return (found.latency_s.high / found.latency_s.low) ** 0.5


def written(tmp_path, text, name="mine.yaml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_the_measured_setting_is_answered_by_its_measurement():
    found = anchored(of("zoo:mobilenet_v2_1.0", 0.011))
    assert found.latency_s.mid == pytest.approx(0.011, rel=0.03)
    assert half_width(found) < 1.1
    assert sum(layer.time.mid_s for layer in found.layers) + found.fixed_s == pytest.approx(
        found.latency_s.mid
    )


def test_another_network_on_this_part_moves_and_tightens():
    """Twice as slow as predicted there: slower here too, and surer."""
    there = estimate(read_model("zoo:resnet18"), PI, engine="ncnn", precision="fp16", profile="")
    found = anchored(of(latency_s=2 * there.latency_s.mid))
    assert 1.2 < found.latency_s.mid / plain().latency_s.mid < 2.0
    assert half_width(found) < half_width(plain())
    assert found.provenance is Provenance.TRANSFERRED
    assert found.anchors[0].ratio == pytest.approx(2.0)
    assert 0 < found.anchors[0].weight < 1
    assert any("anchored on 1 measurement" in note for note in found.warnings)


def test_a_measurement_is_compared_with_what_its_own_mode_would_take():
    """Slower clocks explain a slower measurement; a part in another mode is not taken for this one."""
    part, network = read_device("jetson-agx-orin-64"), read_model("zoo:resnet18")
    modes = ("MAXN", "15W")
    there = {
        mode: estimate(network, part, unit="gpu", mode=mode, precision="int8", profile="").latency_s.mid
        for mode in modes
    }
    assert there["15W"] > 1.5 * there["MAXN"]
    for mode, seconds in there.items():
        anchor = of(latency_s=1.25 * seconds, mode=mode)
        found = estimate(NETWORK, part, unit="gpu", mode="MAXN", precision="int8", anchors=[anchor])
        assert found.anchors[0].ratio == pytest.approx(1.25), mode
    anchor = of(latency_s=1.25 * there["15W"])
    found = estimate(NETWORK, part, unit="gpu", mode="15W", precision="int8", anchors=[anchor])
    assert found.anchors[0].ratio == pytest.approx(1.25), "without a mode it is that of the question"


def test_an_anchor_that_tells_little_does_not_widen():
    far = of("zoo:mobilenet_v2_1.0", 0.02, device="snapdragon-x-elite")
    assert half_width(anchored(far)) <= half_width(plain()) * (1 + 1e-9)


def test_this_network_on_a_sibling_counts_less_than_on_the_part():
    own = of("zoo:mobilenet_v2_1.0", 0.05)
    sibling = of("zoo:mobilenet_v2_1.0", 0.05, device="rk3588")
    assert anchored(sibling).anchors[0].weight < anchored(own).anchors[0].weight


def test_an_anchor_that_agrees_leaves_the_middle():
    there = estimate(read_model("zoo:resnet18"), PI, engine="ncnn", precision="fp16", profile="")
    found = anchored(of(latency_s=there.latency_s.mid))
    assert found.latency_s.mid == pytest.approx(plain().latency_s.mid)


@pytest.mark.parametrize(
    ("anchor", "said"),
    [
        (of(engine="tflite"), "engine: expected ncnn, got tflite"),
        (of(precision=Precision.INT8), "precision: expected fp16, got int8"),
        (of(latency_s=0.0), "between 1 us and 1 h"),
        (of(latency_s=1e9), "check the unit"),
        (of(device="raspberry-pi-4b"), "it says nothing of this estimate"),
        (of("zoo:mobilenet_v2_1.0", device="a2"), "ncnn"),
        (of("zoo:no_such_network"), "no_such_network"),
        (of("never heard of"), "zoo:NAME, an ONNX file or the network asked about"),
        (of(threads=99), "1 to 4"),
    ],
)
def test_a_measurement_that_says_nothing_is_refused_with_the_reason(anchor, said):
    with pytest.raises(InputError, match=r"mine\.yaml") as caught:
        anchored(anchor)
    assert said in str(caught.value)


def test_all_refusals_come_together():
    with pytest.raises(InputError) as caught:
        anchored(of(engine="tflite"), of(precision=Precision.INT8), of(latency_s=0.0))
    assert len(caught.value.problems) == 3


def test_a_network_of_the_same_name_that_differs_is_refused():
    larger = read_model("zoo:mobilenet_v2_1.0", shapes=dict.fromkeys(NETWORK.inputs, (1, 3, 448, 448)))
    with pytest.raises(InputError, match="it differs from the network asked about"):
        estimate(larger, PI, engine="ncnn", precision="fp16", anchors=[of("zoo:mobilenet_v2_1.0")])


def test_a_far_measurement_is_told():
    found = anchored(of(latency_s=5.0))
    assert any("check its engine" in note for note in found.warnings)


def test_a_roofline_without_a_fitted_model_is_anchored_too():
    """LiteRT on x86: one measurement moves the roofline and gives it a band with a level."""
    part = read_device("i7-12700")
    found = estimate(NETWORK, part, engine="tflite", anchors=[of("zoo:resnet50", 0.03)])
    again = estimate(NETWORK, part, engine="tflite", anchors=[of("zoo:resnet50", 0.06)])
    assert found.latency_s.level == 0.9
    assert 1.3 < again.latency_s.mid / found.latency_s.mid < 2.0
    assert found.latency_s.low < found.latency_s.mid < found.latency_s.high
    assert sum(layer.time.mid_s for layer in found.layers) + found.fixed_s == pytest.approx(
        found.latency_s.mid
    )
    same = estimate(NETWORK, part, engine="tflite", anchors=[of("zoo:mobilenet_v2_1.0", 0.02)])
    assert same.latency_s.mid == pytest.approx(0.02, rel=0.03)


def test_a_unit_of_another_kind_is_no_sibling():
    orin = read_device("jetson-agx-orin-64")
    gpu = of("zoo:mobilenet_v2_1.0", device="t4")
    with pytest.raises(InputError, match="a unit of the kind of jetson-agx-orin-64/dla"):
        estimate(NETWORK, orin, unit="dla", precision="int8", anchors=[gpu])


def test_published_anchors_of_nothing_leave_the_estimate_and_say_so():
    part = read_device("i7-12700")
    found = estimate(NETWORK, part, engine="openvino", published=True)
    assert found.latency_s == estimate(NETWORK, part, engine="openvino").latency_s
    assert found.warnings[0].startswith("nobody published mobilenet_v2_1.0")


def test_published_rows_anchor_a_part_that_has_them():
    """AGX Orin ran ResNet-50 in INT8 at MAXN in 0.63 to 0.69 ms (mlperf-02118 and siblings).

    The band is narrower by what others' rows were shown to narrow, whole publishers left out, and no more."""
    network, part = read_model("zoo:resnet50_v1.5"), read_device("jetson-agx-orin-64")
    found = estimate(network, part, mode="MAXN", precision="int8", published=True)
    assert 0.62e-3 < found.latency_s.mid < 0.70e-3
    alone = estimate(network, part, mode="MAXN", precision="int8")
    across = transfer_named("tensorrt-gpu").anchoring.across
    own = alone.latency_s.high / alone.latency_s.mid
    assert across.publishers > 5
    assert found.latency_s.high / found.latency_s.mid == pytest.approx(own**across.high)
    assert any("mlperf" in item.name for item in found.anchors)
    record = estimate_record(found)
    assert record["anchors"][0]["measurement"] == found.anchors[0].name
    assert json.dumps(record)


def test_every_model_has_its_rows():
    for path in transfer_files():
        assert len(published(path.stem)) > 20


def test_a_list_in_yaml_and_in_csv_are_the_same(tmp_path):
    text = "measurements:\n  - {network: 'zoo:resnet18', latency: 20 ms, threads: 4, precision: fp16}\n"
    table = "network,latency,threads,precision\nzoo:resnet18,20 ms,4,fp16\n"
    one = read_anchors(written(tmp_path, text))[0]
    two = read_anchors(written(tmp_path, table, "mine.csv"))[0]
    assert (one.network, one.latency_s, one.threads, one.precision) == ("zoo:resnet18", 0.02, 4, "fp16")
    assert (two.network, two.latency_s, two.threads, two.precision) == ("zoo:resnet18", 0.02, 4, "fp16")


def test_records_of_measure_and_import_are_read_as_they_are(tmp_path):
    timing = {"median_s": 0.012, "p90_s": 0.013}
    entry = {
        "model": "resnet18", "engine": "ncnn", "engine_version": "1", "cpu": "Cortex-A76", "threads": 4,
        "batch": 1, "precision": "fp32", "timing": timing, "reason": None,
    }  # fmt: skip
    failed = {**entry, "model": "vgg16", "timing": None}
    path = written(tmp_path, json.dumps({"measurements": [entry, failed]}), "measured.json")
    assert [(item.network, item.latency_s) for item in read_anchors(path)] == [("resnet18", 0.012)]
    profile = {"tool": "trtexec", "model": "zoo:resnet18", "latency_s": {"median": 0.001, "p10": 0, "p90": 1}}
    found = read_anchors(written(tmp_path, json.dumps(profile), "profile.json"))[0]
    assert (found.engine, found.network, found.latency_s) == ("tensorrt", "zoo:resnet18", 0.001)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("measurements: []\n", "a.yaml", "measurements"),
        ("measurements:\n  - {network: 'zoo:resnet18', latency: 20}\n", "a.yaml", "line 2"),
        ("measurements:\n  - {network: 'zoo:resnet18', latency: -2 ms}\n", "a.yaml", "zero or more"),
        ("measurements:\n  - {network: 'zoo:resnet18', latency: nan ms}\n", "a.yaml", "latency"),
        ("measurements:\n  - {network: 'zoo:resnet18', latency: 2 ms, speed: 3}\n", "a.yaml", "speed"),
        ("network,latency\nzoo:resnet18,fast\n", "a.csv", "fast"),
        ("network,latency\n", "a.csv", "measurements"),
        ('{"tool": "trtexec", "latency_s": null}', "a.json", "import it again with --model"),
        ('{"measurements": [{"model": "a", "timing": null}]}', "a.json", "engine"),
    ],
)
def test_nonsense_is_refused_with_its_place(tmp_path, text, name, said):
    path = written(tmp_path, text, name)
    with pytest.raises(InputError) as caught:
        read_anchors(path)
    assert said in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    for name in ("none.yaml", "none.csv"):
        with pytest.raises(InputError, match="no such file"):
            read_anchors(tmp_path / name)


def test_python_takes_files(tmp_path):
    path = written(tmp_path, "measurements:\n  - {network: 'zoo:resnet18', latency: 20 ms}\n")
    found = api.estimate("zoo:mobilenet_v2_1.0", PI, engine="ncnn", precision="fp16", anchor=path)
    assert len(found.anchors) == 1


def test_published_rows_of_the_part_move_a_roofline():
    """On an x86 host 2.17 ms and on a Raspberry Pi 4 4.20 ms over USB 3; the ones over USB 2 are left out."""
    part = read_device("coral-edgetpu-usb")
    network = read_model("zoo:mobilenet_v1_1.0")
    ideal = estimate(network, part, transfer=False)
    found = estimate(network, part, published=True)
    named = " ".join(item.name for item in found.anchors)
    assert "coral-00005" in named
    assert "coral-00023" in named
    assert "coral-00011" not in named
    assert found.latency_s.mid > 2 * ideal.latency_s.mid
    assert found.latency_s.low < 2.17e-3 < 4.20e-3 < found.latency_s.high


def test_no_band_is_narrower_than_what_one_setting_was_measured_at():
    """Two hosts differ by 1.94 times: their deviation is their distance over the root of two."""
    found = estimate(read_model("zoo:mobilenet_v1_1.0"), read_device("coral-edgetpu-usb"), published=True)
    spread = math.log(4.20 / 2.17) / math.sqrt(2)
    assert math.log(found.latency_s.high / found.latency_s.low) > spread
