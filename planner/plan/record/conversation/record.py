"""A scenario of conversations as JSON: what its commands write and what its report is made from."""

from __future__ import annotations

import math
from typing import Literal

from planner.conversation.description import Drawn, Talk
from planner.conversation.levels import LevelResult, TimeQuantiles
from planner.latency.band import Band, planned_bound
from planner.plan.conversation.curves import ContextPoint, UsersPoint
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.question import ENDS
from planner.plan.conversation.study import ConversationStudy
from planner.plan.money.economics import SECONDS_PER_YEAR, annuity
from planner.plan.record.conversation.basis import basis_record
from planner.plan.record.options import margin_record
from planner.rack.counts.results import Verdict
from planner.schema.record.commands.conversation import (
    ContextPointRecord,
    ConversationOptionRecord,
    ConversationRecord,
    FramesRecord,
    HeatSeenRecord,
    PromiseRecord,
    TalkRecord,
    TimesRecord,
    UsersPointRecord,
)
from planner.schema.record.options import BandRecord
from planner.schema.scenario.scenario import Scenario


def conversation_record(
    study: ConversationStudy, *, curves: bool = True, basis: bool = True
) -> ConversationRecord:
    """The record; `size` has no use for `curves` of the chosen part, nor for the `basis` of the answer."""
    scenario, chosen = study.source.scenario, study.chosen
    return {
        "scenario": scenario.id,
        "title": scenario.title,
        "question": scenario.question.strip(),
        "date": scenario.date,
        "model": scenario.conversations[0].model,
        "plan_for": scenario.planning.plan_for,
        "verdict": study.verdict,
        "feasible": chosen is not None and chosen.feasible,
        "simulator": study.engine,
        "replications": scenario.simulation.replications,
        "duration_s": scenario.simulation.duration_s,
        "horizon_years": scenario.money.horizon_years,
        "chosen": None if chosen is None else chosen.device,
        "options": [option_record(scenario, option) for option in study.parts],
        "settings": len(study.options),
        "refusals": [
            {"device": item.device, "mode": item.mode, "reason": str(item.reason)} for item in study.refusals
        ],
        "users": [_users(point) for point in study.users] if curves else [],
        "contexts": [_context(point) for point in study.contexts] if curves else [],
        "notes": list(scenario.notes),
        "basis": basis_record(study) if basis else None,
    }


def option_record(scenario: Scenario, option: ConversationOption) -> ConversationOptionRecord:
    """One option."""
    own, ends, heat, cost = option.prepared, option.ends, option.heat, option.cost
    planned = None if ends is None else ends.at(planned_bound(option.plan_for))
    return {
        "device": option.device,
        "name": option.part.name,
        "unit": option.unit,
        "mode": option.mode,
        "engine": option.engine,
        "weights": own.format,
        "kv": own.cache,
        "count": option.count,
        "spares": option.spares,
        "racks": option.racks,
        "verdict": option.verdict.value,
        "feasible": option.feasible,
        "reasons": list(option.reasons),
        "warnings": list(option.warnings),
        "sessions": option.limits.sessions,
        "cache_capacity_bytes": option.limits.cache_bytes,
        "cache_block_tokens": option.limits.block_tokens,
        "chunk_tokens": option.limits.chunk_tokens,
        "streams": [] if planned is None else [_talk(option, place) for place in range(len(planned.talks))],
        "tokens_per_s": None if ends is None else _rates(option),
        "prompt_tokens_per_s": None if planned is None else planned.prompt_tokens_per_s,
        "busy": None if planned is None else planned.busy,
        "most_sessions": None if planned is None else planned.most_sessions,
        "most_cache_bytes": None if planned is None else planned.most_cache_bytes,
        "frames": [] if planned is None else [_frames(option, place) for place in range(len(planned.frames))],
        "frames_busy": None if planned is None else planned.frames_busy,
        "frames_memory_bytes": None if option.frames is None else option.frames.memory_bytes,
        "unit_share": option.servings["mid"].share,
        "heat": None if ends is None else _heat(option),
        "margins": [margin_record(margin) for margin in option.margins],
        "power_w": None if heat is None else heat.power_w,
        "worst_power_w": None if heat is None else heat.worst_power_w,
        "temperature_c": None if heat is None else heat.temperature_c,
        "always_busy_c": option.always_c,
        "energy_per_token_j": option.energy_per_token_j,
        "capital": None if cost is None else cost.capital,
        "running_cost_per_year": None if cost is None else cost.running_per_year,
        "total_cost": None if cost is None else cost.total,
        "cost_per_million_tokens": million_tokens(scenario, option),
        "currency": scenario.money.currency,
        "latency_provenance": own.rates.provenance.value,
        "provenance": option.provenance.value,
    }


def million_tokens(scenario: Scenario, option: ConversationOption) -> float | None:
    """What a million tokens cost: the total over the tokens answered in that time at the simulated rate.

    Tokens are discounted as the money is, so that the same rate of interest counts for both.
    """
    if option.cost is None or option.cost.total is None or option.ends is None:
        return None
    per_s = option.ends.at(planned_bound(option.plan_for)).tokens_per_s
    tokens = per_s * SECONDS_PER_YEAR * annuity(scenario)
    return option.cost.total / tokens * 1e6 if tokens else None


