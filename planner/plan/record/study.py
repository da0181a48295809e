"""A study as one JSON record: what the PDF shows and `--data` writes, number for number."""

from __future__ import annotations

from typing import cast

from planner.latency.kernels.prepared import kernels_of
from planner.plan.chain_study.record import option_chain_record
from planner.plan.options.option import Option
from planner.plan.rack.life_record import failures_record
from planner.plan.rack.soak import soak_of, soak_record
from planner.plan.record.density import density_record
from planner.plan.record.digests import digests, question_record, tool_record
from planner.plan.record.footprint import footprint_record
from planner.plan.record.formulas import formula_record
from planner.plan.record.latency import rival_record, roofline_record, rung_record
from planner.plan.record.options import choices_record, option_record
from planner.plan.record.pitfalls import pitfall_record
from planner.plan.record.rack import elevation_record, hour_record, slots_record
from planner.plan.record.simulated import rack_record
from planner.plan.record.sizing import to_measure_record
from planner.plan.record.spending import purchase_record, spending_record
from planner.plan.record.validation import measured_here_record, published_record, validation_record
from planner.plan.record.what_if import what_if_record
from planner.plan.study.assumptions import Assumption
from planner.plan.study.constraints import Constraint
from planner.plan.study.ledger import LedgerNumber, LedgerSource
from planner.plan.study.study import Study
from planner.schema.record import (
    SCHEMA,
    AssumptionRecord,
    ConstraintRecord,
    NetworkRecord,
    SourceRecord,
    StreamRecord,
    StudyRecord,
    ValueRecord,
)
from planner.schema.record.estimate import SoakRecord
from planner.wording.catalog import Language
from planner.wording.message import Wording

_SOAK_S = 3600.0
_PACKAGES = ("numba", "numpy", "onnx", "simpy", "pydantic", "matplotlib", "typst")


def study_record(study: Study, language: Language = "en") -> StudyRecord:
    """The whole study, its sentences in a language; null stands where a number is unknown, never zero.

    What people wrote (the scenario, notes of the database) stays as they wrote it.
    """
    record = cast("StudyRecord", Wording(language).all_of(_record(study)))
    return {**record, "language": language}


def _record(study: Study) -> StudyRecord:
    text = study.answer
    scenario = study.source.scenario
    chosen = study.simulated.option if study.simulated else None
    return {
        "schema": SCHEMA,
        "tool": tool_record(_PACKAGES),
        "scenario": question_record(study.source),
        "answer": {
            "verdict": text.verdict,
            "headline": text.headline,
            "paragraph": text.paragraph,
            "risks": list(text.risks),
        },
        "streams": _streams(study),
        "networks": _networks(study, chosen),
        "options": [option_record(option) for option in study.options],
        "chosen": option_record(chosen) if chosen else None,
        "constraints": [_constraint_record(item) for item in study.constraints],
        "choices": choices_record(study.choices) if study.choices else None,
        "purchase": [purchase_record(line, scenario.money.currency) for line in study.purchase],
        "roofline": [roofline_record(roof) for roof in study.rooflines],
        "ladder": [rung_record(rung) for rung in study.ladder],
        "rivals": [rival_record(study, option) for option in study.best_of_each_part],
        "what_if": what_if_record(study.what_if) if study.what_if else None,
        "rack": rack_record(study.simulated.rack, study.simulated.result) if study.simulated else None,
        "failures": failures_record(study.failures) if study.failures else None,
        "pitfalls": [pitfall_record(pitfall) for pitfall in study.pitfalls],
        "elevation": elevation_record(study.elevation) if study.elevation else None,
        "slots": slots_record(study.simulated.result.slots) if study.simulated else None,
        "soak": _soak(chosen, study.source.scenario.site.altitude_m) if chosen else None,
        "day": None if study.day is None else [hour_record(hour) for hour in study.day],
        "density": density_record(study.density) if study.density else None,
        "chain": option_chain_record(chosen) if chosen else None,
        "footprint": [footprint_record(item) for item in study.footprints],
        "spending": spending_record(study.spending),
        "validation": [validation_record(item) for item in study.validations],
        "published": [published_record(item) for item in study.published],
        "measured_here": [measured_here_record(item) for item in study.measured_here],
        "to_measure": [to_measure_record(item) for item in study.to_measure],
        "trials": [
            {
                "device": t.option.device,
                "mode": t.option.mode,
                "count": t.option.count,
                "verdict": t.verdict.value,
            }
            for t in study.trials
        ],
        "assumptions": [_assumption_record(item) for item in study.assumptions],
        "formulas": [formula_record(item) for item in study.formulas],
        "figures": [_number_record(number) for number in study.ledger.numbers],
        "sources": [_source_record(source) for source in study.ledger.sources],
        "warnings": list(study.warnings),
        "digests": digests(study.source, study.workloads, study.options),
    }


def _soak(option: Option, altitude_m: float) -> SoakRecord | None:
    """An hour of the option's slowest network, where it has one that was estimated."""
    if not option.networks:
        return None
    slowest = max(option.networks, key=lambda each: each.estimate.latency_s.mid).estimate
    return soak_record(soak_of(slowest, option.part, option.heat.inlet_c, _SOAK_S, altitude_m))


def _streams(study: Study) -> list[StreamRecord]:
    return [
        {
            "name": stream.name,
            "count": stream.count,
            "model": study.workloads[stream.model].model,
            "arrivals": stream.arrivals,
            "rate_per_s": stream.rate_per_s,
            "jitter_s": stream.jitter_s,
            "slo_s": stream.slo.latency_s,
            "slo_quantile": stream.slo.quantile_ratio,
        }
        for stream in study.source.scenario.streams
    ]


def _networks(study: Study, chosen: Option | None) -> list[NetworkRecord]:
    engine = chosen.engine if chosen else "generic"
    return [
        {
            "model": workload.model,
            "macs": workload.macs,
            "flops": workload.flops,
            "parameters": workload.parameters,
            "weight_bytes": workload.weight_bytes,
            "activation_bytes": workload.activation_bytes,
            "peak_activation_bytes": workload.peak_activation_bytes,
            "operators": len(workload.operators),
            "kernels": len(kernels_of(workload, engine)),
            "unresolved": [
                {"name": item.name, "op_type": item.op_type, "reason": item.reason}
                for item in workload.unresolved
            ],
            "assumptions": list(workload.assumptions),
            "sha256": workload.digest,
        }
        for workload in study.workloads.values()
    ]


def _constraint_record(item: Constraint) -> ConstraintRecord:
    return {
        "name": item.name,
        "limit": item.limit,
        "value": item.value,
        "met": item.met,
        "left": item.left,
        "rests_on": item.rests_on,
        "nearest": item.nearest,
    }


def _assumption_record(item: Assumption) -> AssumptionRecord:
    return {"topic": item.topic, "text": item.text, "status": item.status}


def _number_record(number: LedgerNumber) -> ValueRecord:
    return {
        "path": number.path,
        "value": number.value,
        "status": number.status,
        "source": number.source,
        "note": number.note,
    }


def _source_record(source: LedgerSource) -> SourceRecord:
    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "revision": source.revision,
        "date": source.date,
    }
