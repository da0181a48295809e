"""Answers as JSON shows them."""

from __future__ import annotations

from planner.language.answer.serving import ServingAnswer
from planner.latency.band import Band
from planner.schema.record.commands.language import ServingRecord
from planner.schema.record.options import BandRecord


def serving_record(answer: ServingAnswer) -> ServingRecord:
    """One answer; units are in the names."""
    memory = answer.memory
    return {
        "model": answer.model,
        "device": answer.device,
        "unit": answer.unit,
        "mode": answer.mode,
        "engine": answer.engine,
        "weights": answer.weights,
        "kv": answer.cache,
        "users": answer.users,
        "prompt_tokens": answer.lengths.prompt,
        "context_tokens": answer.lengths.context,
        "ttft_s": _band(answer.ttft_s),
        "time_per_token_s": _band(answer.time_per_token_s),
        "tokens_per_s_per_user": _band(answer.tokens_per_s_per_user),
        "tokens_per_s": _band(answer.tokens_per_s),
        "prompt_tokens_per_s": _band(answer.prompt_tokens_per_s),
        "memory_bytes": {
            "weights": round(memory.weights),
            "kv": round(memory.kv),
            "workspace": round(memory.workspace),
            "total": round(memory.total),
            "capacity": round(memory.capacity),
        },
        "max_context_tokens": answer.max_context_tokens,
        "max_users": answer.max_users,
        "energy_per_token_j": _band(answer.energy_per_token_j),
        "bound": answer.bound,
        "provenance": answer.provenance.value,
        "warnings": [str(text) for text in answer.warnings],
    }


def _band(band: Band) -> BandRecord:
    return {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level}
