"""The headline of a part taken apart: what it adds up, and what is left for one network."""

from __future__ import annotations

from planner.hardware.physics import label_total_ops_per_s
from planner.schema.hardware.device import Device, Label
from planner.schema.record.hardware.devices import LabelRecord
from planner.units import format_percent, format_quantity


def label_sentence(device: Device) -> str | None:
    """`275 TOPS = sparse int8 in MAXN: gpu 170 TOPS + 2 x dla 52.5 TOPS; ...`; none without a headline."""
    label = device.label
    if label is None:
        return None
    kind = "sparse" if label.sparse else "dense"
    summed = " + ".join(_term(device, label, unit_id) for unit_id in label.units)
    headline = label.headline_ops_per_s.value
    sentence = f"{_ops(headline)} = {kind} {label.precision.value} in {label.mode}: {summed}"
    usable, unit_id = max(
        (device.units[unit_id].peaks_ops_per_s[label.precision][label.mode].value, unit_id)
        for unit_id in label.units
        if label.mode in device.units[unit_id].peaks_ops_per_s.get(label.precision, {})
    )
    if usable < 0.97 * headline:
        sentence += (
            f"; a network runs on one unit, at best dense on the {unit_id}: {_ops(usable)}, "
            f"{format_percent(usable / headline)} of the headline"
        )
    return sentence


def label_record(device: Device) -> LabelRecord | None:
    """What the headline says and adds up to, for JSON; none without a headline."""
    label = device.label
    if label is None:
        return None
    return {
        "headline_ops_per_s": label.headline_ops_per_s.value,
        "precision": label.precision.value,
        "sparse": label.sparse,
        "mode": label.mode,
        "units": dict(label.units),
        "sum_ops_per_s": label_total_ops_per_s(device, label),
        "explained": label_sentence(device),
        "source": label.headline_ops_per_s.source,
        "status": label.headline_ops_per_s.status.value,
    }


def _term(device: Device, label: Label, unit_id: str) -> str:
    count, unit = label.units[unit_id], device.units[unit_id]
    table = unit.sparse_peaks_ops_per_s if label.sparse else unit.peaks_ops_per_s
    each = _ops(table[label.precision][label.mode].value)
    return f"{unit_id} {each}" if count == 1 else f"{count} x {unit_id} {each}"


def _ops(value: float) -> str:
    return format_quantity(value, "ops_per_s", 3)
