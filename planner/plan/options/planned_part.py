"""A part as a scenario plans with it: under its cooler, and over the link that it has there."""

from __future__ import annotations

from planner.hardware.catalog import read_device
from planner.hardware.link.links import link_id
from planner.hardware.link.of_part import delivered_link, linked, links_of
from planner.plan.options.coolers import cooled
from planner.plan.options.hosting import host_asked
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario


def planned_part(scenario: Scenario, device_id: str) -> Device:
    """The part under the scenario's cooler, over the link that it states or what its host's slot gives.

    Raises `UnknownIdError` for a part or a cooler and `InputError` for a link that the part does not have.
    """
    device = cooled(read_device(device_id), scenario.cooler_of(device_id))
    return linked(device, scenario.link_of(device_id) or _of_slot(scenario, device))


def _of_slot(scenario: Scenario, device: Device) -> str | None:
    """The link of the computer that the part is put in, where that is narrower than the part's own."""
    own, asked = delivered_link(device), host_asked(scenario, device)
    if own is None or asked is None or (device.link is not None and device.link.sets_host):
        return None
    host, needs = asked
    slots = host.slots[needs.attachment]
    lanes, generation = min(own.lanes, slots.lanes.value), min(own.generation, slots.generation.value)
    there = link_id(own.bus, lanes, generation)
    return there if there != own.id and there in {link.id for link in links_of(device)} else None
