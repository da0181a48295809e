"""Parts and video units beside what chips of their family have, and what shipped prices say of themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planner.data_files import database_dir
from planner.errors import InputError
from planner.hardware.catalog import read_device_file, shipped_devices
from planner.hardware.families.part import family_conflicts
from planner.hardware.families.rules import families, families_of
from planner.hardware.video.check import check_video_files
from planner.provenance import Status
from planner.schema.hardware.checks.families import Families
from planner.schema.reading.yaml_file import read_model

ENCODER = (
    "{name: x, count: {value: 1, source: pi_briefs, status: vendor}, "
    "rates: {h264: {value: 124 Mpx/s, source: pi_briefs, status: vendor}}}"
)


def changed(tmp_path: Path, part: str, *replacements: tuple[str, str]) -> list[str]:
    """Where the part's file breaks a rule of its family after replacements."""
    text = (database_dir() / "devices" / f"{part}.yaml").read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / f"{part}.yaml"
    path.write_text(text)
    return [".".join(map(str, item.path)) for item in family_conflicts(read_device_file(path))]


@pytest.mark.parametrize(
    ("part", "old", "new", "where"),
    [
        # 24 x 4096 x 2460 MHz is the sparse rate of an Ada card: four times FP16 where the chip does two
        (
            "rtx-4060",
            "int8: {default: {value: 120.9 TOPS",
            "int8: {default: {value: 240 TOPS",
            "peaks.int8.default",
        ),
        (
            "rtx-4060",
            "bf16: {default: {value: 30.23 TOPS",
            "bf16: {default: {value: 45 TOPS",
            "peaks.bf16.default",
        ),
        ("rtx-5090", "fp4: {default:", "int4: {default:", "peaks.int4"),
        ("rtx-4060", "technology: PCIe 4.0 x8", "technology: PCIe 5.0 x8", "host_link.technology"),
        ("rtx-4060", "lanes: 8", "lanes: 16", "needs_host.lanes"),
        ("ax8850-m2", "generation: 2", "generation: 3", "needs_host.generation"),
    ],
)
def test_what_no_chip_of_the_family_has_is_named(
    tmp_path: Path, part: str, old: str, new: str, where: str
) -> None:
    assert any(where in place for place in changed(tmp_path, part, (old, new)))


def test_a_rate_within_the_rounding_of_makers_passes(tmp_path: Path) -> None:
    close = ("int8: {default: {value: 120.9 TOPS", "int8: {default: {value: 118 TOPS")
    assert changed(tmp_path, "rtx-4060", close) == []


@pytest.mark.parametrize(
    ("part", "old", "new", "where"),
    [
        ("nvidia-l4", "count: {value: 4,", "count: {value: 5,", "decoders.nvdec.count"),
        ("t4", "vp9:", "av1:", "decoders.nvdec.rates.av1"),
        ("coral-dev-board", "no_encoder: ", f"encoders: {{vpu: {ENCODER}}} # ", "encoders"),
        (
            "tda4vm",
            "          h264: {value: 124.4",
            "          h265: {value: 124.4",
            "encoders.vpu.rates.h265",
        ),
    ],
)
def test_video_units_beyond_the_family_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, old: str, new: str, where: str
) -> None:
    (tmp_path / "video").mkdir()
    for path in (database_dir() / "video").glob("*.yaml"):
        text = path.read_text()
        entry = re.search(rf"^  {part}:\n(?:    .*\n)+", text, re.MULTILINE)
        if entry is not None:
            assert old in entry[0]
            text = text.replace(entry[0], entry[0].replace(old, new, 1))
        (tmp_path / "video" / path.name).write_text(text)
    monkeypatch.setattr("planner.hardware.video.check.database_dir", lambda: tmp_path)
    architectures = {device.id: device.architecture for device in shipped_devices()}
    found = [str(problem) for _, file in check_video_files(architectures) for problem in file.problems]
    assert found
    assert all(f"{part}.{where}" in problem for problem in found)


def test_a_small_chip_is_in_its_own_family_and_in_the_larger_one() -> None:
    assert [family.name for family in families_of("jetson-orin-nano-8", "Ampere (sm_87)")] == [
        "NVIDIA Orin",
        "NVIDIA Orin Nano",
    ]
    assert families_of("hailo-8", "Hailo-8 data-flow core") == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("source: matrix}", "source: nowhere}", "nowhere"),
        ("codecs: [h264, h265, vp9, mjpeg]", "codecs: [h266]", "h266"),
        ("rates: {int8: [2]}", "rates: {fp8: [2]}", "fp8"),
        ("    no_encoder: true\n", "    no_encoder: true\n    encoders: {codecs: [h264]}\n", "no_encoder"),
    ],
)
def test_a_wrong_rule_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (database_dir() / "checks" / "families.yaml").read_text()
    assert old in text
    path = tmp_path / "families.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=words):
        read_model(path, Families)


def test_each_family_describes_a_shipped_part() -> None:
    described = {
        family.name for device in shipped_devices() for family in families_of(device.id, device.architecture)
    }
    assert described == {family.name for family in families().families}


def test_each_shipped_price_says_of_what_kind_it_is_and_when() -> None:
    for device in shipped_devices():
        price = device.price
        if price is None:
            continue
        assert price.kind is not None, device.id
        assert price.amount_money.value.amount > 0, device.id
        if price.kind == "shop" and price.amount_money.status is not Status.ASSUMED:
            assert price.date[:4].isdigit() or price.amount_money.confidence == "low", device.id


def test_processors_sold_alone_are_not_priced_as_computers() -> None:
    chips = {device.id for device in shipped_devices() if device.price and device.price.covers == "chip"}
    assert {"epyc-7763", "intel-core-i3-8100", "amd-ryzen-9-7950x"} <= chips
    assert not chips & {"raspberry-pi-5", "intel-n150", "nvidia-gb10-dgx-spark"}
