"""Service times as lines on the terminal: what `planner estimate` says of each network, in every plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from planner.cli.text.numbers import band, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.plan.options.option import Option
    from planner.schema.record.options import ServiceRecord

_POWERS_OF_TWO = 9


def service_lines(services: Sequence[ServiceRecord]) -> Iterator[str]:
    """Each network's estimated latency and its provenance, then the time by batch that is planned with."""
    for service in services:
        found, times_s = service["latency_s"], service["batch_s"]
        sizes = [1 << k for k in range(_POWERS_OF_TWO) if 1 << k <= len(times_s)]
        times = ", ".join(f"{quantity(times_s[size - 1], 's')} (batch {size})" for size in sizes)
        estimated = band(found["low"], found["mid"], found["high"], "s")
        yield f"{service['network']}: planned with {times}; estimated {estimated} [{service['provenance']}]"


def option_lines(option: Option | None) -> list[str]:
    """Part, unit, engine and precision of an option, with its service times; none without an option."""
    if option is None:
        return []
    from planner.plan.record.options import service_records

    setting = f"{option.device} on {option.runs_on} {option.precision}, mode {option.mode}"
    return [setting, *(f"  {line}" for line in service_lines(service_records(option)))]
