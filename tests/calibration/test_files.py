"""Calibrations and journals on the disk: read back the same, refused when edited into nonsense."""

import json

import pytest

from planner.calibration.journal import ProbeJournal
from planner.errors import InputError
from planner.latency.calibrated.file import read_calibration, write_calibration


@pytest.fixture
def file(calibration, tmp_path):
    path = tmp_path / "calibration.yaml"
    write_calibration(calibration, path)
    return path


def test_what_is_read_predicts_what_was_written(calibration, file, synthetic):
    _, shapes = synthetic.kernels_of_network(synthetic.read_workload(synthetic.network_of(200, "fp32")))
    again = read_calibration(file)
    assert again.setting == calibration.setting
    assert again.predict(shapes).latency_s.mid == pytest.approx(
        calibration.predict(shapes).latency_s.mid, rel=1e-3
    )
    assert len(again.digest) == 64


def test_writing_twice_gives_the_same_bytes(calibration, file, tmp_path):
    other = tmp_path / "again" / "calibration.yaml"
    other.parent.mkdir()
    write_calibration(calibration, other)
    assert other.read_bytes() == file.read_bytes()
    assert other.with_suffix(".csv").read_bytes() == file.with_suffix(".csv").read_bytes()


def test_a_table_that_was_changed_is_refused(file):
    table = file.with_suffix(".csv")
    table.write_text(table.read_text().replace("conv", "conv", 1) + "\n")
    with pytest.raises(InputError, match=r"table\.sha256"):
        read_calibration(file)


def test_a_missing_table_is_named(file):
    file.with_suffix(".csv").unlink()
    with pytest.raises(InputError, match=r"calibration\.csv"):
        read_calibration(file)


def test_nonsense_is_refused_all_at_once_with_lines(file):
    text = file.read_text().replace("threads: 1", "threads: 0").replace("precision: fp32", "precision: fp31")
    file.write_text(text.replace("level: 0.9", "level: 9"))
    with pytest.raises(InputError) as refused:
        read_calibration(file)
    message = str(refused.value)
    assert all(word in message for word in ("threads", "precision", "band.level", "line"))


def test_a_journal_goes_on_after_a_cut_line(tmp_path, synthetic):
    path = tmp_path / "journal"
    journal = ProbeJournal(path, synthetic.SETUP, "a processor", "1.0")
    journal.add({"seed": 0, "reason": "too large"})
    journal.add({"seed": 1, "reason": "too large"})
    with path.open("a") as stream:
        stream.write('{"seed": 2, "nod')
    again = ProbeJournal(path, synthetic.SETUP, "a processor", "1.0")
    assert again.next_seed == 2
    again.add({"seed": 2, "reason": "hung"})
    assert ProbeJournal(path, synthetic.SETUP, "a processor", "1.0").next_seed == 3


def test_a_journal_of_another_setting_is_refused(tmp_path, synthetic):
    path = tmp_path / "journal"
    ProbeJournal(path, synthetic.SETUP, "a processor", "1.0")
    with pytest.raises(InputError, match="another"):
        ProbeJournal(path, synthetic.SETUP, "another processor", "1.0")
    assert json.loads(path.read_text().splitlines()[0])["cpu"] == "a processor"
