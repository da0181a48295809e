"""Numbers of a part that follow from each other: a peak from its clock, a headline from its units, a
bandwidth from its bus.

Everything here is arithmetic between numbers that one file states apart; where one of them is unknown the
check is silent, and the page of all parts counts how often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product

from planner.hardware.link.links import link_name, links
from planner.schema.hardware.device import ByMode, ComputeUnit, Device, Label, Memory, Precision
from planner.schema.reading.strict import Conflict
from planner.units import format_number, format_percent, format_quantity

TOLERANCE = 0.03
"""Vendors round what they print; a bigger gap between a figure and what it follows from is a mistake."""
LEAST_CEILING_OPS = 0.1
LEAST_CEILING_BYTES = 0.2
"""The best measured kernel of any part in the literature reaches more of its peak than this."""
MOST_GAIN = {(8, 16): 4.0, (4, 8): 4.0, (16, 32): 64.0, (8, 32): 128.0, (16, 19): 4.0}
"""(narrow, wide) bits -> how many times as fast the narrow format may be; tensor cores widen 16 to 32."""
MOST_GAIN_OF_MATRIX_CPU = 16.0
"""Server CPUs with matrix units for INT8 alone (AMX of the first generation) beside vector units for FP16."""
MOST_GAIN_OF_DLA = 32.0
"""Accelerators built for INT8 that keep a small array for FP16 (NVDLA v2)."""
BITS = {
    Precision.FP32: 32, Precision.TF32: 19, Precision.FP16: 16, Precision.BF16: 16, Precision.FP8: 8,
    Precision.INT8: 8, Precision.FP4: 4, Precision.INT4: 4,
}  # fmt: skip
_PARTITIONS: dict[str, tuple[tuple[str, int], ...]] = {
    "gpu": (("tpcs", 1), ("tpcs", 2), ("sms", 1)), "cpu": (("cores", 1),), "dla": (), "npu": (),
}  # fmt: skip
"""What `active` counts, by its name in `parts`; a TPC holds two SMs."""
_CUDA_PER_TENSOR = (8.0, 32.0)
"""CUDA cores for each tensor core, from Volta to Blackwell."""
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "twelve": 12}
_RATE = re.compile(r"\b(?:LP|G)?DDR\w*-(\d{3,5})\b")
_BITS = re.compile(r"\b(\d+) bit\b")
_CHANNELS = re.compile(rf"\b({'|'.join(_NUMBERS)}) channels?\b")
_PCIE = re.compile(r"PCIe\s*(?:Gen\s*)?(\d)(?:\.\d)?\s*x\s*(\d+)", re.IGNORECASE)
_PCIE_BYTES_PER_S = {
    generation: transfers * encoding / 8
    for generation, (transfers, encoding) in {
        1: (2.5e9, 0.8), 2: (5e9, 0.8), 3: (8e9, 128 / 130), 4: (16e9, 128 / 130), 5: (32e9, 128 / 130),
    }.items()
}  # fmt: skip
"""Per lane and direction: PCI-SIG transfer rates times the line code."""


def physics_conflicts(device: Device) -> Iterator[Conflict]:
    """Numbers of the part that contradict each other."""
    for unit_id, unit in device.units.items():
        yield from _products(unit_id, unit)
        yield from _proportions(unit_id, unit)
        yield from _cores(unit_id, unit)
        yield from _sparse(unit_id, unit)
        yield from _formats(unit_id, unit)
        yield from _ceilings(unit_id, unit)
    if device.label is not None:
        yield from _headline(device, device.label)
    yield from _bus(device.memory)
    yield from _memory(device.memory)
    yield from _monotony(device)
    yield from _host_link(device)
    yield from _part_link(device)


def label_total_ops_per_s(device: Device, label: Label) -> float:
    """What the units that the label counts add up to."""
    total = 0.0
    for unit_id, count in label.units.items():
        unit = device.units[unit_id]
        table = unit.sparse_peaks_ops_per_s if label.sparse else unit.peaks_ops_per_s
        total += count * table[label.precision][label.mode].value
    return total


def _ops(value: float) -> str:
    return format_quantity(value, "ops_per_s")


def _differs(value: float, expected: float) -> bool:
    return abs(value - expected) > TOLERANCE * expected


def _products(unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    """Peak = operations per clock x partitions x clock."""
    for precision, rate in unit.ops_per_clock.items():
        for mode, peak in unit.peaks_ops_per_s.get(precision, {}).items():
            if mode not in unit.active or mode not in unit.clocks_hz:
                continue
            product_ops = rate.value * unit.active[mode].value * unit.clocks_hz[mode].value
            if _differs(peak.value, product_ops):
                path = ("units", unit_id, "peaks", precision.value, mode)
                expected = f"about {_ops(product_ops)} (operations per clock x partitions x clock)"
                yield Conflict(path, expected, _ops(peak.value), "correct the one that is wrong")


def _proportions(unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    """Peaks of one format go with clock and partitions, whatever is done in a clock.

    Not so for NPUs: grades and designs loaded into an FPGA change what is done in a clock.
    """
    if unit.kind == "npu":
        return
    for precision, by_mode in unit.peaks_ops_per_s.items():
        if precision in unit.ops_per_clock:
            continue
        per_clock = {
            mode: peak.value / (unit.clocks_hz[mode].value * _partitions(unit, mode))
            for mode, peak in by_mode.items()
            if mode in unit.clocks_hz
        }
        if not per_clock:
            continue
        usual = sorted(per_clock.values())[len(per_clock) // 2]
        for mode, rate in per_clock.items():
            if _differs(rate, usual):
                path = ("units", unit_id, "peaks", precision.value, mode)
                expected = (
                    f"about {format_number(usual, 4)} operations a clock and partition, as in other modes"
                )
                yield Conflict(path, expected, format_number(rate, 4), "correct the peak or the clock")


def _partitions(unit: ComputeUnit, mode: str) -> int:
    return unit.active[mode].value if mode in unit.active else 1


def _cores(unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    """CUDA cores do one multiply-accumulate in FP32 a clock; the mode with the most partitions has all."""
    if not unit.active:
        return
    most = max(item.value for item in unit.active.values())
    cuda, rate = unit.parts.get("cuda_cores"), unit.ops_per_clock.get(Precision.FP32)
    if cuda is not None and rate is not None and _differs(rate.value * most, 2 * cuda.value):
        got = f"{rate.value:g} x {most} partitions"
        path = ("units", unit_id, "ops_per_clock", "fp32")
        yield Conflict(path, f"2 x {cuda.value:g} CUDA cores a clock", got)
    whole = [times * unit.parts[name].value for name, times in _PARTITIONS[unit.kind] if name in unit.parts]
    if whole and most not in whole:
        expected = f"{' or '.join(f'{count:g}' for count in whole)} in the mode with the most, as in `parts`"
        yield Conflict(("units", unit_id, "active"), expected, str(most))
    tensor = unit.parts.get("tensor_cores")
    if cuda is not None and tensor is not None and tensor.value:
        low, high = _CUDA_PER_TENSOR
        if not low <= cuda.value / tensor.value <= high:
            path = ("units", unit_id, "parts", "tensor_cores")
            expected = f"{low:g} to {high:g} CUDA cores for each"
            yield Conflict(path, expected, f"{cuda.value / tensor.value:g}")


def _sparse(unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    for precision, by_mode in unit.sparse_peaks_ops_per_s.items():
        for mode, sparse in by_mode.items():
            path = ("units", unit_id, "sparse_peaks", precision.value, mode)
            dense = unit.peaks_ops_per_s.get(precision, {}).get(mode)
            if dense is None:
                yield Conflict(path, "a dense peak beside each sparse one", "none")
            elif not dense.value <= sparse.value <= 2 * dense.value * (1 + TOLERANCE):
                expected = f"one to two times the dense {_ops(dense.value)}"
                yield Conflict(path, expected, _ops(sparse.value))


def _formats(unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    """A narrower format is no slower, and faster by what arithmetic of that width allows."""
    for narrow, wide in product(unit.peaks_ops_per_s, repeat=2):
        if BITS[narrow] >= BITS[wide]:
            continue
        most = MOST_GAIN.get((BITS[narrow], BITS[wide]), 256.0)
        if unit.kind == "cpu":
            most = max(most, MOST_GAIN_OF_MATRIX_CPU)
        elif unit.kind == "dla":
            most = max(most, MOST_GAIN_OF_DLA)
        for mode, fast in unit.peaks_ops_per_s[narrow].items():
            slow = unit.peaks_ops_per_s[wide].get(mode)
            if slow is None:
                continue
            gain = fast.value / slow.value if slow.value else float("inf")
            if not 1 - TOLERANCE <= gain <= most * (1 + TOLERANCE):
                path = ("units", unit_id, "peaks", narrow.value, mode)
                expected = f"1 to {most:g} times the {_ops(slow.value)} of {wide.value}"
                yield Conflict(path, expected, _ops(fast.value), "a precision that is emulated has no peak")


def _ceilings(unit_id: str, unit: ComputeUnit) -> Iterator[Conflict]:
    for precision, by_mode in unit.ceilings_ops_per_s.items():
        for mode, ceiling in by_mode.items():
            path = ("units", unit_id, "ceilings", precision.value, mode)
            peak = unit.peaks_ops_per_s.get(precision, {}).get(mode)
            if peak is None:
                yield Conflict(path, "a peak above each ceiling", "none")
            elif not LEAST_CEILING_OPS * peak.value <= ceiling.value <= peak.value:
                expected = f"{format_percent(LEAST_CEILING_OPS)} to all of the peak of {_ops(peak.value)}"
                yield Conflict(path, expected, _ops(ceiling.value))


def _headline(device: Device, label: Label) -> Iterator[Conflict]:
    total = label_total_ops_per_s(device, label)
    if _differs(label.headline_ops_per_s.value, total):
        counted = " + ".join(f"{count} x {unit_id}" for unit_id, count in label.units.items())
        expected = f"about {_ops(total)}, the sum of {counted}"
        yield Conflict(("label", "headline"), expected, _ops(label.headline_ops_per_s.value))


def _bus(memory: Memory) -> Iterator[Conflict]:
    """Bandwidth = width x clock x transfers per clock; without clocks, that of the grade in `technology`."""
    if memory.width_bits is None or not memory.clocks_hz:
        yield from _grade(memory)
        return
    transfers = memory.transfers_per_clock.value if memory.transfers_per_clock is not None else 2
    for mode, clock in memory.clocks_hz.items():
        bandwidth = memory.bandwidth_bytes_per_s[mode].value
        product_bytes = memory.width_bits.value / 8 * clock.value * transfers
        if _differs(bandwidth, product_bytes):
            expected = f"about {format_quantity(product_bytes, 'bytes_per_s')} (width x clock x transfers)"
            got = format_quantity(bandwidth, "bytes_per_s")
            yield Conflict(("memory", "bandwidth", mode), expected, got)


def _grade(memory: Memory) -> Iterator[Conflict]:
    """`LPDDR5-6400, 128 bit` and `DDR4-3200, eight channels` (of 64 bit) say what the fastest mode moves."""
    technology = memory.technology or ""
    rate, bits, channels = _RATE.search(technology), _BITS.search(technology), _CHANNELS.search(technology)
    if rate is None or bool(bits) == bool(channels) or "each" in technology:
        return
    width_bits = int(bits[1]) if bits else 64 * _NUMBERS[channels[1]] if channels else 0
    exact = int(rate[1]) * 1e6 * width_bits / 8
    mode, fastest = max(memory.bandwidth_bytes_per_s.items(), key=lambda item: item[1].value)
    if _differs(fastest.value, exact):
        expected = f"about {format_quantity(exact, 'bytes_per_s')} ({technology})"
        got = format_quantity(fastest.value, "bytes_per_s")
        yield Conflict(("memory", "bandwidth", mode), expected, got)


def _memory(memory: Memory) -> Iterator[Conflict]:
    for mode, ceiling in memory.ceilings_bytes_per_s.items():
        bandwidth = memory.bandwidth_bytes_per_s[mode].value
        if not LEAST_CEILING_BYTES * bandwidth <= ceiling.value <= bandwidth:
            shown = format_quantity(bandwidth, "bytes_per_s")
            expected = f"{format_percent(LEAST_CEILING_BYTES)} to all of the bandwidth of {shown}"
            got = format_quantity(ceiling.value, "bytes_per_s")
            yield Conflict(("memory", "ceilings", mode), expected, got)
    if memory.reserved_bytes is not None and memory.reserved_bytes.value >= memory.capacity_bytes.value:
        got = format_quantity(memory.reserved_bytes.value, "bytes")
        yield Conflict(("memory", "reserved"), "less than the capacity", got)


def _monotony(device: Device) -> Iterator[Conflict]:
    """A mode with a higher limit is no slower on the part's first unit, which is the one it is bought for.

    Other units may be: Xavier's desktop mode nearly stops the DLA, and modes with few fast cores exist.
    """
    unit_id, unit = next(iter(device.units.items()))
    by_limit = sorted(device.modes, key=lambda mode: mode.power_limit_w.value)
    tables: dict[tuple[str, ...], ByMode] = {
        ("units", unit_id, "peaks", precision.value): by_mode
        for precision, by_mode in unit.peaks_ops_per_s.items()
    }
    tables["memory", "bandwidth"] = device.memory.bandwidth_bytes_per_s
    for lower, upper in pairwise(by_limit):
        if lower.power_limit_w.value == upper.power_limit_w.value:
            continue
        for path, table in tables.items():
            if table[upper.id].value < table[lower.id].value * (1 - TOLERANCE):
                expected = f"at least that of {lower.id}, which has a lower limit"
                yield Conflict((*path, upper.id), expected, format_number(table[upper.id].value, 4))


def _host_link(device: Device) -> Iterator[Conflict]:
    """PCI Express: lanes x rate of the generation, with or without the line code."""
    link = device.host_link
    found = _PCIE.search(link.technology) if link is not None else None
    if link is None or found is None or int(found[1]) not in _PCIE_BYTES_PER_S:
        return
    exact = _PCIE_BYTES_PER_S[int(found[1])] * int(found[2])
    got = link.bandwidth_bytes_per_s.value
    if not exact * (1 - TOLERANCE) <= got <= exact * 1.25 * (1 + TOLERANCE):
        expected = f"about {format_quantity(exact, 'bytes_per_s')}, that of {found[0]}"
        path = ("host_link", "bandwidth")
        yield Conflict(path, expected, format_quantity(got, "bytes_per_s"))


def _part_link(device: Device) -> Iterator[Conflict]:
    """The delivered link: no more than the slot that the part needs, at the rate that the datasheet gives."""
    given, needs = device.link, device.needs_host
    if given is None:
        return
    own = links()[given.delivered]
    if needs is None:
        yield Conflict(("link",), "`needs_host` beside it: the slot that the part sits in", "none")
        return
    most = needs.lanes.value, needs.generation.value
    if (needs.attachment == "usb") != (own.bus == "usb") or own.lanes > most[0] or own.generation > most[1]:
        slot = link_name("usb" if needs.attachment == "usb" else "pcie", *most)
        yield Conflict(("link", "delivered"), f"at most {slot}, which `needs_host` states", own.name)
    rate = device.host_link.bandwidth_bytes_per_s.value if device.host_link else own.rate_bytes_per_s
    if not own.rate_bytes_per_s * (1 - TOLERANCE) <= rate <= own.rate_bytes_per_s * 1.25 * (1 + TOLERANCE):
        expected = f"about {format_quantity(own.rate_bytes_per_s, 'bytes_per_s')}, that of {own.name}"
        yield Conflict(("host_link", "bandwidth"), expected, format_quantity(rate, "bytes_per_s"))
    for i, other in enumerate(given.others or ()):
        if links()[other].bus != own.bus or other == own.id:
            yield Conflict(("link", "others", i), f"another link of the kind of {own.id}", other)
