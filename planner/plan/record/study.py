"""A study as one JSON record: what the PDF shows and `--data` writes, number for number."""

from __future__ import annotations

import importlib.metadata
from typing import cast

from planner.hardware.catalog import part_file, read_device
from planner.latency.kernels.prepared import kernels_of
from planner.plan.cost.spending import spending_record
from planner.plan.money.economics import rack_units
from planner.plan.options.option import Option
from planner.plan.options.rack_run import Simulated
from planner.plan.pitfalls.lint import lint, pitfall_record
from planner.plan.record.accuracy import validation_record
from planner.plan.record.answer import answer
from planner.plan.record.assumptions import assumptions
from planner.plan.record.digests import digests
from planner.plan.record.footprint import footprint_record
from planner.plan.record.formulas import formulas_record
from planner.plan.record.latency import ladder, rivals, rooflines
from planner.plan.record.ledger import ledger
from planner.plan.record.options import option_record, rack_record
from planner.plan.record.rack import rack_views
from planner.plan.record.what_if import what_if, what_if_record
from planner.plan.study.study import Study
from planner.units import format_percent, format_quantity
from planner.wording.catalog import Language
from planner.wording.message import Wording, message

RECORD_VERSION = 1
_PACKAGES = ("numba", "numpy", "onnx", "simpy", "pydantic", "matplotlib", "typst")


def study_record(study: Study, language: Language = "en") -> dict[str, object]:
    """The whole study, its sentences in a language; null stands where a number is unknown, never zero.

    What people wrote (the scenario, notes of the database) stays as they wrote it.
    """
    record = Wording(language).all_of(_record(study))
    return {**cast("dict[str, object]", record), "language": language}


def _record(study: Study) -> dict[str, object]:
    text = answer(study)
    scenario = study.source.scenario
    chosen = study.simulated.option if study.simulated else None
    return {
        "schema": RECORD_VERSION,
        "tool": {
            "name": "planner",
            "version": importlib.metadata.version("planner"),
            "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        },
        "scenario": {
            "id": scenario.id,
            "title": scenario.title,
            "question": scenario.question.strip(),
            "date": scenario.date,
            "file": study.source.file,
            "sha256": study.source.sha256,
            "notes": list(scenario.notes),
        },
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
        "constraints": _constraints(study, study.simulated),
        "roofline": rooflines(chosen) if chosen else [],
        "ladder": ladder(study, chosen) if chosen else [],
        "rivals": rivals(study),
        "what_if": _what_if(study),
        "rack": rack_record(study.simulated.rack, study.simulated.result) if study.simulated else None,
        "pitfalls": [pitfall_record(pitfall) for pitfall in lint(study)],
        **rack_views(study),
        "footprint": footprint_record(study),
        "spending": spending_record(study),
        "validation": validation_record(study),
        "trials": [
            {"device": t.option.device, "mode": t.option.mode, "count": t.option.count, "verdict": t.verdict}
            for t in study.trials
        ],
        "assumptions": assumptions(study),
        "formulas": formulas_record(study),
        **ledger(study),
        "warnings": _warnings(study),
        "digests": digests(study.source, study.workloads, study.options),
    }


def _what_if(study: Study) -> dict[str, object] | None:
    grid = what_if(study)
    limit = study.source.scenario.planning.utilisation_limit_ratio
    return None if grid is None else what_if_record(grid, limit)


def _streams(study: Study) -> list[dict[str, object]]:
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


def _networks(study: Study, chosen: Option | None) -> list[dict[str, object]]:
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


def _constraints(study: Study, simulated: Simulated | None) -> list[dict[str, object]]:
    if simulated is None:
        return []
    scenario, option = study.source.scenario, simulated.option
    site, throttle_c = scenario.site, simulated.rack.device.thermal.throttle_c
    hottest_c, worst_w = simulated.result.devices.temperature_c.max, option.heat.worst_power_w
    units = rack_units(scenario, read_device(option.device), option.count + option.spares)
    busy, most = simulated.result.devices.utilisation, scenario.planning.utilisation_limit_ratio
    rows = [
        _limit(message("limit.power"), site.power_limit_w, worst_w, "{:,.0f} W"),
        _limit(message("limit.height"), site.rack_units, units, "{:g} U"),
        _limit(message("limit.hottest"), throttle_c, hottest_c, "{:.0f} °C"),
        {
            "name": message("limit.busy"),
            "limit": format_percent(most),
            "value": format_percent(busy),
            "met": round(busy, 2) <= most,
        },
    ]
    budget = scenario.money.budget_money
    if budget is not None:
        text = "{:,.0f} " + budget.currency
        rows.append(_limit(message("limit.capital"), budget.amount, option.cost.capital, text))
    for stream in simulated.result.streams:
        slo = next(item.slo for item in scenario.streams if item.name == stream.name)
        within = stream.slo_latency_s
        rows.append(
            {
                "name": message(
                    "limit.within", stream=stream.name, share=f"{slo.quantile_ratio * 100:.4g} %"
                ),
                "limit": format_quantity(slo.latency_s, "s"),
                "value": message("limit.never") if within is None else format_quantity(within, "s", 3),
                "met": stream.verdict == "PASS",
            }
        )
    return rows


def _limit(name: str, limit: float, value: float | None, text: str) -> dict[str, object]:
    return {
        "name": name,
        "limit": text.format(limit),
        "value": message("number.unknown") if value is None else text.format(value),
        "met": None if value is None else value <= limit,
    }


def _warnings(study: Study) -> list[str]:
    devices = dict.fromkeys(option.device for option in study.options)
    found = [note for device_id in devices if (note := part_file(device_id).note) is not None]
    found += [
        message("warning.cannot_run", device=r.device, mode=r.mode, precision=r.precision, reason=r.reason)
        for r in study.refusals
    ]
    if study.simulated:
        for item in study.simulated.option.networks:
            model = item.estimate.model
            found += [message("warning.of_network", model=model, text=t) for t in item.estimate.warnings]
        found += list(study.simulated.result.warnings)
    return list(dict.fromkeys(found))
