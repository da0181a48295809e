"""One part as a datasheet on the terminal: what it is, its modes, its peaks beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from planner import api
from planner.cli.layout import Grid, Line
from planner.units import format_quantity

if TYPE_CHECKING:
    from planner.schema.hardware.device import ComputeUnit, Device, Price
    from planner.schema.reading.quantity import Sourced

_MARK = {"vendor": "", "measured": "", "derived": "", "assumed": "*"}


def datasheet_lines(device: Device) -> list[Line]:
    """The datasheet as lines of text; an assumed number carries an asterisk."""
    return [*_identity(device), "", *_modes(device), *_units(device), *_rest(device)]


def _identity(device: Device) -> Iterator[str]:
    yield f"{device.name} ({device.id})"
    yield f"{device.vendor}, {device.year.value}, {device.form}, {device.architecture}"
    if sentence := api.device_label(device):
        yield f"headline   {sentence}"
    if device.label_note:
        yield f"label      {' '.join(device.label_note.split())}"
    memory = device.memory
    held = f"{_text(memory.capacity_bytes, 'bytes')} {memory.technology or ''}".strip()
    yield f"memory     {held}, {'shared with the host' if memory.shared else 'its own'}"
    if device.price:
        price = device.price.amount_money
        mark = _MARK[price.status.value]
        yield f"price      {price.value.amount:g} {price.value.currency}{mark} ({_of_price(device.price)})"
    else:
        yield "price      unknown"
    if device.size:
        sides = [device.size.length_m, device.size.width_m]
        sides += [device.size.height_m] if device.size.height_m else []
        yield f"size       {' x '.join(_text(side, 'm') for side in sides)} ({device.size.includes})"
    if device.host_link:
        link = device.host_link
        yield f"host link  {link.technology}, {_text(link.bandwidth_bytes_per_s, 'bytes_per_s')} each way"
    if others := api.device_links(device)[1:]:
        yield f"or over    {', '.join(other.id for other in others)}"
    yield from _video(device)


def _of_price(price: Price) -> str:
    """What the price is of, of what kind it is, and when."""
    covers = {"part": "", "kit": "developer kit, ", "chip": "processor alone, "}[price.covers]
    kind = {None: "", "list": "list, ", "launch": "at its launch, ", "shop": "least in shops, "}[price.kind]
    return f"{covers}{kind}{price.date}"


def _video(device: Device) -> Iterator[str]:
    """Decoders and encoders with the pixels a second of each of their codecs."""
    known = api.device_video(device)
    if known is None:
        return
    for title, engines, none in (
        ("decoder", known.decoders, known.no_decoder),
        ("encoder", known.encoders, known.no_encoder),
    ):
        for engine in engines.values():
            count = f"{engine.count.value} x " if engine.count.value > 1 else ""
            rates = [f"{codec} {_text(rate, 'px_per_s')}" for codec, rate in engine.rates_px_per_s.items()]
            yield f"{title}    {count}{engine.name}: {', '.join(rates)}"
        if none:
            yield f"{title}    none: {none}"


def _modes(device: Device) -> Iterator[Line]:
    rows = []
    for mode in device.modes:
        ceiling = device.memory.ceilings_bytes_per_s.get(mode.id)
        rows.append(
            [
                mode.id + (" (default)" if mode.default else ""),
                _text(mode.power_limit_w, "w"),
                _text(mode.idle_w, "w"),
                _text(device.memory.bandwidth_bytes_per_s[mode.id], "bytes_per_s"),
                _text(ceiling, "bytes_per_s"),
            ]
        )
    yield from _grid(["power mode", "limit", "idle", "bandwidth", "measured"], rows)


def _units(device: Device) -> Iterator[Line]:
    modes = [mode.id for mode in device.modes]
    for unit_id, unit in device.units.items():
        count = f"{unit.count.value} x " if unit.count.value > 1 else ""
        yield f"{unit_id}: {count}{unit.name}; engines {', '.join(unit.engines)}"
        rows = list(_peaks(unit, modes))
        yield from _grid(["dense peak of one", *modes], rows)
        if unit.fallback:
            steps = ", ".join(f"{asked.value} runs as {used.value}" for asked, used in unit.fallback.items())
            yield f"  {steps}"
        if unit.remarks:
            yield f"  {' '.join(unit.remarks.split())}"
        if unit.fallback or unit.remarks:
            yield ""


def _peaks(unit: ComputeUnit, modes: Sequence[str]) -> Iterator[list[str]]:
    for precision, by_mode in unit.peaks_ops_per_s.items():
        yield [precision.value, *_cells(by_mode, modes, "ops_per_s")]
        for title, table in (
            ("  sparse", unit.sparse_peaks_ops_per_s),
            ("  measured", unit.ceilings_ops_per_s),
        ):
            if precision in table:
                yield [title, *_cells(table[precision], modes, "ops_per_s")]
    if unit.clocks_hz:
        yield ["clock", *_cells(unit.clocks_hz, modes, "hz")]
    if unit.active:
        yield [
            "partitions",
            *[f"{unit.active[mode].value}" if mode in unit.active else "-" for mode in modes],
        ]


def _rest(device: Device) -> Iterator[str]:
    thermal = device.thermal
    trips = [
        f"{what} at {trip.value:g} °C{_MARK[trip.status.value]}"
        for what, trip in (("throttles", thermal.throttle_c), ("shuts down", thermal.shutdown_c))
    ]
    resistance = thermal.resistance_k_per_w
    to_inlet = f"{resistance.value:.3g} K/W{_MARK[resistance.status.value]} to the inlet"
    yield f"thermal: {', '.join([to_inlet, *trips])}"
    if len(thermal.coolers) > 1:
        each = (
            f"{item.id} {item.resistance_k_per_w.value:.3g} K/W{_MARK[item.resistance_k_per_w.status.value]}"
            for item in thermal.coolers
        )
        yield f"coolers: {', '.join(each)}; {thermal.cooler} unless a scenario says another"
    for item in device.contradictions:
        aside = "; ".join(f"{other.value} ({other.source})" for other in item.others)
        why = " ".join(item.why.split())
        yield f"contradiction, {item.about}: used {item.used}, set aside {aside}. {why}"
    yield "* assumed: the reason stands beside the number below"
    yield ""


def _cells(table: Mapping[str, Sourced[float]], modes: Sequence[str], dimension: str) -> list[str]:
    return [_text(table.get(mode), dimension) for mode in modes]


def _text(number: Sourced[float] | None, dimension: str) -> str:
    if number is None:
        return "-"
    return format_quantity(number.value, dimension, 3) + _MARK[number.status.value]


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    """A small table of numbers, and an empty line after."""
    yield Grid([dict(zip(head, row, strict=True)) for row in rows], right=frozenset(head[1:]))
    yield ""
