"""What a part sits in: the carrier that the scenario states, or a computer where the part is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.errors import InputError, Problem
from planner.hardware.link.links import link_bytes_per_s, link_name
from planner.hardware.link.of_part import delivered_link
from planner.hardware.physics import BITS
from planner.hardware.surroundings import default_host, host_machine, takes
from planner.schema.hardware.device import Device
from planner.schema.hardware.host import Attachment, HostMachine, HostSlots, NeedsHost
from planner.schema.scenario.scenario import Scenario
from planner.schema.scenario.site_limits import Carrier
from planner.wording.message import Message, message
from planner.workload.workload import Workload

if TYPE_CHECKING:
    from planner.plan.options.option import NetworkOnPart

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
    found, named = host_asked(scenario, device), scenario.site.hosts.get(needs.attachment)
    if found is None:
        raise InputError(f"scenario {scenario.id}", [_problem(device, needs, named)])
    return _put_in(found[0], device, needs, "named" if named else "default")


def host_asked(scenario: Scenario, device: Device) -> tuple[HostMachine, NeedsHost] | None:
    """The computer that takes the part, named or the default, and what the part needs; None: none does."""
    needs = device.needs_host
    if needs is None or _is_computer(scenario, device):
        return None
    named = scenario.site.hosts.get(needs.attachment)
    host = host_machine(named) if named else default_host(needs)
    return (host, needs) if host is not None and takes(host, needs) else None


def usual_hosting(device: Device) -> Hosting | None:
    """The default computer for a part on its own; None where it is one, or no default takes it."""
    needs = device.needs_host
    host = default_host(needs) if needs else None
    return _put_in(host, device, needs, "default") if host and needs else None


def _put_in(host: HostMachine, device: Device, needs: NeedsHost, chosen: Chosen) -> Hosting:
    slots, own = host.slots[needs.attachment], delivered_link(device)
    lanes = own.lanes if own else needs.lanes.value
    generation = own.generation if own else needs.generation.value
    if device.link is None or not device.link.sets_host:
        lanes, generation = min(lanes, slots.lanes.value), min(generation, slots.generation.value)
    rate = link_bytes_per_s(needs.attachment, lanes, generation)
    return Hosting(host, needs.attachment, takes(host, needs), lanes, generation, rate, chosen)


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


def without_host_text(hosting: Hosting, devices: Sequence[str]) -> Message:
    """What the price and the power of parts that are no computers lack."""
    return message("hosting.without", parts=", ".join(devices), host=hosting.host.name, **_each(hosting))


def hosting_text(hosting: Hosting, needs: NeedsHost, device: str) -> Message:
    """Which computer, how it came about, and what the link has and could have."""
    return message(
        f"hosting.{hosting.chosen}",
        part=device,
        host=hosting.host.name,
        parts=hosting.parts,
        link=hosting.link,
        made_for=link_name(needs.attachment, needs.lanes.value, needs.generation.value),
        **_each(hosting),
    )


def _each(hosting: Hosting) -> dict[str, str]:
    price, power_w = hosting.host.price.amount_money.value, hosting.host.power_w.value
    return {"price": f"{price.amount:g} {price.currency}", "power": f"{power_w:g}"}


def link_load(
    scenario: Scenario, workloads: Mapping[str, Workload], networks: Sequence[NetworkOnPart]
) -> float:
    """Bytes a second of all streams in the busier direction, in the precision that is run.

    Both kinds of links carry both directions at once. Weights are taken to stay on the part, and results to
    be sent as the network gives them.
    """
    sent = returned = 0.0
    for item in networks:
        workload = workloads[item.model]
        each_bytes = BITS[item.estimate.precision] / 8 / workload.batch
        per_s = sum(
            stream.count * stream.rate_per_s for stream in scenario.streams if stream.model == item.model
        )
        outputs = (workload.tensors[name] for name in workload.outputs if name in workload.tensors)
        sent += per_s * each_bytes * sum(tensor.elements for tensor in workload.inputs.values())
        returned += per_s * each_bytes * sum(tensor.elements for tensor in outputs)
    return max(sent, returned)
