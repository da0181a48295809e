"""One link by its id: what it carries, and how long a transfer over it takes.

Time of a transfer = bytes / (rate of a lane x lanes x share) + overhead. The rate is the specification's
after the line code; the share is what headers, acknowledgements and the host's memory leave; the overhead is
what starting and ending a transfer takes, whatever its size. It stops holding where several devices share the
lanes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from planner.data_files import database_dir
from planner.errors import UnknownIdError
from planner.formulas import formula
from planner.schema.hardware.host import LinkKind, LinkKinds
from planner.schema.reading.yaml_file import read_model

Ends = tuple[float, float, float]
"""Low, middle and high of one quantity."""


@dataclass(frozen=True, slots=True)
class BusLink:
    """A link of one kind, generation and width."""

    id: str
    bus: Literal["pcie", "usb"]
    generation: int
    lanes: int
    duplex: Literal["full", "half"]
    rate_bytes_per_s: float
    """Of all lanes in one direction, after the line code."""
    delivered_bytes_per_s: Ends
    """What payloads reach of it, the slow end first."""
    transfer_s: Ends
    """What each transfer takes beside its bytes."""

    @property
    def name(self) -> str:
        """As datasheets write it."""
        return link_name(self.bus, self.lanes, self.generation)

    @formula("link_transfer")
    def time_s(self, size_bytes: float, transfers: int = 1) -> Ends:
        """So many bytes in so many transfers, one after the other."""
        slow, mid, fast = self.delivered_bytes_per_s
        low_s, mid_s, high_s = (transfers * end for end in self.transfer_s)
        return size_bytes / fast + low_s, size_bytes / mid + mid_s, size_bytes / slow + high_s


@cache
def link_kinds() -> LinkKinds:
    """What links carry, with sources."""
    return read_model(database_dir() / "surroundings" / "links.yaml", LinkKinds)


@cache
def links() -> dict[str, BusLink]:
    """Every link by its id, the slowest of each kind first."""
    found = [
        _link(kind, int(generation), lanes, rate.value)
        for kind in link_kinds().links.values()
        for generation, rate in kind.rates_bytes_per_s.items()
        for lanes in kind.lanes
    ]
    return {link.id: link for link in found}


def _link(kind: LinkKind, generation: int, lanes: int, lane_bytes_per_s: float) -> BusLink:
    rate = lanes * lane_bytes_per_s
    shares = (kind.low_share_ratio.value, kind.mid_share_ratio.value, kind.high_share_ratio.value)
    return BusLink(
        id=link_id(kind.bus, lanes, generation),
        bus=kind.bus,
        generation=generation,
        lanes=lanes,
        duplex=kind.duplex,
        rate_bytes_per_s=rate,
        delivered_bytes_per_s=(rate * shares[0], rate * shares[1], rate * shares[2]),
        transfer_s=(kind.low_transfer_s.value, kind.mid_transfer_s.value, kind.high_transfer_s.value),
    )


def link_id(bus: str, lanes: int, generation: int) -> str:
    """The id of a link."""
    return f"usb{generation}" if bus == "usb" else f"pcie{generation}x{lanes}"


def link_name(bus: str, lanes: int, generation: int) -> str:
    """A link as datasheets write it."""
    return f"USB {generation}" if bus == "usb" else f"PCIe {generation}.0 x{lanes}"


_WRITTEN = (
    re.compile(r"(pci(?:e|express))(?:gen)?(\d)(?:\.0)?(?:x(\d+))?"),
    re.compile(r"(usb)(\d)(?:\.\d)?(?:gen\d)?"),
)


def link_named(text: str) -> BusLink:
    """A link by its id, or as datasheets write it.

    >>> link_named("pcie3x1").name, link_named("PCIe Gen3 x4").id, link_named("USB 3.0").id
    ('PCIe 3.0 x1', 'pcie3x4', 'usb3')

    Raises `UnknownIdError` for anything else.
    """
    plain = re.sub(r"[\s_-]+", "", text.casefold())
    for pattern in _WRITTEN:
        if found := pattern.fullmatch(plain):
            bus, generation, *lanes = found.groups(default="1")
            asked = link_id("usb" if bus == "usb" else "pcie", int(lanes[0]) if lanes else 1, int(generation))
            if asked in links():
                return links()[asked]
    raise UnknownIdError("link", text, links())


def link_bytes_per_s(attachment: str, lanes: int, generation: int) -> float:
    """What a slot's link carries in one direction, after the line code; USB 3 and later as USB 3."""
    if attachment == "usb":
        return links()[link_id("usb", 1, min(generation, 3))].rate_bytes_per_s
    return links()[link_id("pcie", lanes, generation)].rate_bytes_per_s
