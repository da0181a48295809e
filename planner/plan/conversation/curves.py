"""What one device gives to more and more users who ask without a pause, and what contexts take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planner.conversation.description import Drawn, Serving
from planner.conversation.levels import Promise, TimeQuantiles
from planner.conversation.results import ServingResult, simulate_conversations
from planner.language.answer.memory import ServingMemory
from planner.latency.band import Band
from planner.latency.power.activity import of_steps
from planner.latency.power.draw import energy_band, power_draw
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.question import ENDS, alone

MOST_USERS = 64
_SHORTEST_S, _LONGEST_S = 20.0, 300.0
_LEAST_ANSWERS = 12
"""Of each user in a run, so that beginnings do not matter."""


@dataclass(frozen=True, slots=True)
class UsersPoint:
    """One device with so many users of the first stream, of which each asks as soon as it is answered."""

    users: int
    tokens_per_s: Band
    tokens_per_s_per_user: Band
    """While an answer is written: one over the median time per token."""
    ttft_s: Band
    """At the median."""
    energy_per_token_j: Band


@dataclass(frozen=True, slots=True)
class ContextPoint:
    """Memory of sessions of this length, as many as were asked for, and how many would fit."""

    context: int
    sessions: int
    memory: ServingMemory
    sessions_that_fit: int


def users_curve(option: ConversationOption) -> tuple[UsersPoint, ...]:
    """For 1, 2, 4, ... users, as far as the engine admits."""
    points, users = [], 1
    most = min(MOST_USERS, option.limits.sessions)
    while users <= most:
        points.append(_point(option, users))
        users *= 2
    return tuple(points)


def _point(option: ConversationOption, users: int) -> UsersPoint:
    found = [_asked_without_pause(option.servings[end], users) for end in ENDS]
    power_w = power_draw(option.prepared.point, of_steps(found[1].use)).system_w
    level = option.prepared.shift("decode" if users == 1 else "users").ends.level
    rate = _band([item.tokens_per_s for item in found], level)
    token_s = Band(1 / rate.high, 1 / rate.mid, 1 / rate.low, rate.level)
    times = [item.talks[0].times for item in found]
    # An answer of one token has no time between tokens: it is read at once.
    each_s = _band([_token_s(item) for item in times], level)
    return UsersPoint(
        users=users,
        tokens_per_s=rate,
        tokens_per_s_per_user=Band(1 / each_s.high, 1 / each_s.mid, 1 / each_s.low, each_s.level),
        ttft_s=_band([item["ttft"].p50 for item in times], option.prepared.shift("prompt").ends.level),
        energy_per_token_j=energy_band(power_w, token_s, 1),
    )


def _token_s(times: Mapping[Promise, TimeQuantiles]) -> float:
    between_s = times["time_per_token"].p50
    return times["answer"].p50 if math.isnan(between_s) else between_s


def _asked_without_pause(serving: Serving, users: int) -> ServingResult:
    talk = replace(alone(serving.talks[0], users), think=Drawn("fixed", 0.0))
    if serving.talks[0].trace:
        turns = serving.talks[0].trace
        talk = replace(
            talk,
            trace=(),
            prompt=Drawn("listed", values=tuple(float(turn.prompt) for turn in turns)),
            output=Drawn("listed", values=tuple(float(turn.output) for turn in turns)),
            turns=Drawn("fixed", 1.0),
        )
    # A step takes at least the time of reading the weights: how long the run has to be for so many answers.
    step_s = float(serving.cost.weight_bytes[0]) / serving.cost.bandwidth_bytes_per_s * serving.cost.alone
    length_s = min(_LONGEST_S, max(_SHORTEST_S, _LEAST_ANSWERS * talk.output.mean * step_s))
    alike = replace(
        serving, talks=(talk,), devices=1, duration_s=length_s, warmup_s=0.0, frames=(), rack=None
    )
    return simulate_conversations(alike)


def _band(values: list[float], level: float | None) -> Band:
    return Band(min(values), values[1], max(values), level)


def context_curve(option: ConversationOption) -> tuple[ContextPoint, ...]:
    """For 512, 1,024, ... tokens, as far as the model goes, and the context of the scenario."""
    own = option.prepared
    asked = max(talk.context for talk in option.servings["mid"].talks)
    sessions = max(1, option.ends.mid.most_sessions if option.ends else 1)
    contexts, context = {asked}, 512
    while context <= own.model.decoder.context:
        contexts.add(context)
        context *= 2
    return tuple(
        ContextPoint(tokens, sessions, own.memory.needs(sessions, tokens), own.memory.users_that_fit(tokens))
        for tokens in sorted(contexts)
    )
