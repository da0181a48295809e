"""Computers that parts without one are put in: links by hand, defaults, and what none takes."""

from __future__ import annotations

import pytest

from planner.errors import UnknownIdError
from planner.hardware.catalog import device_ids, read_device
from planner.hardware.link.links import link_bytes_per_s
from planner.hardware.surroundings import default_host, host_machine, hosts, takes


@pytest.mark.parametrize(
    ("link", "rate"),
    [
        (("m2", 1, 2), 5e9 * 8 / 10 / 8),
        (("m2", 4, 3), 4 * 8e9 * 128 / 130 / 8),
        (("pcie", 16, 4), 16 * 16e9 * 128 / 130 / 8),
        (("pcie", 16, 5), 16 * 32e9 * 128 / 130 / 8),
        (("usb", 1, 3), 5e9 * 8 / 10 / 8),
    ],
)
def test_links_carry_what_their_code_leaves(link, rate):
    assert link_bytes_per_s(*link) == pytest.approx(rate, rel=1e-3)


def test_a_module_of_four_lanes_gets_one_on_a_raspberry_pi():
    needs = read_device("hailo-8").needs_host
    assert needs is not None
    assert (needs.attachment, needs.lanes.value, needs.generation.value) == ("m2", 4, 3)
    host = default_host(needs)
    assert host is not None
    assert (host.id, host.slots["m2"].lanes.value, takes(host, needs)) == ("raspberry-pi-5-hat", 1, 1)


def test_a_dual_module_fits_no_single_slot():
    needs = read_device("qualcomm-aic100-dm2e").needs_host
    assert needs is not None
    assert needs.slots.value == 2
    assert default_host(needs) is None


def test_cards_sticks_and_modules_without_a_processor_say_what_they_need():
    parts = {device_id: read_device(device_id) for device_id in device_ids()}
    silent = {key for key, part in parts.items() if part.form == "card" and part.needs_host is None}
    assert silent == set()
    for part in parts.values():
        if part.needs_host is not None:
            assert not any(unit.kind == "cpu" for unit in part.units.values()), part.id
            assert part.needs_host.slots.value >= 1


def test_each_kind_has_at_most_one_default_and_prices_say_when():
    kinds = [kind for host in hosts().values() for kind in host.default_for]
    assert len(kinds) == len(set(kinds))
    assert all(host.price.date for host in hosts().values())


def test_an_unknown_host_is_refused_with_those_that_are_known():
    with pytest.raises(UnknownIdError, match="host"):
        host_machine("toaster")
