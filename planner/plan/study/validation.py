"""How well latency is predicted for the networks on the chosen part: from what was left out of fits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from planner.calibration.later.kept import KeptScore, kept_scores
from planner.calibration.later.record import kept_for
from planner.hardware.catalog import read_device, read_engine
from planner.latency.band import Band
from planner.latency.planning import GENERIC_ENGINE, Shortfall
from planner.latency.result import Estimate
from planner.latency.transfer.store import fitted_title, missed_of, transfer_named
from planner.plan.options.option import NetworkOnPart, Option
from planner.provenance import Provenance
from planner.schema.fitted.transfer import Residuals
from planner.units import format_number, format_percent
from planner.wording.message import message

if TYPE_CHECKING:
    from planner.plan.study.study import Study

_MEDIAN_OF_NORMAL = 0.6745
"""Median of the absolute value of a standard normal number: what turns a spread into a median error."""


@dataclass(frozen=True, slots=True)
class PublishedAccuracy:
    """How latency of one network on the chosen unit is predicted, and how such predictions have held.

    `low` and `high` are measured over predicted: of what was left out of a fit, `level` lies between them.
    Without a fit, `median` and `p90` are those of published latency over the middle of the datasheet band.
    """

    model: str
    device: str
    engine: str
    basis: Literal["transferred", "datasheet", "measured"]
    title: str
    rows: int | None = None
    observations: int | None = None
    devices: tuple[str, ...] = ()
    device_names: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    device_seen: bool | None = None
    network_seen: bool | None = None
    level: float | None = None
    low: float | None = None
    high: float | None = None
    median: float | None = None
    p90: float | None = None
    note: str | None = None
    later: KeptScore | None = None
    """How such predictions did on rows that came after the fits, scored before anything learnt from them."""


@dataclass(frozen=True, slots=True)
class MeasuredHere:
    """A measurement of the plan's own part beside what was predicted without any."""

    quantity: Literal["latency", "power"]
    model: str
    name: str
    """What was measured, as its file calls it."""
    predicted: Band
    """Of the plan's own setting: seconds of a batch, or watts of the part."""
    ratio: float
    """Measured over the middle of what was predicted in the setting of the measurement."""

    @property
    def inside(self) -> bool:
        """Whether the measurement lies in the band of the prediction."""
        band = self.predicted
        return band.low <= self.ratio * band.mid <= band.high


def measured_here(study: Study) -> tuple[MeasuredHere, ...]:
    """A row for each measurement that a network of the chosen option rests on, and for its power."""
    return () if study.simulated is None else tuple(_measured_rows(study, study.simulated.option))


def _measured_rows(study: Study, option: Option) -> Iterator[MeasuredHere]:
    for item in option.networks:
        now, before = item.estimate, study.estimator.unmoved(item.estimate, option.part)
        for used in now.anchors:
            yield MeasuredHere("latency", now.model, used.name, before.latency_s, used.ratio)
        if now.power_provenance is Provenance.MEASURED:
            ratio = now.part_power_w.mid / before.part_power_w.mid
            yield MeasuredHere("power", now.model, option.device, before.part_power_w, ratio)


def validations(study: Study) -> tuple[PublishedAccuracy, ...]:
    """One row a network of the chosen option; none where nothing was chosen."""
    if study.simulated is None:
        return ()
    option = study.simulated.option
    part = option.part
    kept = kept_for(kept_scores(), option.engine, option.compute_unit.kind, part.form)
    return tuple(replace(_row(option, item), later=kept) for item in option.networks)


def _row(option: Option, item: NetworkOnPart) -> PublishedAccuracy:
    estimate = item.estimate
    row = PublishedAccuracy(estimate.model, option.device, option.engine, "measured", option.engine)
    if estimate.rests_on is not None:
        return _transferred(row, item, estimate.rests_on)
    if item.shortfall is not None:
        return _datasheet(row, option, item.shortfall)
    if estimate.calibration is None and not estimate.anchors:
        return _unseen(row, estimate)
    band = estimate.latency_s
    return replace(row, level=band.level, low=band.low / band.mid, high=band.high / band.mid)


def _unseen(row: PublishedAccuracy, estimate: Estimate) -> PublishedAccuracy:
    """A unit of which nothing was published: what others of its kind missed their rooflines by."""
    kind = read_device(row.device).units[estimate.unit].kind
    missed, band = missed_of(kind, estimate.engine), estimate.latency_s
    return replace(
        row,
        basis="datasheet",
        rows=missed.observations,
        level=band.level,
        low=band.low / band.mid,
        high=band.high / band.mid,
        median=missed.median,
        p90=missed.median * missed.high,
    )


def _transferred(row: PublishedAccuracy, item: NetworkOnPart, transfer_id: str) -> PublishedAccuracy:
    """The band in use, and where measurements lay that the fit had not seen, by kind of network."""
    transfer, band = transfer_named(transfer_id), item.estimate.latency_s
    rests = transfer.rests_on
    return replace(
        row,
        basis="transferred",
        title=fitted_title(transfer),
        rows=rests.rows if rests else None,
        observations=sum(kind.observations for kind in transfer.residuals),
        devices=tuple(rests.devices) if rests else (),
        device_names=tuple(read_device(device).name for device in rests.devices) if rests else (),
        networks=tuple(rests.networks) if rests else (),
        device_seen=row.device in rests.devices if rests else None,
        network_seen=row.model in rests.networks if rests else None,
        level=band.level,
        low=band.low / band.mid,
        high=band.high / band.mid,
        note=message("validation.kinds", items=tuple(_kind(kind) for kind in transfer.residuals)),
    )


def _kind(kind: Residuals) -> str:
    return message(
        "validation.kind",
        kind=message(f"network_kind.{kind.kind}"),
        observations=kind.observations,
        low=format_number(kind.low, 2),
        high=format_number(kind.high, 2),
        median=format_percent(math.expm1(_MEDIAN_OF_NORMAL * kind.spread)),
    )


def _datasheet(row: PublishedAccuracy, option: Option, correction: Shortfall) -> PublishedAccuracy:
    kind = option.compute_unit.kind
    published = read_engine(GENERIC_ENGINE if correction.borrowed else option.engine).units.get(kind)
    pairs = published.shortfall_pairs if published else None
    return replace(
        row,
        basis="datasheet",
        rows=None if pairs is None else int(pairs.value),
        median=correction.median,
        p90=correction.p90,
        note=correction.note,
    )