def _rates(option: ConversationOption) -> BandRecord:
    assert option.ends is not None  # noqa: S101 - asked for what was simulated alone
    found = sorted(item.tokens_per_s for item in (option.ends.low, option.ends.high))
    return {"low": found[0], "mid": option.ends.mid.tokens_per_s, "high": found[1]}


def _talk(option: ConversationOption, place: int) -> TalkRecord:
    assert option.ends is not None  # noqa: S101 - the same
    bound = planned_bound(option.plan_for)
    talk, given = option.ends.at(bound).talks[place], option.servings[bound].talks[place]
    return {
        "stream": talk.name,
        "users": given.sources,
        "arrivals": given.begins,
        "prompt_tokens": _mean(given, "prompt"),
        "output_tokens": _mean(given, "output"),
        "turns_mean": given.turns.mean,
        "think_s": given.think.mean,
        "context_tokens": given.context,
        "prefix_kept": given.prefix_kept,
        "turns": talk.turns,
        "refused": talk.refused,
        "preempted": talk.preempted,
        "tokens": talk.tokens,
        "ttft_s": _times(talk.times["ttft"]),
        "time_per_token_s": _times(talk.times["time_per_token"]),
        "answer_s": _times(talk.times["answer"]),
        "promises": [
            _promise(level, [option.ends.at(end).talks[place].levels[number] for end in ENDS])
            for number, level in enumerate(talk.levels)
        ],
    }


def _mean(talk: Talk, of: Literal["prompt", "output"]) -> float:
    """Tokens of a mean question or answer; of a trace those of its rows."""
    if talk.trace:
        return sum(float(getattr(turn, of)) for turn in talk.trace) / len(talk.trace)
    drawn: Drawn = getattr(talk, of)
    return drawn.mean


def _frames(option: ConversationOption, place: int) -> FramesRecord:
    assert option.ends is not None  # noqa: S101 - the same
    assert option.frames is not None  # noqa: S101 - there are streams of them
    bound = planned_bound(option.plan_for)
    found, group = option.ends.at(bound).frames[place], option.frames.groups[place]
    network = next(item for item in option.frames.networks if item.model == group.network)
    service_s = [option.servings[end].frames[place].service_s for end in ENDS]
    return {
        "stream": found.name,
        "model": found.network,
        "precision": str(network.estimate.precision),
        "engine": network.estimate.engine,
        "sources": group.sources,
        "rate_per_s": group.rate_per_s,
        "frames": found.frames,
        "dropped": found.dropped,
        "service_s": {"low": service_s[0], "mid": service_s[1], "high": service_s[2]},
        "latency_s": _times(found.times),
        "promise": _promise(found.level, [option.ends.at(end).frames[place].level for end in ENDS]),
    }


def _promise(level: LevelResult, ends: list[LevelResult]) -> PromiseRecord:
    """A promise where the plan counts, and at the ends and in the middle of the band."""
    low, mid, high = ends
    over_the_band = Verdict.UNDECIDED
    if high.verdict is Verdict.PASS:
        over_the_band = Verdict.PASS
    elif low.verdict is Verdict.FAIL:
        over_the_band = Verdict.FAIL
    return {
        "promise": level.promise,
        "quantile": level.asked.quantile,
        "within_s": level.asked.within_s,
        "reached_s": _finite(level.reached_s),
        "interval_low_s": _finite(level.low_s),
        "interval_high_s": _finite(level.high_s),
        "band_low_s": _finite(low.reached_s),
        "band_mid_s": _finite(mid.reached_s),
        "band_high_s": _finite(high.reached_s),
        "verdict": over_the_band.value,
    }


def _heat(option: ConversationOption) -> HeatSeenRecord | None:
    assert option.ends is not None  # noqa: S101 - the same
    seen = option.ends.at(planned_bound(option.plan_for)).heat
    if seen is None:
        return None
    return {
        "runs": seen.runs,
        "temperature_c": seen.die_c,
        "inlet_c": seen.inlet_c,
        "exhaust_c": seen.exhaust_c,
        "throttled_share": seen.throttled_share,
        "least_clock_ratio": seen.least_clock,
        "power_per_device_w": seen.device_w,
        "shut_down": seen.shut_down,
    }


def _times(spread: TimeQuantiles) -> TimesRecord:
    return {"p50": _finite(spread.p50), "p95": _finite(spread.p95), "p99": _finite(spread.p99)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _users(point: UsersPoint) -> UsersPointRecord:
    return {
        "users": point.users,
        "tokens_per_s": _band(point.tokens_per_s),
        "tokens_per_s_per_user": _band(point.tokens_per_s_per_user),
        "ttft_s": _band(point.ttft_s),
        "energy_per_token_j": _band(point.energy_per_token_j),
    }


def _context(point: ContextPoint) -> ContextPointRecord:
    memory = point.memory
    return {
        "context_tokens": point.context,
        "sessions": point.sessions,
        "memory_bytes": {
            "weights": round(memory.weights),
            "kv": round(memory.kv),
            "workspace": round(memory.workspace),
            "total": round(memory.total),
            "capacity": round(memory.capacity),
        },
        "sessions_that_fit": point.sessions_that_fit,
    }


def _band(band: Band) -> BandRecord:
    return {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level}
