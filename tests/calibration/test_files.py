"""Calibrations and journals on the disk: read back the same, refused when edited into nonsense."""

import contextlib
import hashlib
import json
import re
from dataclasses import replace

import pytest

from planner.calibration.journal import ProbeJournal
from planner.errors import InputError, OutputError
from planner.latency.calibrated.file import read_calibration, write_calibration
from tests.process.disk import FailingDisk


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


@pytest.mark.parametrize(
    ("column", "value"),
    [("axes", "-1"), ("inside", "9e20"), ("inside", "nan"), ("rows", "0"), ("macs", "-5"), ("macs", "1" * 99),
     ("seconds", "inf"), ("seconds", "-1"), ("count", "0")],
)  # fmt: skip
def test_a_kernel_that_cannot_be_is_refused_with_its_line(file, column, value):
    table = file.with_suffix(".csv")
    old = table.read_bytes()
    rows = [line.split(",") for line in old.decode().splitlines()]
    rows[3][rows[0].index(column)] = value
    new = "".join(",".join(row) + "\n" for row in rows).encode()
    table.write_bytes(new)
    digests = [hashlib.sha256(content).hexdigest() for content in (old, new)]
    file.write_text(file.read_text().replace(*digests))
    with pytest.raises(InputError, match=rf"line 4, {column}|line 4, seconds"):
        read_calibration(file)


@pytest.mark.parametrize("value", ["1e300", ".inf", ".nan", "-1", "18446744073709551616", "null"])
@pytest.mark.parametrize("key", ["spread", "noise", "floor", "quantile"])
def test_a_fitted_number_that_cannot_be_is_refused(file, key, value):
    text = re.sub(rf"(?m)^(\s*{key}:) .*$", rf"\1 {value}", file.read_text(), count=1)
    file.write_text(text)
    with pytest.raises(InputError, match=rf"line \d+, .*{key}"):
        read_calibration(file)


@pytest.mark.parametrize("name", ["../calibration.csv", "/etc/passwd", "a/b.csv", "''", "."])
def test_a_table_lies_beside_its_file(file, name):
    file.write_text(file.read_text().replace("file: calibration.csv", f"file: {name}"))
    with pytest.raises(InputError, match=r"table\.file|file: expected"):
        read_calibration(file)


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


@pytest.mark.parametrize("number", range(12))
def test_a_disk_that_fails_leaves_the_journal_and_both_files(calibration, file, tmp_path, synthetic, number):
    journal = tmp_path / "journal"
    ProbeJournal(journal, synthetic.SETUP, "a processor", "1.0").add({"seed": 0, "reason": "too large"})
    before = {path.name for path in tmp_path.iterdir()}
    disk = FailingDisk(tmp_path, number)
    with pytest.MonkeyPatch.context() as patch:
        disk.spin(patch)
        with contextlib.suppress(OutputError):
            write_calibration(replace(calibration, fixed_s=2 * calibration.fixed_s), file)
        with contextlib.suppress(OutputError):
            ProbeJournal(journal, synthetic.SETUP, "a processor", "1.0").add({"seed": 1, "reason": "hung"})
    assert {path.name for path in tmp_path.iterdir()} == before
    assert read_calibration(file).fixed_s in (calibration.fixed_s, 2 * calibration.fixed_s)
    assert ProbeJournal(journal, synthetic.SETUP, "a processor", "1.0").next_seed in (1, 2)


def test_files_that_are_replaced_meanwhile_are_read_once_more(calibration, file, monkeypatch):
    """The table is new already, the file is not yet: as it is between two renames."""
    text, table = file.read_text(), file.with_suffix(".csv")
    slower = replace(calibration, models=calibration.models[:1])
    write_calibration(slower, file)
    new = file.read_text()
    file.write_text(text)
    waits = []

    def written_meanwhile(seconds):
        waits.append(seconds)
        file.write_text(new)

    monkeypatch.setattr("planner.latency.calibrated.file.time.sleep", written_meanwhile)
    assert len(read_calibration(file).models) == 1
    assert len(waits) == 1
    assert table.is_file()
