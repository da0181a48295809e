"""What readers see in place of the keys of a record."""

from __future__ import annotations

import pytest

from planner.hardware.catalog import device_ids, read_device
from planner.hardware.datasheet import figures
from planner.latency.transfer.store import transfer_files, transfer_named
from planner.report.names import number_name
from planner.wording.message import Wording


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_number_of_a_part_is_named_by_its_key(language):
    say = Wording(language)
    unsaid = set()
    for device_id in device_ids():
        device = read_device(device_id)
        # Names of power modes are the maker's own.
        names = {mode.id for mode in device.modes}
        for figure in figures(device):
            words = number_name(figure.path, say).split(" · ")
            unsaid |= {word for word in words if "_" in word and word not in names}
    assert unsaid == set()


def test_a_decimal_point_in_a_mode_is_no_boundary():
    assert number_name("units.npu.peaks.int8.20T_1.6GHz", Wording("en")) == "NPU · peak · INT8 · 20T_1.6GHz"


def test_parameters_of_fitted_models_have_words():
    say = Wording("en")
    for path in transfer_files():
        model = transfer_named(path.stem)
        for name in [*model.parameters, *(item.name for item in model.scoped)]:
            assert "_" not in number_name(name, say), name
