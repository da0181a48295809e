"""The page of all shipped parts: a drawing, a table, headlines, coverage, contradictions, checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.files import require_writable, write_bytes, write_files
from planner.hardware.catalog import shipped_devices
from planner.hardware.coverage import Coverage, coverage, statuses
from planner.hardware.database_check import DatabaseCheck, check_database
from planner.hardware.label import label_sentence
from planner.hardware.measurements import read_measurements
from planner.provenance import Status
from planner.report.blocks import Block, Bullets, Column, Figure, Heading, Paragraph, Table, cells
from planner.report.figures.parts import Spot, parts
from planner.report.numbers import UNKNOWN, quantity
from planner.report.web import html, markdown
from planner.schema.hardware.device import ComputeUnit, Device, Memory, Mode, Precision
from planner.units import format_percent
from planner.wording.message import Wording

TITLE = "Parts of the database"
MUTATIONS = "checks/mutations.json"
_PREFERRED = (Precision.INT8, Precision.FP16, Precision.FP32)


@dataclass(frozen=True, slots=True)
class _Best:
    """The fastest unit of a part in its strongest mode, in the narrowest of the usual formats it has."""

    mode: Mode
    unit: str
    kind: str
    precision: Precision
    ops_per_s: float


def write_devices_page(path: Path) -> list[Path]:
    """Write the page as FILE.md with FILE.svg beside it, or as one FILE.html; the files that were written.

    Raises `InputError` for another ending and `OutputError` where the file cannot be written.
    """
    if path.suffix not in (".md", ".html"):
        raise InputError(
            "--output", [Problem(str(path), "a name ending in .md or .html", path.suffix or "none")]
        )
    require_writable(path)
    blocks, drawing = devices_page()
    if path.suffix == ".html":
        write_bytes(path, html(blocks, TITLE).encode())
        return [path]
    beside = path.with_suffix(".svg")
    write_files({path: markdown(blocks, beside.name).encode(), beside: drawing})
    return [path, beside]


def devices_page() -> tuple[list[Block], bytes]:
    """The blocks of the page and its drawing; parts of a user's own are left out."""
    devices = shipped_devices()
    spots = [_spot(i, device) for i, device in enumerate(devices, start=1)]
    drawing = parts(spots, Wording("en"))
    check = check_database(shipped_only=True)
    blocks: list[Block] = [
        Heading(TITLE),
        Paragraph(_opening(devices, check)),
        Figure(drawing, _CAPTION, f"Peak against bandwidth of {len(devices)} parts, power as size"),
        _table(devices),
        Paragraph(_TABLE_NOTE, "note"),
        *_headlines(devices),
        *_coverage(coverage(devices, read_measurements())),
        *_contradictions(devices),
        *_checks(check),
    ]
    return blocks, drawing


_CAPTION = (
    "Dense peak of the fastest unit in the strongest mode against datasheet bandwidth; the size of a mark is "
    "the power limit, the number that of the table. INT8 where the unit has it, else FP16, else FP32. Grey "
    "lines: 10, 100 and 1000 operations per byte."
)
_TABLE_NOTE = (
    "Peaks are dense and for one instance of one unit. Idle in brackets is assumed. Measured: best kernel "
    "on that unit and the best stream that somebody published, as a share of the datasheet in that mode."
)


def _opening(devices: Sequence[Device], check: DatabaseCheck) -> str:
    known = statuses(devices)
    total = sum(known.values())
    shares = ", ".join(f"{known[status]} {status.value}" for status in Status)
    return (
        f"{len(devices)} parts with {total} numbers, each with a source and a status ({shares}). "
        f"planner devices check finds {len(check.problems)} problems. "
        "Written by planner devices page -o docs/devices.md; a test keeps it current."
    )


def _strongest(device: Device) -> Mode:
    return max(device.modes, key=lambda mode: mode.power_limit_w.value)


def _best(device: Device) -> _Best:
    mode = _strongest(device)
    for precision in _PREFERRED:
        peaks = [
            (unit.peaks_ops_per_s[precision][mode.id].value, unit_id)
            for unit_id, unit in device.units.items()
            if mode.id in unit.peaks_ops_per_s.get(precision, {})
        ]
        if peaks:
            ops_per_s, unit_id = max(peaks)
            return _Best(mode, unit_id, device.units[unit_id].kind, precision, ops_per_s)
    unit_id, unit = next(iter(device.units.items()))
    precision, by_mode = next(iter(unit.peaks_ops_per_s.items()))
    return _Best(mode, unit_id, unit.kind, precision, by_mode[mode.id].value)


def _spot(number: int, device: Device) -> Spot:
    best = _best(device)
    bandwidth = device.memory.bandwidth_bytes_per_s[best.mode.id].value
    return Spot(number, best.kind, best.ops_per_s, bandwidth, best.mode.power_limit_w.value)


