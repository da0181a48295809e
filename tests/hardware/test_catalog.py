"""Looking up parts and engines."""

from pathlib import Path

import pytest

from planner.data_files import database_dir, scenarios_dir
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import (
    device_ids,
    engine_ids,
    match_devices,
    read_device,
    read_device_file,
    read_engine,
)

PARTS = {
    "jetson-nano-4",
    "jetson-agx-xavier-32",
    "jetson-orin-nano-8",
    "jetson-agx-orin-64",
    "atlas-200-dk",
    "atlas-300i-pro",
    "raspberry-pi-5",
    "xeon-8380",
}
ENGINES = {"tensorrt", "acl", "ncnn", "onnxruntime", "openvino", "tflite", "armnn", "generic"}


def test_the_shipped_folders_are_found() -> None:
    assert (database_dir() / "devices").is_dir()
    assert scenarios_dir().is_dir()


def test_the_shipped_parts_and_engines_are_there_and_sorted() -> None:
    assert set(device_ids()) >= PARTS
    assert set(engine_ids()) >= ENGINES
    assert list(device_ids()) == sorted(device_ids())


def test_an_unknown_part_offers_the_nearest() -> None:
    with pytest.raises(UnknownIdError) as refusal:
        read_device("jetson-agx-orin")

    assert "jetson-agx-orin-64" in refusal.value.nearest


def test_an_unknown_engine_offers_the_nearest() -> None:
    with pytest.raises(UnknownIdError, match="tensorrt"):
        read_engine("tensort")


def test_an_id_never_leads_out_of_the_database() -> None:
    with pytest.raises(UnknownIdError):
        read_device("../engines/tensorrt")


def test_reading_twice_gives_the_same_object() -> None:
    assert read_device("raspberry-pi-5") is read_device("raspberry-pi-5")


def test_patterns_choose_each_part_once() -> None:
    chosen = match_devices(["jetson-*", "*orin*", "raspberry-pi-5"])

    assert "raspberry-pi-5" in chosen
    assert len(chosen) == len(set(chosen))
    assert set(chosen) >= {part for part in PARTS if part.startswith("jetson")}


def test_a_pattern_that_matches_nothing_is_refused() -> None:
    with pytest.raises(UnknownIdError, match="toaster"):
        match_devices(["jetson-*", "toaster*"])


def test_a_file_whose_name_is_not_its_id_is_refused_with_both_names(tmp_path: Path) -> None:
    text = (database_dir() / "devices" / "raspberry-pi-5.yaml").read_text()
    (tmp_path / "raspberry-pi-5.yaml").write_text(text)
    copy = tmp_path / "copy.yaml"
    copy.write_text(text)

    assert read_device_file(tmp_path / "raspberry-pi-5.yaml").id == "raspberry-pi-5"
    with pytest.raises(InputError) as refusal:
        read_device_file(copy)

    message = str(refusal.value)
    assert str(copy) in message
    assert str(tmp_path / "raspberry-pi-5.yaml") in message
    assert refusal.value.problems[0].line == 2


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_device_file(tmp_path / "absent.yaml")
