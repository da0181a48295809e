"""Several workers of one engine side by side on one part: the threads of each, and how many there are."""

from __future__ import annotations

from dataclasses import replace

from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.latency.result import Estimate
from planner.latency.units.compete import CPU
from planner.schema.hardware.device import Device


def threads_each(
    device: Device, unit: str, mode: str, threads: int | None, instances: int | None
) -> int | None:
    """Threads of one worker on a CPU: as asked for, else its share of the mode's cores; None elsewhere.

    `instances` are workers of the same engine, of which each has cores of its own.
    """
    if device.units[unit].kind != CPU or threads is not None or instances is None:
        return threads if device.units[unit].kind == CPU else None
    cores = device.units[unit].active.get(mode)
    return None if cores is None else max(1, cores.value // instances)


def as_workers(found: Estimate, device: Device, point: OperatingPoint, instances: int | None) -> Estimate:
    """The estimate of one of so many workers; as the part has them where none are asked for.

    Workers on a CPU have cores of their own. On other units more workers than the part has of them take turns
    and add no rate, so that they are refused.
    """
    if instances is None:
        return found
    unit = device.units[found.unit]
    if unit.kind != CPU:
        most, why = unit.count.value, "more of them on one unit take turns: state `max_batch` instead"
    else:
        cores = unit.active.get(found.mode)
        threads = max(1, round(point.processors))
        most = instances if cores is None else cores.value // threads
        why = f"each has {threads} of {cores.value if cores else 0} cores: give fewer `threads`"
    if instances > most:
        expected = f"at most {most} on {device.id}/{found.unit}"
        raise InputError("estimate", [Problem("instances", expected, str(instances), why)])
    return replace(found, instances=instances)
