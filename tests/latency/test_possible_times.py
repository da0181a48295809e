"""Rates above the roofline are refused, each named, before anything of a file is used."""

import pytest

from planner import api
from planner.errors import InputError
from planner.hardware.catalog import read_device
from planner.latency.anchoring.possible import Timed, highest_peak, macs_of, refuse_impossible
from planner.schema.hardware.device import Precision
from planner.zoo.source import read_model


def entry(seconds, **own):
    facts = {"line": 2, "where": "latency", "network": "resnet50", "device": "t4", "unit": None, "mode": None}
    return Timed(**{**facts, "precision": Precision.INT8, "batch": 1, "seconds": seconds, **own})


def test_the_least_time_by_hand():
    """ResNet-50 has 3.9 GMAC; a T4 does 130 TOPS in INT8 and 65 in FP16, with Winograd as if 146: 53 us."""
    macs = read_model("zoo:resnet50").macs
    least_s = 2 * macs / (2.25 * 65e12)
    assert least_s == pytest.approx(53e-6, rel=0.02)
    refuse_impossible("a file", [entry(1.01 * least_s)])
    with pytest.raises(InputError) as refused:
        refuse_impossible("a file", [entry(1.0), entry(0.99 * least_s, line=7), entry(1e-9, line=8)])
    assert [problem.line for problem in refused.value.problems] == [7, 8]


def test_what_is_labelled_int8_may_run_in_floating_point():
    t4 = read_device("t4")
    assert highest_peak(t4, "gpu", None, Precision.INT8) == pytest.approx(2.25 * 65e12, rel=0.02)
    assert highest_peak(t4, "gpu", None, Precision.FP16) == pytest.approx(2.25 * 65e12, rel=0.02)


def test_what_cannot_be_checked_is_let_through():
    for other in (
        {"device": "no-such-part"},
        {"device": None},
        {"network": "nobody's"},
        {"network": "bert_base"},
    ):
        refuse_impossible("a file", [entry(1e-9, **other)])
    assert macs_of("resnet50", 112) < macs_of("resnet50", 224)


def test_an_anchor_file_is_refused_whole(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "network,device,unit,engine,precision,batch,latency\n"
        "resnet50,t4,gpu,tensorrt,int8,1,1 ms\n"
        "resnet50,t4,gpu,tensorrt,int8,1,1 us\n"
        "vgg16,t4,gpu,tensorrt,fp16,8,1 us\n"
    )
    with pytest.raises(InputError) as refused:
        api.estimate("zoo:resnet50", "t4", precision="int8", anchor=(str(path),))
    assert [problem.line for problem in refused.value.problems] == [3, 4]
    assert "roofline of vgg16 on t4" in str(refused.value)


def test_a_table_for_validation_is_refused_whole(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(
        "device,unit,model,precision,batch,engine,metric,value,source\n"
        "t4,gpu,resnet50,int8,1,tensorrt,throughput_fps,1000,a page\n"
        "t4,gpu,resnet50,int8,1,tensorrt,throughput_fps,1000000,a page\n"
    )
    with pytest.raises(InputError, match=r"line 3, throughput_fps: expected no less than"):
        api.validate_published([str(path)])
