"""What one of each part gives to a scenario's conversations: the most users, and what one alone gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planner.conversation.description import Talk
from planner.conversation.levels import Promise
from planner.conversation.results import simulate_conversations
from planner.errors import InputError, Problem
from planner.hardware.catalog import match_devices
from planner.latency.band import Band, planned_bound
from planner.plan.compare.compare import modes_of
from planner.plan.conversation.question import (
    ENDS,
    ConversationQuestion,
    Ready,
    alone,
    question_of,
    ready,
    serving_of,
)
from planner.plan.conversation.study import require_conversations
from planner.plan.conversation.talks import wishes_of
from planner.plan.options.planned_part import planned_part
from planner.plan.scenario.file import ScenarioFile

MOST_USERS = 256


@dataclass(frozen=True, slots=True)
class DeviceCapacity:
    """One device in its best mode: null times where the model does not fit."""

    device: str
    unit: str
    mode: str
    engine: str
    weights: str
    users: int
    """The most users for whom the plan keeps the promises; none where not even one."""
    sessions_that_fit: int
    ttft_s: Band | None
    """Of one user alone, at the median."""
    time_per_token_s: Band | None
    tokens_per_s: Band | None
    """Of all these users together."""


def capacities(
    source: ScenarioFile, devices: Sequence[str], *, progress: Callable[[str], None] = lambda _: None
) -> tuple[DeviceCapacity, ...]:
    """Each part in that of its modes which keeps the promises for most users, the most users first."""
    require_conversations(source)
    asked = question_of(source)
    if len(asked.talks) > 1 or asked.talks[0].begins != "users":
        expected = "one stream of users (`arrivals: users`), of whom more or fewer can be taken"
        got = f"{len(asked.talks)} of {asked.talks[0].begins}"
        raise InputError(source.file, [Problem("streams", expected, got)])
    found: list[DeviceCapacity] = []
    refused: list[InputError] = []
    named = [name.strip() for text in devices for name in text.split(",") if name.strip()]
    for part in match_devices(named):
        progress(part)
        device = planned_part(source.scenario, part)
        ways: list[DeviceCapacity] = []
        for mode in modes_of(device, source.scenario.candidates.modes):
            try:
                own = ready(asked, device, wishes_of(source, asked.talks, part, mode))
            except InputError as error:
                if part in named:
                    raise
                refused.append(error)
                break
            ways.append(_capacity(asked, own))
        if ways:
            found.append(max(ways, key=_rank))
    if not found and refused:
        raise refused[0]
    return tuple(sorted(found, key=_rank, reverse=True))


def _rank(item: DeviceCapacity) -> tuple[float, ...]:
    return item.users, item.tokens_per_s.mid if item.tokens_per_s else 0.0


def _capacity(asked: ConversationQuestion, own: Ready) -> DeviceCapacity:
    talk = asked.talks[0]
    model = own.model
    fit = model.memory.users_that_fit(talk.context)
    users = _most_users(asked, own, talk) if fit else 0
    return DeviceCapacity(
        device=own.part.id,
        unit=model.served.unit,
        mode=model.mode,
        engine=model.served.engine.id,
        weights=model.format,
        users=users,
        sessions_that_fit=fit,
        ttft_s=_one_user(asked, own, talk, "ttft") if fit else None,
        time_per_token_s=_one_user(asked, own, talk, "time_per_token") if fit else None,
        tokens_per_s=_rate(asked, own, talk, max(1, users)) if fit else None,
    )


def _most_users(asked: ConversationQuestion, own: Ready, talk: Talk) -> int:
    """Doubled until the promises break, then halved between; each more user waits longer."""
    bound = planned_bound(asked.source.scenario.planning.plan_for)
    serving = serving_of(asked, own, bound, 1)
    runs = asked.source.scenario.simulation.replications

    def passes(users: int) -> bool:
        # By the quantiles themselves: a comparison of parts does without the interval that a plan waits for.
        tried = replace(serving, talks=(replace(talk, sources=users),))
        found = simulate_conversations(tried, runs).promises()
        return all(level.reached_s <= level.asked.within_s for _, level in found)

    low, high = 0, 1
    while high <= MOST_USERS and passes(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if passes(middle):
            low = middle
        else:
            high = middle
    return low


def _one_user(asked: ConversationQuestion, own: Ready, talk: Talk, promise: Promise) -> Band:
    found = [
        simulate_conversations(replace(serving_of(asked, own, end, 1), talks=(alone(talk),)), 2)
        for end in ENDS
    ]
    times = [item.talks[0].times[promise].p50 for item in found]
    level = own.model.shift("prompt" if promise == "ttft" else "decode").ends.level
    return Band(min(times), times[1], max(times), level)


def _rate(asked: ConversationQuestion, own: Ready, talk: Talk, users: int) -> Band:
    tried = (replace(talk, sources=users),)
    found = [
        simulate_conversations(replace(serving_of(asked, own, end, 1), talks=tried), 2).tokens_per_s
        for end in ENDS
    ]
    return Band(min(found), found[1], max(found), own.model.shift("users").ends.level)
