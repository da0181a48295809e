"""How well latency is predicted for the networks on the chosen part: from what was left out of fits."""

from __future__ import annotations

import math

from planner.hardware.catalog import read_engine
from planner.latency.planning import GENERIC_ENGINE, Shortfall
from planner.latency.transfer.store import fitted_title, transfer_named
from planner.plan.options.option import NetworkOnPart, Option
from planner.plan.study.study import Study
from planner.schema.fitted.transfer import Residuals
from planner.units import format_percent
from planner.wording.message import message

_MEDIAN_OF_NORMAL = 0.6745
"""Median of the absolute value of a standard normal number: what turns a spread into a median error."""


def validation_record(study: Study) -> list[dict[str, object]]:
    """One row a network of the chosen option; none where nothing was chosen."""
    if study.simulated is None:
        return []
    option = study.simulated.option
    return [_row(option, item) for item in option.networks]


def _row(option: Option, item: NetworkOnPart) -> dict[str, object]:
    estimate = item.estimate
    row: dict[str, object] = {
        "model": estimate.model,
        "device": option.device,
        "engine": option.engine,
        "basis": "measured",
        "title": option.engine,
        **dict.fromkeys(("rows", "observations", "device_seen", "network_seen", "level", "low", "high")),
        "devices": [],
        "networks": [],
        "median": None,
        "p90": None,
        "note": None,
    }
    if estimate.rests_on is not None:
        return {**row, **_transferred(option, item, estimate.rests_on)}
    if item.shortfall is not None:
        return {**row, **_datasheet(option, item.shortfall)}
    return row


def _transferred(option: Option, item: NetworkOnPart, transfer_id: str) -> dict[str, object]:
    """The band in use, and where measurements lay that the fit had not seen, by kind of network."""
    transfer, band = transfer_named(transfer_id), item.estimate.latency_s
    rests = transfer.rests_on
    return {
        "basis": "transferred",
        "title": fitted_title(transfer),
        "rows": rests.rows if rests else None,
        "observations": sum(kind.observations for kind in transfer.residuals),
        "devices": rests.devices if rests else [],
        "networks": rests.networks if rests else [],
        "device_seen": option.device in rests.devices if rests else None,
        "network_seen": item.estimate.model in rests.networks if rests else None,
        "level": band.level,
        "low": band.low / band.mid,
        "high": band.high / band.mid,
        "note": message("validation.kinds", items=tuple(_kind(kind) for kind in transfer.residuals)),
    }


def _kind(kind: Residuals) -> str:
    return message(
        "validation.kind",
        kind=message(f"network_kind.{kind.kind}"),
        observations=kind.observations,
        low=f"{kind.low:.2g}",
        high=f"{kind.high:.2g}",
        median=format_percent(math.expm1(_MEDIAN_OF_NORMAL * kind.spread)),
    )


def _datasheet(option: Option, correction: Shortfall) -> dict[str, object]:
    kind = option.compute_unit.kind
    published = read_engine(GENERIC_ENGINE if correction.borrowed else option.engine).units.get(kind)
    pairs = published.shortfall_pairs if published else None
    return {
        "basis": "datasheet",
        "rows": None if pairs is None else int(pairs.value),
        "median": correction.median,
        "p90": correction.p90,
        "note": correction.note,
    }
