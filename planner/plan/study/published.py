"""The fitted models of the chosen option beside the published latencies that they were fitted on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from planner.latency.transfer.published import PublishedRow, published
from planner.latency.transfer.store import fitted_title, transfer_named
from planner.plan.options.option import NetworkOnPart, Option


@dataclass(frozen=True, slots=True)
class PublishedFit:
    """One model, its rows, and the band that the plan counts with, as measured over predicted."""

    title: str
    device: str
    level: float
    low: float
    high: float
    rows: tuple[PublishedRow, ...]
    planned: tuple[NetworkOnPart, ...]

    @property
    def own(self) -> int:
        """How many rows are of the chosen part."""
        return sum(row.device == self.device for row in self.rows)


def published_fits(option: Option) -> tuple[PublishedFit, ...]:
    """One entry a fitted model that the option rests on, its own part's rows first; none without a model."""
    found: dict[str, PublishedFit] = {}
    for item in option.networks:
        name, band = item.estimate.rests_on, item.estimate.latency_s
        if name is None:
            continue
        if name in found:
            found[name] = replace(found[name], planned=(*found[name].planned, item))
            continue
        rows = sorted(published(name), key=lambda row: (row.device != option.device, row.row))
        found[name] = PublishedFit(
            title=fitted_title(transfer_named(name)),
            device=option.device,
            level=band.level or 0.0,
            low=band.low / band.mid,
            high=band.high / band.mid,
            rows=tuple(rows),
            planned=(item,),
        )
    return tuple(found.values())


def predicted_s(row: PublishedRow) -> float:
    """What the model says of a row: the latency over measured over predicted."""
    return row.latency_s / math.exp(row.log_ratio)