def _table(devices: Sequence[Device]) -> Table:
    columns = (
        Column("#", "right"), Column("id"), Column("name"), Column("year", "right"), Column("mode"),
        Column("unit"), Column("peak", "right"), Column("bandwidth", "right"), Column("memory", "right"),
        Column("limit", "right"), Column("idle", "right"), Column("measured peak", "right"),
        Column("measured stream", "right"), Column("price", "right"),
    )  # fmt: skip
    rows = tuple(cells(str(i), *_row(device)) for i, device in enumerate(devices, start=1))
    return Table(columns, rows)


def _row(device: Device) -> tuple[str, ...]:
    best = _best(device)
    mode = best.mode
    bandwidth = device.memory.bandwidth_bytes_per_s[mode.id].value
    idle = quantity(mode.idle_w.value, "w")
    price = device.price.amount_money.value if device.price else None
    return (
        device.id,
        device.name,
        str(device.year.value),
        mode.id,
        best.unit,
        f"{quantity(best.ops_per_s, 'ops_per_s')} {best.precision.value}",
        quantity(bandwidth, "bytes_per_s"),
        quantity(device.memory.capacity_bytes.value, "bytes"),
        quantity(mode.power_limit_w.value, "w"),
        f"({idle})" if mode.idle_w.status == "assumed" else idle,
        _best_kernel(device.units[best.unit]),
        _best_stream(device.memory),
        f"{price.amount:,.0f} {price.currency}" if price else UNKNOWN,
    )


def _best_kernel(unit: ComputeUnit) -> str:
    shares = [
        (ceiling.value / unit.peaks_ops_per_s[precision][mode].value, precision.value)
        for precision, by_mode in unit.ceilings_ops_per_s.items()
        for mode, ceiling in by_mode.items()
    ]
    if not shares:
        return UNKNOWN
    share, precision = max(shares)
    return f"{format_percent(share)} {precision}"


def _best_stream(memory: Memory) -> str:
    shares = [
        ceiling.value / memory.bandwidth_bytes_per_s[mode].value
        for mode, ceiling in memory.ceilings_bytes_per_s.items()
    ]
    return format_percent(max(shares)) if shares else UNKNOWN


def _headlines(devices: Sequence[Device]) -> Iterator[Block]:
    sentences = [(device, label_sentence(device)) for device in devices]
    lines = tuple(f"{device.name}: {sentence}." for device, sentence in sentences if sentence)
    if lines:
        yield Heading("What the headlines add up", 2)
        yield Bullets(lines)


def _coverage(counted: Sequence[Coverage]) -> Iterator[Block]:
    yield Heading("Coverage", 2)
    columns = (Column("known"), Column("parts", "right"), Column("share", "right"), Column("gaps"))
    rows = tuple(
        cells(
            item.what,
            f"{len(item.known)} of {len(item.known) + len(item.gaps)}",
            format_percent(item.share),
            ", ".join(item.gaps) or "none",
        )
        for item in counted
    )
    yield Table(columns, rows)


def _contradictions(devices: Sequence[Device]) -> Iterator[Block]:
    listed = tuple(
        f"{device.id}, {item.about}: used {item.used}; set aside "
        + "; ".join(f"{other.value} ({device.sources[other.source].title})" for other in item.others)
        + f". {item.why}"
        for device in devices
        for item in device.contradictions
    )
    yield Heading("Contradictions", 2)
    yield Paragraph(f"{len(listed)} places where sources disagree; both values are kept.")
    if listed:
        yield Bullets(listed)


def _checks(check: DatabaseCheck) -> Iterator[Block]:
    yield Heading("How far the checks can be trusted", 2)
    record = read_mutations()
    if record is None:
        yield Paragraph("The checks have not been tried on corrupted files.")
        return
    kinds = record["kinds"]
    tried, caught = (sum(kind[key] for kind in kinds) for key in ("tried", "caught"))
    yield Paragraph(
        f"{check.files} files are checked. Copies of {record['files']} parts were corrupted in {len(kinds)} "
        f"ways, {tried} copies in all; the checks refused {caught}, {format_percent(caught / tried, 1)}. "
        "What passes is a number that "
        "nothing else in its file speaks against: a price, a cache, the memory of a server."
    )
    columns = (
        Column("corruption"),
        Column("copies", "right"),
        Column("caught", "right"),
        Column("share", "right"),
    )
    rows = tuple(
        cells(
            kind["kind"],
            str(kind["tried"]),
            str(kind["caught"]),
            format_percent(kind["caught"] / kind["tried"], 1),
        )
        for kind in kinds
    )
    yield Table(columns, rows)


def read_mutations() -> dict[str, Any] | None:
    """What `benchmarks/device_mutations` counted last; none where it never ran."""
    path = database_dir() / MUTATIONS
    if not path.is_file():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record
