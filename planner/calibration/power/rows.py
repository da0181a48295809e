"""Published watts matched to a network on a unit, with what the power model needs of each run.

The same rules match a row as match a latency (`planner.calibration.transfer.join`): neither network, part,
unit, mode nor clocks depend on what the meter showed. Three things differ, each because watts are metered
and not worked out from the run's labels: rows are used whatever the trust in their latency; a GPU with two
DLA is a run of all three; and an engine that the database does not know runs by the rules that most engines
share.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from planner.calibration.power.published import (
    Boundary,
    power_split,
    published_file,
    read_published,
)
from planner.calibration.power.score import estimate_of
from planner.calibration.transfer.join import Join, Matched, join
from planner.calibration.transfer.observations import Observation, observations, prepared
from planner.hardware.catalog import engine_ids, read_device
from planner.hardware.measurements import Measurement, read_measurements
from planner.hardware.operating_point import OperatingPoint
from planner.latency.one_unit import estimate_at
from planner.latency.point import point_for
from planner.latency.power.activity import Activity
from planner.latency.power.model import family_of, power_model
from planner.latency.transfer.store import transfer_for

SOURCE = "mlperf-"
MLPERF = "MLPerf Inference"
_DLA_CLOCK = re.compile(r"_dla_freq=(\d+)")


@dataclass(frozen=True, slots=True)
class PowerRow:
    """One run: what it drew, and what its unit does as the planner predicts it."""

    rows: tuple[str, ...]
    device: str
    model: str
    precision: str
    batch: int
    family: str
    point: OperatingPoint
    activity: Activity
    latency_s: float
    """As predicted, for the energy."""
    power_w: float
    boundary: Boundary = "wall"
    publisher: str = MLPERF
    beside: tuple[OperatingPoint, ...] = ()
    """DLA that ran beside the unit, at their own clock."""
    beside_family: str = ""


def power_rows() -> tuple[tuple[PowerRow, ...], Join]:
    """Every run of one setting at its geometric mean, and the join that says what was left out and why."""
    metered = {
        row.id: row for row in read_measurements(corrected=True) if row.metric == "power_w" and _used(row)
    }
    joined = join(_as_latency(row) for row in metered.values())
    by_dla_hz: dict[float | None, list[Matched]] = defaultdict(list)
    for match in joined.matched:
        row = metered[match.id]
        clock = _dla_hz(row) if row.unit == "mixed" else None
        if row.unit != "mixed" or clock is not None:
            by_dla_hz[clock].append(match)
    found = [
        _power_row(item, metered, dla_hz)
        for dla_hz, matched in by_dla_hz.items()
        for item in observations(matched)[0]
    ]
    return tuple(row for row in found if row is not None), joined


def published_rows() -> tuple[PowerRow, ...]:
    """Runs of the table of published watts that a fit may use, as `power_split` says."""
    allowed = {item.publisher for item in power_split().may_be_fitted}
    found = []
    for row in read_published(published_file()):
        if row.publisher not in allowed:
            continue
        result = estimate_of(row)
        device = read_device(row.device)
        point = point_for(
            device,
            unit=result.unit,
            mode=result.mode,
            precision=result.precision,
            engine=result.engine,
            threads=row.threads,
        )
        family = family_of(power_model(), point)
        if family is not None:
            found.append(
                PowerRow(
                    rows=(f"published-{row.line}",),
                    device=row.device,
                    model=row.model,
                    precision=result.precision.value,
                    batch=row.batch,
                    family=family.name,
                    point=point,
                    activity=result.activity,
                    latency_s=result.latency_s.mid,
                    power_w=row.power_w,
                    boundary=row.boundary,
                    publisher=row.publisher,
                )
            )
    return tuple(found)


def _used(row: Measurement) -> bool:
    """Means over a run at the plug; not the idle and stress runs that others publish of whole boards."""
    return row.id.startswith(SOURCE) and row.statistic == "mean"


def _as_latency(row: Measurement) -> Measurement:
    """The row as the matching of latencies takes it."""
    unit = "gpu" if row.unit == "mixed" else row.unit
    engine = row.engine if row.engine in engine_ids() else "generic"
    precision = "int8" if (row.precision or "").startswith("int8") else row.precision
    return replace(row, metric="latency_ms", trust="A", unit=unit, engine=engine, precision=precision)


def _dla_hz(row: Measurement) -> float | None:
    found = _DLA_CLOCK.search(row.note or "")
    return float(found.group(1)) if found else None


def _power_row(
    item: Observation, metered: Mapping[str, Measurement], dla_hz: float | None
) -> PowerRow | None:
    family = family_of(power_model(), item.point)
    if family is None:
        return None
    network = prepared(item.model, item.shape, item.batch, item.point.precision, item.engine)
    result = estimate_at(network, item.point, transfer_for(item.point))
    beside = _dla_beside(item, dla_hz) if dla_hz else ()
    beside_family = family_of(power_model(), beside[0]) if beside else None
    return PowerRow(
        rows=item.rows,
        device=item.device,
        model=item.model,
        precision=item.point.precision.value,
        batch=item.batch,
        family=family.name,
        point=item.point,
        activity=result.activity,
        latency_s=result.latency_s.mid,
        power_w=float(np.exp(np.mean([np.log(metered[row_id].value_si) for row_id in item.rows]))),
        beside=beside,
        beside_family=beside_family.name if beside_family else "",
    )


def _dla_beside(item: Observation, dla_hz: float) -> tuple[OperatingPoint, ...]:
    """The DLA of the part, each at the clock that the run set."""
    device = read_device(item.device)
    unit = next((name for name, unit in device.units.items() if unit.kind == "dla"), None)
    if unit is None:
        return ()
    point = point_for(device, unit=unit, mode=item.point.mode, precision="int8", engine=item.engine)
    return (replace(point, clock_hz=dla_hz),) * device.units[unit].count.value
