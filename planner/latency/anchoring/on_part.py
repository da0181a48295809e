"""Published latencies of an engine on one part, as anchors for a roofline where nothing is fitted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from planner.hardware.measurements import Measurement, read_measurements
from planner.hardware.operating_point import OperatingPoint
from planner.latency.anchoring.file import Anchor
from planner.latency.seen.quoted import rows_for
from planner.schema.hardware.device import Device
from planner.zoo.registry import names
from planner.zoo.source import read_model

LATENCY = "latency_ms"
MEAN = "mean"
NOT_FOR_FITS = "C"


def published_on_part(device: Device, point: OperatingPoint) -> tuple[Anchor, ...]:
    """Means of single requests of this engine on this part, unit, mode and precision, of zoo networks.

    Those that the part's own sources quote are among them. A row that names no mode counts where the part has
    only one; one of another size of input is left out, and so are rows that are known to mislead.
    """
    zoo, usual = set(names()), _usual_link(point)
    anchor = _anchor_at(device, point)
    rows = tuple(
        anchor(
            network=f"zoo:{row.model}",
            latency_s=row.value_si,
            source=row.source,
            batch=row.batch,
            link=usual,
            note=f"published, {row.id}",
        )
        for row in read_measurements(corrected=True)
        if row.part == device.id and row.model in zoo and _is_of(row, device, point) and _as_in_zoo(row)
    )
    return (*rows, *_quoted(device, point))


def _usual_link(point: OperatingPoint) -> str | None:
    """Over which rows were measured, whatever link is asked about."""
    return point.measured_link.id if point.measured_link else None


def _anchor_at(device: Device, point: OperatingPoint) -> Callable[..., Anchor]:
    """An anchor of this setting, which lacks its network, its time and where it is from."""
    return partial(
        Anchor,
        device=device.id,
        unit=point.unit,
        mode=point.mode,
        engine=point.engine,
        precision=point.precision,
    )


def _quoted(device: Device, point: OperatingPoint) -> Iterator[Anchor]:
    usual = _usual_link(point)
    anchor = _anchor_at(device, point)
    for row in rows_for(point):
        number = row.rate_per_s or row.latency_s
        yield anchor(
            network=f"zoo:{row.network}",
            latency_s=row.time_s,
            source=device.sources[number.source].title if number else device.id,
            batch=row.batch,
            link=row.link or usual,
            note=f"quoted by the sources of {device.id}",
        )


def _is_of(row: Measurement, device: Device, point: OperatingPoint) -> bool:
    """Whether a row is of the setting of the point, and good enough to move an estimate."""
    same_mode = row.power_mode == point.mode or (row.power_mode is None and len(device.modes) == 1)
    return (
        row.metric == LATENCY
        and row.statistic == MEAN
        and row.batch is not None
        and (row.engine, row.unit, row.precision) == (point.engine, point.unit_kind, point.precision.value)
        and same_mode
        and not row.trust.startswith(NOT_FOR_FITS)
    )


def _as_in_zoo(row: Measurement) -> bool:
    """Whether the input has the extents of the zoo's network, in whatever order the publisher writes them."""
    if row.input_shape is None or not re.fullmatch(r"\d+(x\d+)+", row.input_shape):
        return row.input_shape is None
    inputs = tuple(read_model(f"zoo:{row.model}", batch=row.batch).inputs.values())
    extents = sorted(int(text) for text in row.input_shape.split("x"))
    return len(inputs) == 1 and sorted(inputs[0].shape) == extents
