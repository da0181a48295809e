"""Figures that one page quotes of another are those that the other has today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
README, TRUST, TRANSFER, CALIBRATION = (
    (ROOT / name).read_text()
    for name in ("README.md", "docs/trust.md", "docs/transfer.md", "docs/calibration.md")
)


def off(rows: str) -> str:
    """How far rows of a device left out are off at the median, as a percentage."""
    (found,) = re.findall(rf"^\| {rows} \| device \| [\d, ]+\| (\d\.\d\d) ", TRANSFER, flags=re.MULTILINE)
    return f"{100 * (float(found) - 1):.0f} %"


@pytest.mark.parametrize(
    ("rows", "readme", "trust"),
    [
        ("TensorRT, Jetson", "{} off for TensorRT on a Jetson", "TensorRT on a Jetson {} off"),
        ("TensorRT, cards and servers", "{} on cards", "on cards {}"),
        ("TensorRT, DLA", "{} on a DLA", "on a DLA {}"),
        ("OpenVINO, x86", "{} for OpenVINO on x86", "OpenVINO on x86 {}"),
        ("ncnn, Arm", "{} for ncnn on Arm", "ncnn on Arm {}"),
    ],
)
def test_errors_of_fitted_models_are_those_of_devices_left_out(rows, readme, trust):
    assert readme.format(off(rows)) in " ".join(README.split())
    assert trust.format(off(rows)) in " ".join(TRUST.split())


def test_what_rooflines_miss_is_that_of_all_rows():
    (median, p90) = re.findall(
        r"^\| all of them.*?\| [\d, ]+\| [\d, ]+\| (\S+) \| (\S+) \|", TRUST, re.MULTILINE
    )[0]
    assert f"by {median} at the median and by {p90} at the 90th percentile" in " ".join(README.split())


@pytest.mark.parametrize(
    ("engine", "said"),
    [("ONNX Runtime", "{} in the mean for ONNX Runtime on {} networks"), ("OpenVINO", "{} for OpenVINO")],
)
def test_calibrated_errors_are_the_blind_ones(engine, said):
    (networks, error) = re.findall(
        rf"^\| {engine} [\d.]+, blind \| (\d+) \| \*\*(\S+ %)\*\*", CALIBRATION, re.MULTILINE
    )[0]
    assert said.format(error, networks) in " ".join(README.split())
