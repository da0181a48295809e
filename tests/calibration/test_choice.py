"""Which calibration an estimate rests on, and what is said of it."""

import importlib.metadata
from dataclasses import replace

import pytest

from planner import data_files
from planner.errors import InputError
from planner.hardware.processor import cpu_name, this_processor
from planner.latency.calibrated.file import write_calibration
from planner.latency.calibrated.store import THIS_MACHINE, file_of
from planner.latency.choice import calibration_for


@pytest.fixture
def today(calibration):
    """As if it had been made here with the engine that is installed."""
    version = importlib.metadata.version("onnxruntime").split("-")[0]
    own = replace(calibration.setting, device=THIS_MACHINE, cpu=cpu_name(), engine_version=version)
    return replace(calibration, setting=own)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keeps calibrations for this machine in a folder of the test's own."""
    monkeypatch.setattr("planner.latency.calibrated.store.config_dir", lambda: tmp_path)

    def keep(calibration, **changes):
        own = replace(calibration, setting=replace(calibration.setting, **changes))
        path = file_of(own.setting)
        path.parent.mkdir(exist_ok=True)
        write_calibration(own, path)

    return keep


def written(calibration, tmp_path, **changes):
    path = tmp_path / "asked.yaml"
    write_calibration(replace(calibration, setting=replace(calibration.setting, **changes)), path)
    return str(path)


def test_none_is_none(today, kept):
    kept(today)
    assert calibration_for("none", THIS_MACHINE, None, None, None) == (None, ())
    assert calibration_for(None, "jetson-orin-nano-8", None, None, None) == (None, ())


def test_a_file_of_the_part_asked_about_that_fits_needs_no_word(today, tmp_path):
    found, notes = calibration_for(written(today, tmp_path), THIS_MACHINE, None, None, None)
    assert found.setting == today.setting
    assert notes == ()


def test_a_file_of_another_engine_version_or_processor_is_called_stale(today, tmp_path):
    path = written(today, tmp_path, engine_version="0.1", cpu="Z80")
    _, notes = calibration_for(path, THIS_MACHINE, None, None, None)
    assert len(notes) == 2
    assert all(note.startswith("the calibration is stale: ") for note in notes)
    assert "made on Z80" in notes[0]
    assert "onnxruntime 0.1" in notes[1]


def test_a_file_of_another_part_is_called_so(today, tmp_path):
    path = written(today, tmp_path, engine_version="0.1", device="raspberry-pi-5", cpu="Cortex-A76")
    _, notes = calibration_for(path, "rk3588", None, None, None)
    assert notes == ("the calibration is of raspberry-pi-5 (Cortex-A76), not of rk3588",)


def test_the_one_kept_for_this_machine_is_used_with_most_threads_and_says_so(today, kept):
    assert calibration_for(None, THIS_MACHINE, None, None, None) == (None, ())
    kept(today)
    found, notes = calibration_for(None, THIS_MACHINE, None, None, None)
    assert (found.setting.threads, notes) == (1, ("for 1 thread, as calibrated",))
    kept(today, threads=2)
    kept(today, threads=4, precision="int8")
    found, notes = calibration_for(None, THIS_MACHINE, None, None, None)
    assert (found.setting.threads, found.setting.precision) == (2, "fp32"), "a float one first"
    assert notes == ("for 2 threads, as calibrated",)
    found, notes = calibration_for(None, THIS_MACHINE, "onnxruntime", 1, None)
    assert (found.setting.threads, notes) == (1, ())
    assert calibration_for(None, THIS_MACHINE, None, None, "int8")[0].setting.threads == 4
    assert calibration_for(None, THIS_MACHINE, "ncnn", None, None) == (None, ())


def test_the_one_kept_is_called_stale_and_refused_on_another_processor(today, kept):
    kept(today, engine_version="0.1")
    _, notes = calibration_for(None, THIS_MACHINE, None, 1, None)
    assert len(notes) == 1
    assert notes[0].endswith("; calibrate again")
    kept(today, cpu="Z80")
    with pytest.raises(InputError, match="Z80"):
        calibration_for(None, THIS_MACHINE, None, 1, None)


def test_nobodys_settings_are_read():
    """The folder of the person who runs the tests is out of sight."""
    assert not (data_files.config_dir() / "calibrations").exists()


def test_a_machine_with_other_cores_or_limits_makes_it_stale(today, tmp_path):
    here = this_processor()
    then = replace(here, cores=here.cores + 2, quota=1.5)
    path = written(today, tmp_path, processor=then)
    found, notes = calibration_for(path, THIS_MACHINE, None, None, None)
    assert found.setting.processor == then
    assert notes == (
        "the calibration is stale: it was made with a number of usable cores of "
        f"{here.cores + 2}, now it is {here.cores}",
        "the calibration is stale: it was made with a limit of processors of 1.5, now it is "
        f"{here.quota or 'none'}",
    )


def test_an_unchanged_machine_needs_no_word(today, tmp_path):
    path = written(today, tmp_path, processor=this_processor())
    assert calibration_for(path, THIS_MACHINE, None, None, None)[1] == ()
