"""What rows most likely ran on, and the split that was written before a fit saw them."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
import yaml
from pydantic import ValidationError

from planner.calibration.later.rows import as_run, later_files, read_later, settings
from planner.calibration.later.score import scored
from planner.calibration.transfer.join import join
from planner.data_files import database_dir
from planner.hardware.catalog import device_ids, read_device
from planner.latency.transfer.store import join_rules, read_transfer, transfer_files
from planner.schema.fitted.later import LaterSetting

ROWS = {row.id: row for path in later_files() for row in read_later(path)}


def test_a_module_on_a_raspberry_pi_is_the_board_with_one_lane():
    row = ROWS["later-00075"]
    found = as_run(row)
    assert (row.device, found.device) == ("hailo-8", "raspberry-pi-ai-hat-plus-26")
    assert found.seconds == row.seconds == pytest.approx(9.81e-3)
    link = read_device(found.device).host_link
    # One lane of PCIe 3.0: 8 Gbit/s x 128/130 / 8.
    assert link.bandwidth_bytes_per_s.value == pytest.approx(0.985e9, rel=1e-3)


def test_what_a_column_says_stays():
    row = ROWS["later-00179"]
    assert row.threads is None
    assert as_run(row).threads == 4
    assert as_run(replace(row, threads=1)).threads == 1
    plain = ROWS["hailo-01336"]
    assert as_run(plain) is plain


def test_frames_over_one_lane_are_predicted_within_the_target():
    """Six of one publisher, host to device and back; asked of the bare modules they were 1.75 off."""
    rows = [row for row in ROWS.values() if row.note.startswith("Pi 5;")]
    found, refused = scored(rows, "likely")
    assert (len(found), refused) == (6, ())
    errors = sorted(max(item.ratio, 1 / item.ratio) for item in found)
    assert (errors[2] + errors[3]) / 2 < 1.3
    assert errors[-1] < 2.0
    assert all(item.held for item in found)


def test_every_setting_names_a_part_and_matches_a_row():
    for item in settings():
        assert item.part is None or item.part in device_ids()
        assert any(
            fnmatchcase(row.device, item.device)
            and fnmatchcase(row.source, item.source)
            and fnmatchcase(row.note, item.note)
            for row in ROWS.values()
        )


@pytest.mark.parametrize("fields", [{}, {"threads": 0}, {"part": "hailo-8", "lanes": 4}])
def test_a_setting_that_says_nothing_or_something_else_is_refused(fields):
    with pytest.raises(ValidationError):
        LaterSetting(why="a guess", **fields)


def test_no_fit_rests_on_what_the_split_leaves_out():
    """Parts by name, and families of Axera's and Axelera's tables by pattern."""
    text = (database_dir() / "later" / "left_out.yaml").read_text()
    split = yaml.safe_load(text)
    parts = {name for item in split["parts_of_measurements"] for name in item.get("parts", [])}
    parts |= {"hailo-8l", "rk3562", "rk3576", "rdk-x5"}
    out = {name for rule in join_rules().left_out_parts for name in rule.names}
    for transfer in map(read_transfer, transfer_files()):
        assert parts.isdisjoint(transfer.rests_on.devices), transfer.id
    assert {name for name in parts if name.startswith(("rk1", "rv", "qual", "snap"))} <= out
    families = {
        item["rows"].rpartition("-")[2]: item["networks"]
        for item in split["tables"]
        if item["rows"].endswith(("axera", "axelera"))
    }
    fitted = [row for row in join().matched if row.id.startswith(("axera-", "axelera-"))]
    assert len(fitted) > 80
    for row in fitted:
        patterns = families[row.id.partition("-")[0]]
        assert not any(fnmatchcase(row.model, pattern) for pattern in patterns), row.id
