"""The list of parts: filtered, sorted, one row each, in the power mode that answers the question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from planner.hardware.operating_point import choose_mode
from planner.schema.hardware.device import Device, Mode, Precision, UnitKind
from planner.schema.reading.quantity import Money
from planner.schema.record.hardware.devices import DeviceRowRecord


@dataclass(frozen=True, slots=True)
class Filter:
    """Which parts are wanted; None for any."""

    vendor: str | None = None
    """A shell pattern, whatever the case."""
    kind: UnitKind | None = None
    precision: Precision | None = None
    """Only parts with a unit that computes in it, emulation not counted."""
    max_power_w: float | None = None
    """Only parts with a mode whose limit is no higher; the strongest such mode is shown."""
    max_price: Money | None = None
    min_memory_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows, and why parts without a known price, or in another currency, are not among them."""

    rows: tuple[DeviceRowRecord, ...]
    remarks: tuple[str, ...]


def list_parts(devices: Iterable[Device], wanted: Filter | None = None, sort: str = "id") -> Listing:
    """One row for each part that matches, sorted by one of `SORT_KEYS`; what is unknown comes last.

    Peaks are dense and for one instance of one unit, in the mode shown: the default one, or the strongest
    within `max_power_w`. Raises KeyError for another sort key.
    """
    wanted = wanted or Filter()
    rows: list[DeviceRowRecord] = []
    priceless: list[str] = []
    for device in devices:
        mode = _mode_within(device, wanted.max_power_w)
        if mode is None or not _matches(device, mode, wanted):
            continue
        if wanted.max_price is not None and not _priced_in(device, wanted.max_price.currency):
            priceless.append(device.id)
        elif _affordable(device, wanted.max_price):
            rows.append(_row(device, mode, wanted))
    key, descending = SORT_KEYS[sort]
    known = sorted((row for row in rows if key(row) is not None), key=key, reverse=descending)
    unknown = [row for row in rows if key(row) is None]
    remarks = []
    if priceless and wanted.max_price is not None:
        reason = f"without a known price in {wanted.max_price.currency}, so left out"
        remarks.append(f"{reason}: {', '.join(priceless)}")
    if sort == "price" and len({row["price_currency"] for row in known}) > 1:
        remarks.append("prices are sorted within each currency; none is converted")
    return Listing((*known, *unknown), tuple(remarks))


SORT_KEYS: Mapping[str, tuple[Callable[[DeviceRowRecord], Any], bool]] = {
    "id": (lambda row: row["id"], False),
    "vendor": (lambda row: (row["vendor"], row["id"]), False),
    "year": (lambda row: row["year"], True),
    "peak": (lambda row: row["peak_ops_per_s"], True),
    "bandwidth": (lambda row: row["bandwidth_bytes_per_s"], True),
    "memory": (lambda row: row["memory_bytes"], True),
    "power": (lambda row: row["power_limit_w"], False),
    "price": (
        lambda row: (row["price_currency"], row["price_amount"]) if row["price_currency"] else None,
        False,
    ),
}
"""Name -> what rows are sorted by, and whether the biggest comes first."""


def _mode_within(device: Device, max_power_w: float | None) -> Mode | None:
    if max_power_w is None:
        return choose_mode(device, None)
    within = [mode for mode in device.modes if mode.power_limit_w.value <= max_power_w]
    return max(within, key=lambda mode: mode.power_limit_w.value, default=None)


def _matches(device: Device, mode: Mode, wanted: Filter) -> bool:
    if wanted.vendor is not None and not fnmatchcase(device.vendor.lower(), wanted.vendor.lower()):
        return False
    if wanted.min_memory_bytes is not None and device.memory.capacity_bytes.value < wanted.min_memory_bytes:
        return False
    if wanted.kind is not None and all(unit.kind != wanted.kind for unit in device.units.values()):
        return False
    if wanted.precision is None:
        return True
    return _best_peak(device, mode.id, wanted.precision, wanted.kind)[0] is not None


def _priced_in(device: Device, currency: str) -> bool:
    return device.price is not None and device.price.amount_money.value.currency == currency


def _affordable(device: Device, most: Money | None) -> bool:
    if most is None or device.price is None:
        return most is None
    return device.price.amount_money.value.amount <= most.amount


def _best_peak(
    device: Device, mode: str, precision: Precision, kind: UnitKind | None
) -> tuple[float | None, str | None]:
    """The highest dense peak of one unit in a mode, and which unit that is."""
    peaks = [
        (unit.peaks_ops_per_s[precision][mode].value, unit_id)
        for unit_id, unit in device.units.items()
        if mode in unit.peaks_ops_per_s.get(precision, {}) and kind in (None, unit.kind)
    ]
    return max(peaks, default=(None, None))


def _row(device: Device, mode: Mode, wanted: Filter) -> DeviceRowRecord:
    biggest = {m.id: _best_peak(device, m.id, Precision.INT8, wanted.kind) for m in device.modes}
    fastest = max(biggest, key=lambda name: biggest[name][0] or 0.0)
    precision = wanted.precision or Precision.INT8
    peak_ops_per_s, peak_unit = _best_peak(device, mode.id, precision, wanted.kind)
    price = device.price.amount_money.value if device.price else None
    return {
        "id": device.id,
        "name": device.name,
        "vendor": device.vendor,
        "year": device.year.value,
        "form": device.form,
        "kinds": sorted({unit.kind for unit in device.units.values()}),
        "mode": mode.id,
        "precision": precision.value,
        "peak_ops_per_s": peak_ops_per_s,
        "peak_unit": peak_unit,
        "int8_ops_per_s": biggest[mode.id][0],
        "int8_unit": biggest[mode.id][1],
        "fastest_mode": fastest,
        "fastest_int8_ops_per_s": biggest[fastest][0],
        "bandwidth_bytes_per_s": device.memory.bandwidth_bytes_per_s[mode.id].value,
        "memory_bytes": device.memory.capacity_bytes.value,
        "power_limit_w": mode.power_limit_w.value,
        "price": f"{price.amount:g} {price.currency}" if price else None,
        "price_amount": price.amount if price else None,
        "price_currency": price.currency if price else None,
    }
