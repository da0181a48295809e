"""A scenario of conversations as JSON: what its commands write and what its report is made from."""

from __future__ import annotations

import math

from planner.conversation.results import LevelResult, TalkResult, TimeQuantiles
from planner.latency.band import Band, BandEnd, planned_bound
from planner.plan.conversation.curves import ContextPoint, UsersPoint
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.study import ConversationStudy
from planner.plan.money.economics import SECONDS_PER_YEAR, annuity
from planner.rack.counts.results import Verdict
from planner.schema.record.commands.conversation import (
    ContextPointRecord,
    ConversationOptionRecord,
    ConversationRecord,
    PromiseRecord,
    TalkRecord,
    TimesRecord,
    UsersPointRecord,
)
from planner.schema.record.options import BandRecord
from planner.schema.scenario.scenario import Scenario


def conversation_record(study: ConversationStudy, *, curves: bool = True) -> ConversationRecord:
    """The record; without `curves` those of the chosen part are left out, as `size` has no use for them."""
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
        "turns": talk.turns,
        "refused": talk.refused,
        "preempted": talk.preempted,
        "tokens": talk.tokens,
        "ttft_s": _times(talk.times["ttft"]),
        "time_per_token_s": _times(talk.times["time_per_token"]),
        "answer_s": _times(talk.times["answer"]),
        "promises": [_promise(option, place, number, level) for number, level in enumerate(talk.levels)],
    }


def _promise(option: ConversationOption, place: int, number: int, level: LevelResult) -> PromiseRecord:
    assert option.ends is not None  # noqa: S101 - the same
    ends = option.ends

    def reached(end: BandEnd) -> float:
        talk: TalkResult = ends.at(end).talks[place]
        return talk.levels[number].reached_s

    verdicts = [ends.at(end).talks[place].levels[number].verdict for end in ("high", "low")]
    over_the_band = Verdict.UNDECIDED
    if verdicts[0] is Verdict.PASS:
        over_the_band = Verdict.PASS
    elif verdicts[1] is Verdict.FAIL:
        over_the_band = Verdict.FAIL
    return {
        "promise": level.promise,
        "quantile": level.asked.quantile,
        "within_s": level.asked.within_s,
        "reached_s": _finite(level.reached_s),
        "interval_low_s": _finite(level.low_s),
        "interval_high_s": _finite(level.high_s),
        "band_low_s": _finite(reached("low")),
        "band_mid_s": _finite(reached("mid")),
        "band_high_s": _finite(reached("high")),
        "verdict": over_the_band.value,
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
