"""Which links a part can have to its host, and the part over one of them.

A PCIe part works at every lower generation and with fewer lanes, a USB 3 part at USB 2 (by specification);
the file of a part may list others. Whatever is estimated of the part that `linked` gives is over that link.
"""

from __future__ import annotations

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.link.links import BusLink, link_id, link_named, links
from planner.schema.hardware.device import Device
from planner.schema.hardware.host import PartLink


def delivered_link(device: Device) -> BusLink | None:
    """The link that a part has as it is delivered; None for one that is a computer itself."""
    if device.link is not None:
        return links()[device.link.delivered]
    needs = device.needs_host
    if needs is None:
        return None
    bus = "usb" if needs.attachment == "usb" else "pcie"
    return links().get(link_id(bus, needs.lanes.value, needs.generation.value))


def measured_link(device: Device) -> BusLink | None:
    """The link over which published rates of the part were measured."""
    if device.link is not None and device.link.measured_over is not None:
        return links()[device.link.measured_over]
    return delivered_link(device)


def reload_bytes_per_s(device: Device, memory_bytes_per_s: float) -> float:
    """At which weights come that do not stay on the chip, as fitted rates have them.

    These were measured over a link; what another one changes is added (`planner.latency.link`).
    """
    if not device.memory.on_chip:
        return memory_bytes_per_s
    measured = measured_link(device)
    if measured is not None:
        return measured.rate_bytes_per_s
    return device.host_link.bandwidth_bytes_per_s.value if device.host_link else memory_bytes_per_s


def links_of(device: Device) -> tuple[BusLink, ...]:
    """Every link that the part can have, the delivered one first, then from fast to slow."""
    own = delivered_link(device)
    if own is None:
        return ()
    if device.link is not None and device.link.others is not None:
        others = [links()[other] for other in device.link.others]
    else:
        others = [
            link
            for link in links().values()
            if link.bus == own.bus and link.generation <= own.generation and link.lanes <= own.lanes
        ]
    others = sorted((link for link in others if link != own), key=lambda link: -link.rate_bytes_per_s)
    return own, *others


def linked(device: Device, asked: str | None) -> Device:
    """The part over another of its links; as it is for None.

    Raises `UnknownIdError` for a link that the part does not have, `InputError` where it has none at all.
    """
    if asked is None:
        return device
    own = links_of(device)
    if not own:
        problem = Problem(
            "link",
            f"none on {device.id}, which is attached to no host",
            repr(asked),
            "leave it out, or ask about an accelerator such as hailo-8 or coral-edgetpu-usb",
        )
        raise InputError("estimate", [problem])
    try:
        link = link_named(asked)
    except UnknownIdError:
        raise _lacking(device, asked, own) from None
    if link not in own:
        raise _lacking(device, asked, own)
    return _over(device, link)


def _lacking(device: Device, asked: str, own: tuple[BusLink, ...]) -> InputError:
    has = ", ".join(link.id for link in own)
    return InputError("estimate", [Problem("link", f"a link of {device.id}: {has}", repr(asked))])


def _over(device: Device, link: BusLink) -> Device:
    """The part with the numbers of a link in place of those of its own."""
    base = measured_link(device)
    others = [item.id for item in links_of(device) if item != link]
    changed = PartLink.model_construct(
        delivered=link.id,
        others=others,
        measured_over=base.id if base else None,
        sets_host=True,
    )
    update: dict[str, object] = {"link": changed}
    if device.host_link is not None:
        rate = device.host_link.bandwidth_bytes_per_s.model_copy(update={"value": link.rate_bytes_per_s})
        host_link = {"technology": link.name, "bandwidth_bytes_per_s": rate}
        update["host_link"] = device.host_link.model_copy(update=host_link)
    return device.model_copy(update=update)
