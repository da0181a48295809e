"""A network on the chosen parts beside a baseline: estimated anew, compared, judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from planner.distribution import VERSION
from planner.errors import InputError, Problem
from planner.latency.estimate import estimate
from planner.latency.planning import planning_band, shortfall
from planner.latency.record import estimate_record
from planner.plan.check.limits import Broken, CheckLimits, broken_limits, changes_of, grown
from planner.schema.hardware.device import Device, Precision
from planner.schema.record.changed.check import (
    BASELINE,
    AskedRecord,
    BaselineRecord,
    CheckRecord,
    CheckRowRecord,
    CountsRecord,
    FiguresRecord,
)
from planner.wording.message import Message, message
from planner.workload.workload import Workload

_SETTING = ("unit", "mode", "engine", "precision", "batch")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How each part is asked; None takes what is usual."""

    unit: str | None = None
    mode: str | None = None
    precision: Precision | None = None
    engine: str | None = None
    batch: int | None = None

    def record(self) -> AskedRecord:
        """As a baseline keeps it, so that the next check asks the same."""
        return {
            "unit": self.unit,
            "mode": self.mode,
            "precision": None if self.precision is None else self.precision.value,
            "engine": self.engine,
            "batch": self.batch,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """What a network does on the chosen parts, beside a baseline where there is one."""

    record: CheckRecord
    baseline: BaselineRecord
    """Of the network as it is now, for the next check."""

    @property
    def passed(self) -> bool:
        """Whether every part keeps every limit."""
        return self.record["passed"]


def check(
    workload: Workload,
    devices: Sequence[Device],
    asked: CheckOptions,
    limits: CheckLimits,
    against: tuple[str, BaselineRecord] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Check:
    """Estimate the network on every part and compare it with the baseline (its file and content).

    A part that does not run the network breaks the check and does not end it, where a baseline says that it
    ran there; elsewhere its refusal is raised. Raises `InputError` where the baseline has none of the parts.
    """
    before = _rows_before(devices, against)
    rows: list[CheckRowRecord] = []
    figures: list[FiguresRecord] = []
    notes = list(_notes(workload, against))
    for device in devices:
        progress(device.id)
        old = before.get(device.id)
        try:
            new = figures_of(workload, device, asked)
        except InputError as error:
            if old is None:
                raise
            why = "; ".join(f"expected {item.expected}, got {item.got}" for item in error.problems)
            broken = [("run", message("check.cannot_run", device=device.id, reason=why))]
            rows.append(_row(device.id, old, None, broken))
            continue
        figures.append(new)
        rows.append(_row(device.id, old, new, list(_broken(limits, old, new))))
        notes += _row_notes(device.id, old, new, compared=against is not None)
    record: CheckRecord = {
        "model": workload.model,
        "sha256": workload.digest,
        "planner": VERSION,
        "counts": counts_of(workload),
        "against": None
        if against is None
        else {
            "file": against[0],
            "planner": against[1]["planner"],
            "model": against[1]["model"],
            "sha256": against[1]["sha256"],
            "counts": against[1]["counts"],
        },
        "limits": limits.record(),
        "passed": all(row["passed"] for row in rows),
        "rows": rows,
        "notes": list(notes),
    }
    return Check(record, _baseline(workload, asked, figures))


def figures_of(workload: Workload, device: Device, asked: CheckOptions) -> FiguresRecord:
    """One part as `planner estimate` has it, and the latency that a plan counts on."""
    found = estimate(
        workload,
        device,
        unit=asked.unit,
        mode=asked.mode,
        precision=asked.precision,
        batch=asked.batch,
        engine=asked.engine,
    )
    whole = estimate_record(found)
    planning = planning_band(found, shortfall(device, found))
    return {
        "device": whole["device"],
        "unit": whole["unit"],
        "mode": whole["mode"],
        "engine": whole["engine"],
        "precision": whole["precision"],
        "batch": whole["batch"],
        "latency_s": whole["latency_s"],
        "planning_latency_s": {
            "low": planning.low,
            "mid": planning.mid,
            "high": planning.high,
            "level": planning.level,
        }
        if found.fits
        else {"low": None, "mid": None, "high": None, "level": None},
        "energy_per_inference_j": whole["energy_per_inference_j"],
        "memory_bytes": whole["memory_bytes"],
        "fits": whole["fits"],
        "provenance": whole["provenance"],
        "transfer": whole["transfer"],
    }


def counts_of(workload: Workload) -> CountsRecord:
    """What does not depend on a part."""
    return {
        "macs": workload.macs,
        "flops": workload.flops,
        "parameters": workload.parameters,
        "weight_bytes": workload.weight_bytes,
    }


def _baseline(workload: Workload, asked: CheckOptions, rows: list[FiguresRecord]) -> BaselineRecord:
    return {
        "baseline": BASELINE,
        "planner": VERSION,
        "model": workload.model,
        "sha256": workload.digest,
        "counts": counts_of(workload),
        "asked": asked.record(),
        "rows": rows,
    }


def _rows_before(
    devices: Sequence[Device], against: tuple[str, BaselineRecord] | None
) -> Mapping[str, FiguresRecord]:
    if against is None:
        return {}
    source, baseline = against
    rows = {row["device"]: row for row in baseline["rows"]}
    wanted = [device.id for device in devices]
    if not rows.keys() & set(wanted):
        got = f"one of {', '.join(rows) or 'none'}"
        problem = Problem(
            "rows", f"a baseline of {' or '.join(wanted)}", got, "write a baseline of these parts"
        )
        raise InputError(source, [problem])
    return rows


def _row(
    device: str, before: FiguresRecord | None, after: FiguresRecord | None, broken: list[Broken]
) -> CheckRowRecord:
    return {
        "device": device,
        "passed": not broken,
        "before": before,
        "after": after,
        "changes": changes_of(before, after),
        "reasons": [text for _, text in broken],
        "broken": [name for name, _ in broken],
    }


def _broken(limits: CheckLimits, before: FiguresRecord | None, after: FiguresRecord) -> list[Broken]:
    found = list(broken_limits(limits, after))
    if before is not None:
        found += grown(limits, before, after, changes_of(before, after))
    return found


def _notes(workload: Workload, against: tuple[str, BaselineRecord] | None) -> list[Message]:
    if against is None:
        return []
    baseline = against[1]
    notes = []
    if baseline["sha256"] == workload.digest:
        notes.append(message("check.same_network"))
    if baseline["planner"] != VERSION:
        notes.append(message("check.other_planner", before=baseline["planner"], after=VERSION))
    return notes


def _row_notes(
    device: str, before: FiguresRecord | None, after: FiguresRecord, *, compared: bool
) -> list[Message]:
    """What a reader of the change has to know: a part without a baseline, another setting or model."""
    if before is None:
        return [message("check.no_baseline", device=device)] if compared else []
    old, new = (_setting(row) for row in (before, after))
    notes = []
    if old != new:
        notes.append(message("check.other_setting", device=device, before=old, after=new))
    if before["transfer"] != after["transfer"]:
        names = [row["transfer"] or message("check.datasheet") for row in (before, after)]
        notes.append(message("check.other_model", device=device, before=names[0], after=names[1]))
    return notes


def _setting(row: FiguresRecord) -> str:
    return f"{row['unit']}, {row['mode']}, {row['engine']} {row['precision']}, batch {row['batch']}"
