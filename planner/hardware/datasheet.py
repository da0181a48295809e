"""A part as a record for JSON and as a ledger of its numbers.

Numbers stay plain under the keys of the record; every object that holds numbers also has `source` and
`status` (those of its weakest number), and `provenance` with the origin of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard, cast

from planner.hardware.label import label_record
from planner.hardware.link.of_part import links_of
from planner.hardware.video.units import video_of, video_sources
from planner.provenance import Status
from planner.schema.hardware.device import ComputeUnit, Device, Precision
from planner.schema.hardware.device_heat import ThermalSpec
from planner.schema.hardware.source import Source
from planner.schema.reading.quantity import Money, Origin, Sourced, numbers_in
from planner.schema.reading.strict import StrictModel
from planner.schema.record.hardware.device_blocks import (
    DeviceMemoryRecord,
    DeviceRecord,
    HostLinkRecord,
    ModeRecord,
    SizeRecord,
    ThermalRecord,
)
from planner.schema.record.hardware.device_video import (
    DeviceVideoRecord,
    OwnCoresRecord,
    ScalerRecord,
    VideoEngineRecord,
)
from planner.schema.record.hardware.devices import (
    DevicePriceRecord,
    DocumentRecord,
    OriginRecord,
    PeakRecord,
    UnitRecord,
)
from planner.units import UNITS, format_quantity

_Number = Sourced[float] | Sourced[int]
_Numbers = _Number | dict[str, _Number] | list[_Number]

_WEAKNESS = (Status.MEASURED, Status.VENDOR, Status.DERIVED, Status.ASSUMED)


@dataclass(frozen=True, slots=True)
class DatasheetNumber:
    """One number of a part with everything known about its origin."""

    path: str
    """Its path in the file, such as `units.gpu.peaks.int8.MAXN`."""
    value: float
    """In SI units; money in its own currency."""
    unit: str
    """Symbol of the unit of `value`; empty for counts."""
    text: str
    """The number as people write it, such as `85.2 TOPS`."""
    source: str
    status: str
    confidence: str | None
    formula: str | None
    note: str | None


def figures(device: Device) -> tuple[DatasheetNumber, ...]:
    """Every number of the part, in the order of its file."""
    modes = [mode.id for mode in device.modes]
    ledger = []
    for entry in numbers_in(device):
        path = [str(part) for part in entry.path]
        if path[0] == "modes":
            path[1] = modes[int(path[1])]
        if path[:2] == ["thermal", "coolers"]:
            path[2] = device.thermal.coolers[int(path[2])].id
        origin, value = entry.number, entry.number.value
        if isinstance(value, Money):
            amount, unit, text = value.amount, value.currency, f"{value.amount:g} {value.currency}"
        else:
            amount, unit, text = _measure(float(value), entry.dimension)
        ledger.append(
            DatasheetNumber(
                ".".join(path), amount, unit, text, origin.source, origin.status.value,
                origin.confidence, origin.formula, origin.note,
            )
        )  # fmt: skip
    return tuple(ledger)


def device_record(device: Device) -> DeviceRecord:
    """The part as plain values: the answer of `planner devices show`."""
    link, size = device.host_link, device.size
    return {
        "id": device.id,
        "name": device.name,
        "vendor": device.vendor,
        "year": device.year.value,
        "form": device.form,
        "architecture": device.architecture,
        "source": device.year.source,
        "status": device.year.status.value,
        "provenance": {"year": _origin(device.year)},
        "units": [_unit_record(unit_id, unit) for unit_id, unit in device.units.items()],
        "memory": cast("DeviceMemoryRecord", _block_record(device.memory)),
        "modes": [cast("ModeRecord", _block_record(mode)) for mode in device.modes],
        "thermal": _thermal_record(device.thermal),
        "host_link": cast("HostLinkRecord", _block_record(link)) if link else None,
        "links": [item.id for item in links_of(device)],
        "video": _video_record(device),
        "size": cast("SizeRecord", _block_record(size)) if size else None,
        "price": _price_record(device),
        "label": label_record(device),
        "label_note": device.label_note,
        "contradictions": [
            {
                "about": item.about,
                "used": item.used,
                "others": [{"value": other.value, "source": other.source} for other in item.others],
                "why": item.why,
            }
            for item in device.contradictions
        ],
        "sources": _documents({**video_sources(device), **device.sources}),
    }


def _video_record(device: Device) -> DeviceVideoRecord | None:
    known = video_of(device)
    if known is None:
        return None
    return {
        "decoders": [cast("VideoEngineRecord", _named(*item)) for item in known.decoders.items()],
        "encoders": [cast("VideoEngineRecord", _named(*item)) for item in known.encoders.items()],
        "scalers": [cast("ScalerRecord", _named(*item)) for item in known.scalers.items()],
        "cores": cast("OwnCoresRecord", _block_record(known.cores)) if known.cores else None,
        "no_decoder": known.no_decoder,
        "no_encoder": known.no_encoder,
    }


def _named(name: str, block: StrictModel) -> dict[str, object]:
    return {"id": name, **_block_record(block)}


def _documents(sources: Mapping[str, Source]) -> list[DocumentRecord]:
    return [
        {
            "id": key,
            "title": source.title,
            "url": source.url,
            "revision": source.revision,
            "date": source.date,
            "note": source.note,
        }
        for key, source in sources.items()
    ]


def _measure(value: float, dimension: str | None) -> tuple[float, str, str]:
    """The value, the symbol of its SI unit and the text with the unit that people would use."""
    if dimension is None:
        return value, "", f"{value:g}"
    symbol = next(symbol for symbol, factor in UNITS[dimension].items() if factor == 1.0)
    return value, symbol, format_quantity(value, dimension, digits=5)


def _unit_record(unit_id: str, unit: ComputeUnit) -> UnitRecord:
    return {
        "id": unit_id,
        "kind": unit.kind,
        "name": unit.name,
        "count": unit.count.value,
        "source": unit.count.source,
        "status": unit.count.status.value,
        "provenance": {"count": _origin(unit.count)},
        "engines": unit.engines,
        "fallback": {asked.value: used.value for asked, used in unit.fallback.items()},
        "peaks": [
            *_by_mode_and_precision(unit.peaks_ops_per_s, sparse=False),
            *_by_mode_and_precision(unit.sparse_peaks_ops_per_s, sparse=True),
        ],
        "ceilings": _by_mode_and_precision(unit.ceilings_ops_per_s, sparse=False),
        "clocks": [{"mode": key, "hz": item.value, **_origin(item)} for key, item in unit.clocks_hz.items()],
        "active": [{"mode": key, "count": item.value, **_origin(item)} for key, item in unit.active.items()],
        "ops_per_clock": [
            {"precision": key.value, "operations": item.value, **_origin(item)}
            for key, item in unit.ops_per_clock.items()
        ],
        "parts": [{"name": key, "count": item.value, **_origin(item)} for key, item in unit.parts.items()],
        "caches": [
            {"name": key, "bytes": item.value, **_origin(item)} for key, item in unit.caches_bytes.items()
        ],
        "remarks": unit.remarks,
    }


def _by_mode_and_precision(
    table: Mapping[Precision, Mapping[str, Sourced[float]]], *, sparse: bool
) -> list[PeakRecord]:
    return [
        {
            "precision": precision.value,
            "ops_per_s": item.value,
            "mode": mode,
            "sparse": sparse,
            **_origin(item),
        }
        for precision, by_mode in table.items()
        for mode, item in by_mode.items()
    ]


def _price_record(device: Device) -> DevicePriceRecord | None:
    if device.price is None:
        return None
    price = device.price.amount_money
    return {
        "amount": price.value.amount,
        "currency": price.value.currency,
        "date": device.price.date,
        **_origin(price),
        "provenance": {"amount": _origin(price)},
    }


def _thermal_record(thermal: ThermalSpec) -> ThermalRecord:
    """The heat of a part; each cooler has the status and source of its resistance."""
    record = cast("ThermalRecord", _block_record(thermal))
    for cooler, written in zip(thermal.coolers, record["coolers"], strict=True):
        written["status"] = cooler.resistance_k_per_w.status.value
        written["source"] = cooler.resistance_k_per_w.source
        price = cooler.price_money
        if price is not None:
            amount, currency = price.value.amount, price.value.currency
            written["price_money"] = {"amount": amount, "currency": currency, **_origin(price)}
    return record


def _block_record(block: StrictModel) -> dict[str, object]:
    """A group of numbers: its own fields, then the weakest origin and the origin of each number.

    Keys are the fields of the group, which a record declares once more for those who read JSON.
    """
    numbers: dict[str, _Numbers] = {}
    plain: dict[str, object] = {}
    for name in type(block).model_fields:
        value = getattr(block, name)
        if name in Origin.model_fields:
            continue
        if _is_numbers(value):
            numbers[name] = value
        else:
            plain[name] = _plain(value)
    return {**plain, **{name: _value(item) for name, item in numbers.items()}, **_origins(numbers)}


def _is_numbers(value: object) -> TypeGuard[_Numbers]:
    """A number with its origin, a table of them (an empty one too), or a list of one or more."""
    if isinstance(value, dict):
        return all(isinstance(item, Sourced) for item in value.values())
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, Sourced) for item in value)
    return isinstance(value, Sourced)


def _plain(value: object) -> object:
    """A group inside a group as its own record."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _block_record(value) if isinstance(value, StrictModel) else value


