"""How the rooflines of datasheets err, over all engines and units that somebody published.

For measurements on a unit whose engine has no fitted model (`planner.latency.anchoring.basis`). Nothing is
fitted to a unit here, so every published row is one that was left out.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from planner.calibration.transfer.effects_fit import fit_anchoring
from planner.calibration.transfer.observations import Observation
from planner.calibration.transfer.validate import (
    LeftOut,
    device_group,
    group_weights,
    next_group,
    weighted_quantile,
)
from planner.latency.transfer.store import read_transfer, transfer_files
from planner.schema.fitted.transfer import Missed, RooflineAnchoring
from planner.schema.hardware.device import UnitKind

MOST_OF_A_UNIT = 30
"""Observations of one engine on one unit: more tell little of how units differ."""


def fit_roofline(found: Sequence[Observation], level: float = 0.9) -> RooflineAnchoring:
    """Median and effects of published over the middle of the datasheet band."""
    median, rows = roofline_rows(found)
    anchoring = fit_anchoring(rows, level)
    if anchoring is None:
        raise ValueError("expected published rows, got none")
    return RooflineAnchoring(
        schema=1,
        median_over_roofline=median,
        anchoring=anchoring,
        level=level,
        observations=len(rows),
        units=len({row.group for row in rows}),
        missed=missed_by_kind(rows, median, level),
        missed_anywhere=missed(rows, median, level),
    )


def missed_by_kind(rows: Sequence[LeftOut], median: float, level: float) -> dict[UnitKind, Missed]:
    """For each kind of unit what a unit left out whole was missed by.

    Never narrower than the widest fitted model of the kind: less is known of a unit without one.
    """
    found: dict[UnitKind, Missed] = {}
    kinds: tuple[UnitKind, ...] = ("gpu", "dla", "npu", "cpu")
    for kind in kinds:
        own = missed([row for row in rows if row.observation.point.unit_kind == kind], median, level)
        fitted = [
            item
            for transfer in map(read_transfer, transfer_files())
            if transfer.covers.unit_kind == kind
            for item in transfer.residuals
        ]
        low, high = min([own.low, *(item.low for item in fitted)]), max([own.high, *(i.high for i in fitted)])
        found[kind] = own.model_copy(update={"low": float(f"{low:.5g}"), "high": float(f"{high:.5g}")})
    return found


def missed(rows: Sequence[LeftOut], median: float, level: float) -> Missed:
    """The median of published over the roofline's middle and the ends of a band; each unit weighs alike."""
    logs = np.array([row.log_error for row in rows]) + np.log(median)
    weights = group_weights(rows, lambda row: row.group)
    middle = weighted_quantile(logs, weights, 0.5)
    units = len({row.group for row in rows})
    # Distances grow by Student's quantile: the next unit is one more than were seen.
    wider = next_group(units, level)
    low, high = (wider * (weighted_quantile(logs, weights, (1 + s * level) / 2) - middle) for s in (-1, 1))
    return Missed(
        median=float(f"{np.exp(middle):.3g}"),
        low=float(f"{np.exp(low):.3g}"),
        high=float(f"{np.exp(high):.3g}"),
        engines=sorted({row.observation.engine for row in rows}),
        units=units,
        observations=len(rows),
    )


def roofline_rows(found: Sequence[Observation]) -> tuple[float, tuple[LeftOut, ...]]:
    """The median over units of published over predicted, and rows predicted by the roofline times it."""
    by_unit: dict[str, list[Observation]] = defaultdict(list)
    for item in sorted(found, key=lambda item: zlib.crc32(item.rows[0].encode())):
        own = by_unit[f"{item.engine} on {device_group(item)}"]
        # In the order of checksums: which rows stay does not depend on the order of the file.
        if len(own) < MOST_OF_A_UNIT:
            own.append(item)
    medians = [
        float(np.median([item.latency_s / roofline_mid_s(item) for item in own])) for own in by_unit.values()
    ]
    # Median of medians: every unit counts once, however often it was measured.
    median = float(f"{np.median(medians):.3g}")
    rows = tuple(
        LeftOut(item, "device", name, median * roofline_mid_s(item))
        for name, own in by_unit.items()
        for item in own
    )
    return median, rows


def roofline_mid_s(item: Observation) -> float:
    """The middle of the datasheet band, as `planner.latency.network_time.by_roofline` has it."""
    table, point = item.table, item.point
    compute = 2 * table.macs / point.peak_ops_per_s + table.other_ops / point.vector_ops_per_s
    memory = (table.read_bytes + table.write_bytes + table.weight_bytes) / point.bandwidth_bytes_per_s
    overlapped = float(np.maximum(compute, memory).sum() + (compute + memory).sum()) / 2
    return overlapped + point.launch_s * len(table) + point.fixed_s


def roofline_text(found: RooflineAnchoring) -> str:
    """The file `hardware_db/transfers/roofline.yaml`."""
    anchoring = found.anchoring
    effects = ", ".join(f"{name}: {value:g}" for name, value in anchoring.effects.items())
    return (
        "# How the rooflines of datasheets err; written by benchmarks/transfer_error.py --fit.\n"
        "schema: 1\n"
        f"median_over_roofline: {found.median_over_roofline:g}\n"
        f"anchoring: {{effects: {{{effects}}}, low: {anchoring.low:g}, high: {anchoring.high:g}}}\n"
        f"level: {found.level:g}\nobservations: {found.observations}\nunits: {found.units}\n"
        "missed:\n"
        + "".join(f"  {kind}: {_flow(item)}\n" for kind, item in found.missed.items())
        + f"missed_anywhere: {_flow(found.missed_anywhere)}\n"
    )


def _flow(item: Missed) -> str:
    engines = ", ".join(item.engines)
    return (
        f"{{median: {item.median:g}, low: {item.low:g}, high: {item.high:g}, engines: [{engines}], "
        f"units: {item.units}, observations: {item.observations}}}"
    )
