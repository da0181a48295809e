"""The operating point of an estimate: unit, mode, engine, precision and threads, defaults filled in."""

from __future__ import annotations

from planner.errors import UnknownIdError
from planner.hardware.catalog import read_engine
from planner.hardware.operating_point import OperatingPoint, choose_unit, operating_point
from planner.schema.hardware.device import Device, Precision


def point_for(
    device: Device,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: Precision | str | None = None,
    engine: str | None = None,
    threads: int | None = None,
    engine_version: str | None = None,
) -> OperatingPoint:
    """The operating point that `estimate` uses for these arguments."""
    unit_id = choose_unit(device, unit, engine)
    return operating_point(
        device,
        read_engine(engine or device.units[unit_id].engines[0]),
        unit=unit_id,
        mode=mode,
        precision=_precision(precision),
        threads=threads,
        engine_version=engine_version,
    )


def _precision(text: Precision | str | None) -> Precision | None:
    if text is None or isinstance(text, Precision):
        return text
    try:
        return Precision(text)
    except ValueError:
        raise UnknownIdError("precision", str(text), list(Precision)) from None