def _value(item: _Numbers) -> object:
    if isinstance(item, dict):
        return {key: number.value for key, number in item.items()}
    return [number.value for number in item] if isinstance(item, list) else item.value


def _origins(numbers: Mapping[str, _Numbers]) -> dict[str, object]:
    """`source` and `status` of the weakest number, and `provenance` with the origin of each."""
    each: dict[str, object] = {}
    flat: list[Origin] = []
    for name, item in numbers.items():
        if isinstance(item, dict):
            flat += item.values()
            each[name] = {key: _origin(number) for key, number in item.items()}
        elif isinstance(item, list):
            flat += item
            each[name] = [_origin(number) for number in item]
        else:
            flat.append(item)
            each[name] = _origin(item)
    if not flat:
        return {}
    weakest = max(flat, key=lambda origin: _WEAKNESS.index(origin.status))
    return {"source": weakest.source, "status": weakest.status.value, "provenance": each}


def _origin(origin: Origin) -> OriginRecord:
    """Source and status, and what else is known about where the number comes from."""
    record: OriginRecord = {"source": origin.source, "status": origin.status.value}
    if origin.confidence is not None:
        record["confidence"] = origin.confidence
    if origin.formula is not None:
        record["formula"] = origin.formula
    if origin.note is not None:
        record["note"] = origin.note
    return record
