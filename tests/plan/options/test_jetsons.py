"""Which parts are Jetsons follows from what they are: a file of one's own is taken for one too."""

from planner.hardware.catalog import shipped_devices
from planner.plan.options.what_to_measure import is_jetson


def test_all_jetsons_of_the_database_and_no_other_part():
    devices = shipped_devices()
    found = {device.id for device in devices if is_jetson(device)}
    assert len(found) >= 16
    assert found == {device.id for device in devices if device.id.startswith("jetson-")}


def test_a_card_of_the_same_maker_is_none():
    assert not any(
        is_jetson(device) for device in shipped_devices() if device.id in ("t4", "nvidia-h200-sxm")
    )


def test_an_own_part_with_an_id_of_its_own_is_one():
    (orin,) = (device for device in shipped_devices() if device.id == "jetson-orin-nano-8")
    assert is_jetson(orin.model_copy(update={"id": "board-of-the-lab"}))
