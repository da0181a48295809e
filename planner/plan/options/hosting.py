"""What a part sits in: the carrier that the scenario states, or a computer where the part is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from planner.errors import InputError, Problem
from planner.hardware.surroundings import default_host, host_machine, link_bytes_per_s, takes
from planner.schema.hardware.device import Device
from planner.schema.hardware.host import Attachment, HostMachine, HostSlots, NeedsHost
from planner.schema.scenario.scenario import Carrier, Scenario
from planner.wording.message import Message, message

Chosen = Literal["named", "default"]


@dataclass(frozen=True, slots=True)
class Hosting:
    """The computer that a part is put in: how many parts one takes, over which link, and who chose it."""

    host: HostMachine
    attachment: Attachment
    parts: int
    lanes: int
    generation: int
    link_bytes_per_s: float
    chosen: Chosen

    @property
    def slots(self) -> HostSlots:
        """The slots that the part sits in."""
        return self.host.slots[self.attachment]

    @property
    def link(self) -> str:
        """The link as it is between the two."""
        return link_name(self.attachment, self.lanes, self.generation)

    @property
    def carrier(self) -> Carrier:
        """The same as what the part sits in."""
        return Carrier.model_construct(
            slots=self.parts,
            power_w=self.host.power_w.value,
            price_money=self.host.price.amount_money.value,
            rack_units=self.host.rack_units.value,
            note=self.host.name,
            computer=True,
        )


def hosting_of(scenario: Scenario, device: Device) -> Hosting | None:
    """The computer of the database that a part is put in; None where it is one, or the scenario states one.

    Raises `InputError` where the part needs one that nobody named and no default takes.
    """
    needs = device.needs_host
    if needs is None or _is_computer(scenario, device):
        return None
    named = scenario.site.hosts.get(needs.attachment)
    host = host_machine(named) if named else default_host(needs)
    if host is None or not takes(host, needs):
        raise InputError(f"scenario {scenario.id}", [_problem(device, needs, named)])
    slots = host.slots[needs.attachment]
    lanes = min(needs.lanes.value, slots.lanes.value)
    generation = min(needs.generation.value, slots.generation.value)
    rate = link_bytes_per_s(needs.attachment, lanes, generation)
    return Hosting(
        host, needs.attachment, takes(host, needs), lanes, generation, rate, "named" if named else "default"
    )


def _is_computer(scenario: Scenario, device: Device) -> bool:
    """Whether what the scenario has for the part's form is a computer: as stated, or the host of a card."""
    carrier = scenario.site.carriers.get(device.form)
    if carrier is None:
        return False
    return device.form == "card" if carrier.computer is None else carrier.computer


def _problem(device: Device, needs: NeedsHost, named: str | None) -> Problem:
    link = link_name(needs.attachment, needs.lanes.value, needs.generation.value)
    slots = needs.slots.value
    expected = f"a computer for {device.id}, which is none: {slots} slot{'s' * (slots > 1)}, {link}"
    form = f"`site.carriers.{device.form}` with `computer: true`"
    advice = f"name one under `site.hosts.{needs.attachment}`, or describe your own as {form}"
    return Problem("site.hosts", expected, named or "none, and no default takes it", advice)


def link_name(attachment: str, lanes: int, generation: int) -> str:
    """A link as datasheets write it."""
    return f"USB {generation}" if attachment == "usb" else f"PCIe {generation}.0 x{lanes}"


def hosting_text(hosting: Hosting, needs: NeedsHost, device: str) -> Message:
    """Which computer, how it came about, and what the link has and could have."""
    return message(
        f"hosting.{hosting.chosen}",
        part=device,
        host=hosting.host.name,
        parts=hosting.parts,
        link=hosting.link,
        made_for=link_name(needs.attachment, needs.lanes.value, needs.generation.value),
        price=f"{hosting.host.price.amount_money.value.amount:g} "
        f"{hosting.host.price.amount_money.value.currency}",
        power=f"{hosting.host.power_w.value:g}",
    )
