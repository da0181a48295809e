"""Which limits of a scenario leave no option, and what keeping each of them takes."""

from __future__ import annotations

from collections.abc import Sequence

from planner.plan.compare.contradictions import contradicting
from planner.plan.options.option import Option
from planner.wording.message import Message, message

_LIMITS = {
    "reason.latency": "streams.slo",
    "reason.room": "site.rack_units",
    "reason.room_of_racks": "site.rack_units",
    "reason.power": "site.power_limit",
    "reason.power_of_racks": "site.power_limit",
    "reason.heat": "site.supply (throttling)",
    "reason.limit_die": "planning.margins.temperature",
    "reason.limit_power": "planning.margins.power",
    "reason.limit_link": "site.hosts",
    "reason.limit_inlet": "site.inlet_class",
    "reason.limit_inlet_low": "site.inlet_class",
    "reason.limit_exhaust": "site.exhaust_limit",
    "reason.limit_gear": "site.gear",
    "reason.limit_gear_low": "site.gear",
    "reason.limit_part_air": "the air that the part allows",
    "reason.budget": "money.budget",
    "reason.price_unknown": "money.budget",
    "reason.memory": "the memory of the part",
}


def contradiction(options: Sequence[Option]) -> Message | None:
    """The fewest limits that no option keeps all of, and which option comes nearest to each; None without.

    Limits are named by their place in the scenario.
    """
    broken = [_broken(option) for option in options]
    names = contradicting(broken)
    if not names:
        return None
    if len(names) == 1:
        option, limits = min(zip(options, broken, strict=True), key=lambda pair: len(pair[1]))
        return message(
            "contradiction.one", limit=_said(names[0]), option=_named(option), reason=limits[names[0]]
        )
    lines = []
    for name in names:
        keeping = [pair for pair in zip(options, broken, strict=True) if name not in pair[1]]
        option, limits = min(keeping, key=lambda pair: len(pair[1]))
        lines.append(
            message(
                "contradiction.keeps",
                option=_named(option),
                limit=_said(name),
                reasons=tuple(limits.values()),
            )
        )
    return message("contradiction.several", both=tuple(_said(name) for name in names), lines=tuple(lines))


def _broken(option: Option) -> dict[str, Message]:
    """Each limit that the option breaks, by its place in the scenario, with the first reason."""
    found: dict[str, Message] = {}
    for reason in option.reasons:
        found.setdefault(_LIMITS.get(reason.key, reason.key), reason)
    return found


def _said(name: str) -> str:
    spoken = {"reason.memory": "contradiction.memory", "reason.limit_part_air": "contradiction.part_air"}
    return next((message(text) for key, text in spoken.items() if name == _LIMITS[key]), name)


def _named(option: Option) -> str:
    return message(
        "contradiction.option",
        count=option.count,
        part=option.device,
        mode=option.mode,
        precision=str(option.precision),
        batch=option.batch,
    )
