"""`planner what-if MODEL --device ID`: the network in other precisions and compressions on one unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_option
from planner.cli.completion import networks
from planner.cli.evidence import network_evidence
from planner.cli.model_options import (
    device_option,
    mode_option,
    network_options,
    unit_option,
)
from planner.cli.output import CommandResult, Output, output_options
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity

if TYPE_CHECKING:
    from planner.latency.variants.accuracy_risk import AccuracyRisk
    from planner.latency.variants.variants import Variant
    from planner.schema.record.commands.variants import VariantRecord
    from planner.workload.asked import Asked

_NUMBERS = ("latency", "rests on", "gain", "memory", "moved")
_RANK = ("rests on", "moved", "energy", "memory", "accuracy at risk")
_PROSE = frozenset({"variant", "accuracy at risk"})


@click.command("what-if")
@click.argument("model", shell_complete=networks)
@device_option
@unit_option
@mode_option
@network_options
@network_evidence
@click.option(
    "--channels", default="30%", show_default=True, help="Share of channels that structured pruning takes."
)
@hardware_option
@output_options
def command(
    model: str,
    device_id: str,
    unit: str | None,
    mode: str | None,
    channels: str,
    *,
    evidence: dict[str, object],
    asked: Asked,
    output: Output,
) -> int:
    """What MODEL would gain, take and risk in fewer bits, with zeros or with fewer channels.

    Every variant that the unit or engine lacks is refused with the reason and what would work. Exit status 3
    when none runs.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.latency.variants.record import variants_record

    workload = api.read_onnx(model, asked=asked)
    found = api.what_if(
        workload,
        device_id,
        unit=unit,
        mode=mode,
        evidence=evidence,
        channels=parse_option("--channels", channels, "ratio") or 0.0,
    )
    reference = api.baseline(found)
    engine = evidence.get("engine")
    record = variants_record(
        workload, device_id, found, unit=unit, mode=mode, engine=None if engine is None else str(engine)
    )
    heading = [
        f"{workload.model} on {device_id}/{record['unit']}, mode {record['mode']}, {record['engine']}, "
        f"batch {workload.batch}; gains are over {record['baseline']}"
    ]
    table = [_row(item, reference) for item in found]
    right = frozenset({"gain", "memory", "moved"})
    rows = [_flat(row) for row in record["variants"]]
    output.write(CommandResult(record, rows, table, heading, list(_footer(found)), right, _RANK, _PROSE))
    return OK if reference else INFEASIBLE


def _row(item: Variant, reference: Variant | None) -> dict[str, str]:
    latency, estimate = item.latency_s, item.estimate
    if latency is None or estimate is None:
        blank = dict.fromkeys((*_NUMBERS, "energy", "accuracy at risk"), "-")
        return {"variant": item.title, **blank, "": "refused"}
    base_s = reference.latency_s.mid if reference and reference.latency_s else latency.mid
    return {
        "variant": item.title,
        "latency": band(latency.low, latency.mid, latency.high, "s"),
        "rests on": estimate.provenance.value,
        "gain": f"{base_s / latency.mid:.2f} x",
        "memory": quantity(estimate.memory.total_bytes, "bytes"),
        "moved": quantity(item.moved_bytes, "bytes"),
        "energy": quantity(item.energy_j.mid if item.energy_j else None, "j"),
        "accuracy at risk": _risk_text(item.risk),
        "": {"ok": "", "no_gain": "no gain", "refused": "does not fit"}[item.state],
    }


def _risk_text(risk: AccuracyRisk | None) -> str:
    if risk is None:
        return "-"
    if risk.lost_points is None:
        return risk.level
    least, middle, most = risk.lost_points
    rows = "1 row" if len(risk.rows) == 1 else f"{len(risk.rows)} rows"
    return f"{risk.level}: {middle:.1f} points ({least:.1f} to {most:.1f}), {rows}"


def _footer(found: Sequence[Variant]) -> Iterator[str]:
    for item in found:
        if item.reason:
            advice = f"; {item.advice}" if item.advice else ""
            yield f"{item.title}: {item.reason}{advice}"
    listed: set[str] = set()
    for item in found:
        flags = item.risk.flags if item.risk else ()
        counts = Counter(flag.id for flag in flags)
        for flag in flags:
            if flag.id not in listed:
                listed.add(flag.id)
                layers = f"{counts[flag.id]} layers" if counts[flag.id] > 1 else flag.layer
                yield f"look at {flag.id.replace('_', ' ')} ({layers}): {flag.why}"
    yield "points are what others lost, not what this network will: measure it on data of its task"


def _flat(row: VariantRecord) -> dict[str, object]:
    """One CSV row: bands as `latency_s_low` and so on, the risk as its level."""
    flat: dict[str, object] = {}
    for key, value in row.items():
        if key == "accuracy":
            flat["accuracy_risk"] = value["risk"] if isinstance(value, dict) else None
        elif key in ("latency_s", "power_w", "energy_per_inference_j", "memory_bytes"):
            of_memory = ("weights", "peak_activation", "total")
            for part in of_memory if key == "memory_bytes" else ("low", "mid", "high"):
                flat[f"{key}_{part}"] = value[part] if isinstance(value, dict) else None
        else:
            flat[key] = value
    return flat
