"""A roofline moved by the networks that a part's own sources quote.

The logarithm of quoted over the roofline's middle, its mean over families of networks, is taken for the
others in part (`keep`); the rest is what units of the kind were missed by. The band is what as many families
of a unit left of its others, with every unit of the kind taken for one without a model (`python -m
benchmarks.seen_units`), and never inside that of a fitted model of the kind. It stops holding for
transformers, of which hardly a unit was seen.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.data_files import database_dir
from planner.formulas import formula
from planner.hardware.link.links import links
from planner.hardware.operating_point import OperatingPoint
from planner.latency.kernels.prepared import Prepared, prepare
from planner.latency.link.over_link import without_link
from planner.latency.network_time import NetworkTime, by_roofline, times
from planner.latency.transfer.effects import Used
from planner.latency.transfer.kernels import kernel_table, network_kind
from planner.latency.transfer.store import missed_of, network_family, read_transfer, transfer_files
from planner.schema.fitted.transfer import SeenUnits
from planner.schema.hardware.device import QuotedRow
from planner.schema.reading.yaml_file import read_model as read_file
from planner.units import format_number, format_quantity
from planner.wording.message import message
from planner.zoo.source import read_model

CNN = "cnn"


@dataclass(frozen=True, slots=True)
class Quoted:
    """What the quoted rows of a unit make of its roofline."""

    factor: float
    low: float
    high: float
    families: int
    used: tuple[Used, ...]


@functools.cache
def seen_units() -> SeenUnits:
    """How much a few networks of a unit tell of the others."""
    return read_file(database_dir() / "transfers" / "seen.yaml", SeenUnits)


def rows_for(point: OperatingPoint) -> tuple[QuotedRow, ...]:
    """Rows of the point's engine and precision that the part's file quotes."""
    asked = (point.engine, point.precision)
    return tuple(row for row in point.quoted if (row.engine, row.precision) == asked)


def of_quoted_unit(
    found: NetworkTime, prepared: Prepared, point: OperatingPoint
) -> tuple[NetworkTime, tuple[Used, ...]] | None:
    """The roofline moved by quoted rows, and these; None where they say nothing of the network."""
    rows = rows_for(point)
    if not rows or point.unit_kind != seen_units().kind or network_kind(kernel_table(prepared)) != CNN:
        return None
    quoted = moved_by(rows, point)
    note = message(
        "estimated.quoted",
        items=tuple(item.name for item in quoted.used),
        factor=format_number(quoted.factor, 3),
        number=str(quoted.families),
        units=str(seen_units().networks[str(quoted.families)].units),
    )
    moved = times(found, quoted.factor, quoted.low, quoted.high, seen_units().level, (note,))
    return moved, quoted.used


@formula("quoted_blend")
def moved_by(rows: Sequence[QuotedRow], point: OperatingPoint) -> Quoted:
    """The factor and the band over its middle that quoted rows earn."""
    by_family: dict[str, list[float]] = defaultdict(list)
    used: list[tuple[str, float]] = []
    for row in rows:
        ratio = _ratio(row, point)
        by_family[network_family(row.network).family].append(math.log(ratio))
        used.append((f"{row.network}, batch {row.batch}: {format_quantity(row.time_s, 's', 3)}", ratio))
    count = min(len(by_family), max(map(int, seen_units().networks)))
    told = seen_units().networks[str(count)]
    prior = math.log(missed_of(point.unit_kind, point.engine).median)
    mean = sum(sum(logs) / len(logs) for logs in by_family.values()) / len(by_family)
    fitted = _fitted_cnns(point.unit_kind)
    return Quoted(
        math.exp(prior + told.keep * (mean - prior)),
        min([told.low, *(low for low, _ in fitted)]),
        max([told.high, *(high for _, high in fitted)]),
        count,
        tuple(Used(name, ratio, told.keep / len(rows)) for name, ratio in used),
    )


def _fitted_cnns(unit_kind: str) -> list[tuple[float, float]]:
    """Bands of the fitted models of a kind of unit: less is known of a unit without one."""
    return [
        (item.low, item.high)
        for transfer in map(read_transfer, transfer_files())
        if transfer.covers.unit_kind == unit_kind
        for item in transfer.residuals
        if item.kind == CNN
    ]


def _ratio(row: QuotedRow, point: OperatingPoint) -> float:
    """What was quoted, less what its link took beside, over the middle of the roofline."""
    over = replace(point, link=point.measured_link if row.link is None else links()[row.link])
    network = _prepared(row.network, row.batch, over)
    return without_link(row.time_s, network, over, 1.0) / by_roofline(network, over).band.mid


_networks: dict[tuple[str, int, str, str], Prepared] = {}


def _prepared(network: str, batch: int, point: OperatingPoint) -> Prepared:
    key = (network, batch, point.precision.value, point.engine)
    if key not in _networks:
        _networks[key] = prepare(read_model(f"zoo:{network}"), batch, point.precision, point.engine)
    return _networks[key]
