"""What to change where a model does not fit: fewer bits, shorter sessions, fewer users, another part."""

from __future__ import annotations

from planner.language.answer.memory import MemoryPlan, ServingMemory
from planner.units import format_quantity
from planner.wording.message import message

FEWEST_BITS = 2.0
"""Bits of a weight below which no engine here has a format."""


def advice(memory: ServingMemory, plan: MemoryPlan, context: int, users: int) -> list[str]:
    """Nothing where it fits; else what is missing, and each change that would help on its own."""
    if memory.fits:
        return []
    missing = format_quantity(memory.total - memory.capacity, "bytes", 3)
    found: list[str] = [message("language.does_not_fit", missing=missing)]
    shorter = plan.longest_context(users)
    if shorter:
        found.append(message("language.shorter", context=shorter))
    fewer = plan.users_that_fit(context)
    if fewer:
        found.append(message("language.fewer_users", users=fewer))
    room = memory.capacity - memory.kv - memory.workspace
    bits = _bits(plan) * room / plan.weights.total
    if bits >= FEWEST_BITS:
        found.append(message("language.fewer_bits", bits=f"{bits:.1f}"))
    found.append(message("language.another_part", needed=format_quantity(memory.total, "bytes", 3)))
    return found


def _bits(plan: MemoryPlan) -> float:
    """Mean bits of a weight as it is."""
    return 8.0 * plan.weights.total / plan.decoder.parameters
