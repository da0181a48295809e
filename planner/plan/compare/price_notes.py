"""What the prices in a table of parts are, and of which parts none is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planner.schema.hardware.device import Device, Price
from planner.wording.message import Message, message

_MOST_NAMED = 8
"""A table over the whole catalogue names that many parts of a kind, and counts the others."""


def price_notes(devices: Iterable[Device]) -> list[Message]:
    """For each kind of price that is not simply what the part costs today, the parts that have it."""
    priced: dict[str, list[str]] = {}
    unknown = []
    for device in devices:
        if device.price is None:
            unknown.append(device.id)
            continue
        for kind in _kinds(device.price):
            priced.setdefault(kind, []).append(f"{device.id} ({device.price.date})")
    found = [message(f"prices.{kind}", parts=_named(parts)) for kind, parts in priced.items()]
    if unknown:
        found.append(message("prices.unknown", parts=_named(unknown)))
    return found


def _kinds(price: Price) -> list[str]:
    kinds = [price.kind] if price.kind in ("launch", "shop") else []
    return [*kinds, *([price.covers] if price.covers != "part" else [])]


def _named(parts: Sequence[str]) -> str:
    left = len(parts) - _MOST_NAMED
    named = ", ".join(parts[:_MOST_NAMED])
    return message("prices.and_more", named=named, number=left) if left > 0 else named
