"""A binary heap of times and turns in two arrays, the earliest first, of equal times the lower turn."""

from __future__ import annotations

from planner.arrays import Floats, Ints


def push(time_s: float, turn: int, times_s: Floats, turns: Ints, size: Ints) -> None:
    """Put a turn in; the arrays have room."""
    at = size[0]
    size[0] += 1
    while at > 0:
        above = (at - 1) // 2
        if times_s[above] < time_s or (times_s[above] == time_s and turns[above] < turn):
            break
        times_s[at], turns[at] = times_s[above], turns[above]
        at = above
    times_s[at], turns[at] = time_s, turn


def pop(times_s: Floats, turns: Ints, size: Ints) -> int:
    """Take the earliest turn out."""
    found: int = turns[0]
    size[0] -= 1
    last = size[0]
    time_s, turn = times_s[last], turns[last]
    at = 0
    while 2 * at + 1 < last:
        below = 2 * at + 1
        if below + 1 < last and (
            times_s[below + 1] < times_s[below]
            or (times_s[below + 1] == times_s[below] and turns[below + 1] < turns[below])
        ):
            below += 1
        if time_s < times_s[below] or (time_s == times_s[below] and turn < turns[below]):
            break
        times_s[at], turns[at] = times_s[below], turns[below]
        at = below
    times_s[at], turns[at] = time_s, turn
    return found
