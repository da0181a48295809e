"""What a worse cooler costs: more devices, so that each does less and stays below its throttle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from planner.plan.options.option import Option
from planner.rack.description.rack import Service
from planner.rack.heat.steady import die_at
from planner.rack.load.expected import slowdown

_MOST = 2
"""Times as many devices as planned that are looked at; further ones idle, and heat a closed cabinet."""


def hottest_c(option: Option, ratio: float) -> float:
    """The hottest die of an option whose cooler has this many times its stated resistance."""
    return die_at(option.heat.inlet_c, option.heat.temperature_c, ratio)


def cool_enough(
    option: Option, ratio: float, sized: Callable[[int], Option], slowed: Callable[[], Option]
) -> Option:
    """The option with as many devices as keep it below its throttle at this many times the resistance.

    `sized` gives it with a count. Where no count up to twice the planned one is cool enough, it is the
    option that is `slowed`, with all devices at their slowest clock.
    """
    throttle_c = option.part.thermal.throttle_c.value
    if hottest_c(option, ratio) < throttle_c:
        return option
    for count in range(option.count + 1, _MOST * option.count + 1):
        found = sized(count)
        if hottest_c(found, ratio) < throttle_c:
            return found
    found = slowed()
    return found if found.count > option.count else option


def at_slowest_clock(services: tuple[Service, ...], clock: float) -> tuple[Service, ...]:
    """The same services on devices that heat keeps at this clock."""
    return tuple(
        replace(item, batch_s=tuple(time_s * float(slowdown(item, clock)) for time_s in item.batch_s))
        for item in services
    )
