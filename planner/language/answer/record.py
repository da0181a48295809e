"""Answers as JSON shows them."""

from __future__ import annotations

from planner.language.answer.serving import ServingAnswer
from planner.language.formats.weights import cache_bytes
from planner.language.rates.published import PublishedRate
from planner.language.sizes.model import LanguageModel
from planner.latency.band import Band
from planner.schema.record.commands.language import ModelRecord, ServingRecord, TokenRateRecord
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


def model_record(model: LanguageModel) -> ModelRecord:
    """Sizes of a model."""
    own, stored = model.decoder, model.stored
    return {
        "model": model.name,
        "source": model.source,
        "parameters": model.parameters,
        "layers": own.layers,
        "hidden": own.hidden,
        "heads": own.heads,
        "key_heads": own.key_heads,
        "head_width": own.head_width,
        "feed_forward": own.feed_forward,
        "vocabulary": own.vocabulary,
        "context_tokens": own.context,
        "macs_per_token": own.step_macs,
        "cache_bytes_per_token": cache_bytes(own, 2, "fp16") - cache_bytes(own, 1, "fp16"),
        "weights": stored.format if stored else None,
        "weight_bytes": stored.total_bytes if stored else None,
        "step_weight_bytes": stored.step_bytes if stored else None,
        "file_bytes": (stored.file_bytes or None) if stored else None,
        "encoder_parameters": model.encoder.parameters if model.encoder else None,
    }


def token_rate_record(row: PublishedRate) -> TokenRateRecord:
    """A published rate; `left_out` says why no fit uses it, and is empty where one does."""
    return {
        "id": row.id,
        "part": row.part,
        "mode": row.mode,
        "unit": row.unit,
        "engine": row.engine,
        "model": row.model or row.published_model,
        "weights": row.weights,
        "users": row.users,
        "prompt_tokens": row.prompt_tokens,
        "context_tokens": row.context_tokens,
        "output_tokens": row.output_tokens,
        "prompt_tokens_per_s": row.prompt_tokens_per_s,
        "ttft_s": row.ttft_s,
        "tokens_per_s": row.tokens_per_s,
        "prompt_in_rate": row.prompt_in_rate,
        "left_out": row.left_out,
        "source": row.source,
        "date": row.date,
        "note": row.note,
    }


def _band(band: Band) -> BandRecord:
    return {"low": band.low, "mid": band.mid, "high": band.high, "level": band.level}
