"""A user's own parts: added, overriding, checked like the shipped ones, and said to be there."""

import os
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows, get_win_folder_from_env_vars

from planner import data_files
from planner.data_files import HARDWARE_VARIABLE, config_dir, database_dir, own_parts_dirs, own_parts_from
from planner.errors import InputError, UnknownIdError
from planner.hardware.catalog import (
    device_digest,
    device_ids,
    match_devices,
    part_file,
    read_device,
    shipped_devices,
)

PI = (database_dir() / "devices" / "raspberry-pi-5.yaml").read_text()


def folder(tmp_path: Path, name: str, **texts: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    for stem, text in texts.items():
        (made / f"{stem.replace('_', '-')}.yaml").write_text(text)
    return made


def test_an_own_part_is_in_the_catalogue_while_asked_for(tmp_path: Path) -> None:
    own = folder(tmp_path, "own", my_pi=PI.replace("id: raspberry-pi-5", "id: my-pi", 1))
    with own_parts_from((own,)):
        assert "my-pi" in device_ids()
        assert match_devices(["my-*"]) == ("my-pi",)
        assert read_device("my-pi").vendor == "Raspberry Pi"
        file = part_file("my-pi")
        assert (file.origin, file.path) == ("own", own / "my-pi.yaml")
        assert "not in the database" in (file.note or "")
        assert "my-pi" not in {device.id for device in shipped_devices()}
    with pytest.raises(UnknownIdError):
        read_device("my-pi")


def test_an_own_part_overrides_and_says_so(tmp_path: Path) -> None:
    own = folder(tmp_path, "own", raspberry_pi_5=PI.replace("value: 3.1 W", "value: 3.3 W"))
    shipped_digest = device_digest("raspberry-pi-5")
    with own_parts_from((own,)):
        assert read_device("raspberry-pi-5").modes[0].idle_w.value == 3.3
        assert part_file("raspberry-pi-5").origin == "override"
        assert "overrides the shipped part" in (part_file("raspberry-pi-5").note or "")
        assert device_digest("raspberry-pi-5") != shipped_digest
        assert part_file("jetson-nano-4").note is None
    assert read_device("raspberry-pi-5").modes[0].idle_w.value == 3.1


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    own = folder(tmp_path, "own", raspberry_pi_5=PI)
    with own_parts_from((own,)):
        assert read_device("raspberry-pi-5").modes[0].idle_w.value == 3.1
        path = own / "raspberry-pi-5.yaml"
        path.write_text(PI.replace("value: 3.1 W", "value: 3.4 W"))
        os.utime(path, ns=(1, 1))
        assert read_device("raspberry-pi-5").modes[0].idle_w.value == 3.4


def test_an_own_part_passes_the_same_checks_all_at_once(tmp_path: Path) -> None:
    text = PI.replace("default: 153.6 GOPS", "default: 300 GOPS").replace("value: 3.1 W", "value: 0.1 W")
    own = folder(tmp_path, "own", raspberry_pi_5=text)
    with own_parts_from((own,)), pytest.raises(InputError) as refusal:
        read_device("raspberry-pi-5")

    assert {"units.cpu.peaks.fp32.default", "modes[0].idle"} <= {p.where for p in refusal.value.problems}
    assert all(problem.line for problem in refusal.value.problems)


def test_later_folders_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pi(idle: str) -> str:
        return PI.replace("value: 3.1 W", f"value: {idle}")

    settings = tmp_path / "settings" / "hardware"
    settings.mkdir(parents=True)
    (settings / "raspberry-pi-5.yaml").write_text(pi("2.1 W"))
    monkeypatch.setattr(data_files, "config_dir", lambda: tmp_path / "settings")
    assert read_device("raspberry-pi-5").modes[0].idle_w.value == 2.1

    first = folder(tmp_path, "first", raspberry_pi_5=pi("2.2 W"))
    second = folder(tmp_path, "second", raspberry_pi_5=pi("2.3 W"))
    monkeypatch.setenv(HARDWARE_VARIABLE, f"{second}{os.pathsep}{first}")
    assert read_device("raspberry-pi-5").modes[0].idle_w.value == 2.2
    assert own_parts_dirs() == (settings, second, first)

    with own_parts_from((second,)):
        assert read_device("raspberry-pi-5").modes[0].idle_w.value == 2.3


@pytest.mark.parametrize("kind", ["missing", "file", "empty"])
def test_a_folder_that_was_named_has_to_hold_parts(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "parts"
    if kind == "file":
        path.write_text("")
    if kind == "empty":
        path.mkdir()
    with own_parts_from((path,)), pytest.raises(InputError, match="folder with files of parts"):
        device_ids()


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        (Unix, "XDG_CONFIG_HOME", "/c", Path("/c/planner")),
        (Unix, "XDG_CONFIG_HOME", "", Path.home() / ".config" / "planner"),
        (MacOS, "HOME", "/Users/a", Path("/Users/a/Library/Application Support/planner")),
        (Windows, "APPDATA", "/r", Path("/r/planner")),
    ],
)
def test_settings_lie_where_the_platform_keeps_them(
    monkeypatch: pytest.MonkeyPatch,
    platform: type[Unix | MacOS | Windows],
    variable: str,
    value: str,
    expected: Path,
) -> None:
    monkeypatch.setattr("platformdirs.PlatformDirs", platform)
    monkeypatch.setattr("platformdirs.windows.get_win_folder", get_win_folder_from_env_vars)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)  # which newer platformdirs heeds on macOS too
    monkeypatch.setenv(variable, value)

    assert config_dir() == expected
