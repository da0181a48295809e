"""Chains as plain JSON: of `planner chain`, and of an option of a plan."""

from __future__ import annotations

import math

from planner.chain.description import PartChains
from planner.chain.prediction import ChainPrediction, StreamLatency, UnitUse, predict
from planner.latency.band import Band
from planner.plan.chain_study.measured import MeasuredChain
from planner.plan.chain_study.simulated import SimulatedChains
from planner.plan.chain_study.study import ChainAnswer, ChainAnswers
from planner.plan.options.option import Option
from planner.schema.record.commands.chain import (
    ChainAnswerRecord,
    ChainRecord,
    ChainStreamRecord,
    ChainUnitRecord,
    ChainUsesRecord,
    MeasuredChainRecord,
    SimulatedChainsRecord,
)
from planner.schema.record.options import EndsRecord
from planner.wording.message import message


def chain_record(found: ChainAnswers) -> ChainRecord:
    """All parts that were asked about."""
    return {
        "scenario": found.source.scenario.id,
        "answers": [answer_record(answer) for answer in found.answers],
        "refused": [{"device": device, "reason": reason} for device, reason in found.refused],
    }


def answer_record(answer: ChainAnswer) -> ChainAnswerRecord:
    """One part."""
    first = answer.networks[0].estimate
    prediction = answer.prediction
    return {
        "device": answer.device,
        "mode": answer.mode,
        "unit": first.unit,
        "engine": first.engine,
        "precision": first.precision.value,
        "batch": first.batch,
        "feasible": not answer.gaps,
        "cameras": answer.cameras,
        "cameras_carried": ends(prediction.binding.headroom.scaled(answer.cameras)),
        "frames_per_s": prediction.frames_per_s,
        "limit_per_s": ends(prediction.limit_per_s),
        "provenance": answer.provenance.value,
        "simulated": _simulated(answer.simulated),
        **uses_record(answer.part, prediction, answer.devices),
    }


def _simulated(found: SimulatedChains | None) -> SimulatedChainsRecord | None:
    if found is None:
        return None
    return {
        "duration_s": found.duration_s,
        "seed": found.seed,
        "frames": found.frames,
        "streams": [
            {
                "stream": stream.stream,
                "quantile": stream.quantile,
                "latency_s": ends(stream.latency_s),
                "kept_share": stream.kept_share,
                "dropped": stream.dropped,
            }
            for stream in found.streams
        ],
    }


def option_chain_record(option: Option) -> ChainUsesRecord | None:
    """The chains of an option at its count; None where no stream has one."""
    if option.chain is None:
        return None
    return uses_record(option.chain, predict(option.chain.shared_by(option.count)), option.count)


def uses_record(part: PartChains, prediction: ChainPrediction, devices: int) -> ChainUsesRecord:
    """Every unit and every stream."""
    binding, following = prediction.binding.unit, prediction.next_binding
    return {
        "devices": devices,
        "binding": binding.id,
        "binding_role": binding.role,
        "gain": prediction.gain,
        "next_binding": following.unit.id if following else None,
        "advice": message(f"chain.advice.{binding.role}"),
        "convert": part.convert,
        "units": [_unit(use, prediction.frames_per_s) for use in prediction.units],
        "streams": [_stream(stream) for stream in prediction.streams],
        "gaps": [{"where": gap.where, "reason": gap.reason} for gap in part.gaps],
        "notes": list(part.notes),
    }


def _unit(use: UnitUse, frames_per_s: float) -> ChainUnitRecord:
    return {
        "unit": use.unit.id,
        "role": use.unit.role,
        "name": use.unit.name,
        "servers": use.unit.servers,
        "busy_share": ends(use.busy),
        "limit_per_s": ends(use.headroom.scaled(frames_per_s)),
        "steps": [{"step": step, "busy_share": busy} for step, busy in use.by_step],
        "provenance": use.unit.provenance.value,
    }


def _stream(found: StreamLatency) -> ChainStreamRecord:
    return {
        "stream": found.stream,
        "latency_s": ends(found.alone_s),
        "crowded_latency_s": ends(found.crowded_s),
        "loaded_latency_s": ends(found.loaded_s) if found.loaded_s else None,
        "slo_s": found.slo_s,
        "steps": [{"step": step, "unit": unit, "time_s": ends(time_s)} for step, unit, time_s in found.steps],
    }


def ends(band: Band) -> EndsRecord:
    """A band; null where there is no limit."""
    low, mid, high = (value if math.isfinite(value) else None for value in (band.low, band.mid, band.high))
    return {"low": low, "mid": mid, "high": high}


def measured_record(found: MeasuredChain) -> MeasuredChainRecord:
    """A chain that was run on this machine."""
    times = found.times
    return {
        "scenario": found.scenario,
        "stream": found.stream,
        "cpu": found.cpu,
        "frames": times.frames,
        "frame_s": times.frame_s,
        "predicted_s": found.predicted_s,
        "error": found.error,
        "steps": [
            {
                "step": visit.step,
                "alone_s": visit.times[0].mid,
                "within_s": times.within_s.get(visit.step),
                "per_frame": visit.frames,
            }
            for visit in found.visits
        ],
        "left_out": list(found.left_out),
    }
