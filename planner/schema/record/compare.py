"""One network on many parts: what `planner compare` writes."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from planner.schema.record.estimate import EstimateRecord
from planner.schema.record.options import BandRecord, HostRecord


class MoneyRecord(TypedDict):
    """An amount with its currency."""

    amount: float
    currency: str


class RefusalRecord(TypedDict):
    """A combination that the part or the engine cannot run at all, and why."""

    device: str
    mode: str
    precision: str
    reason: str


class CandidateRecord(EstimateRecord):
    """An estimate with its verdict."""

    planning_latency_s: BandRecord
    feasible: bool
    reasons: list[str]
    pareto: bool
    risk: float
    tie: bool
    loses: str
    units: int
    price: MoneyRecord | None
    """Of the part alone."""
    host: HostRecord | None
    """A computer to put it in where it is none: not in its price and power."""


class ComparisonRecord(TypedDict):
    """Every candidate, best first, and what cannot run; the command adds its warnings."""

    candidates: list[CandidateRecord]
    refused: list[RefusalRecord]
    contradiction: str | None
    planned_for: NotRequired[str]
    """Which end of the planning latency is compared with the limit: typical or cautious."""
    warnings: NotRequired[list[str]]
