"""Keys of `planner check`: the baseline that it keeps, and what a changed network does beside it."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from planner.schema.record.estimate import MemoryRecord
from planner.schema.record.options import OptionalBandRecord

BASELINE: Literal[1] = 1
"""Version of the file that `--write-baseline` writes."""


class FiguresRecord(TypedDict):
    """A network on one part: the setting, and what is compared. Bands are null where it does not fit."""

    device: str
    unit: str
    mode: str
    engine: str
    precision: str
    batch: int
    latency_s: OptionalBandRecord
    planning_latency_s: OptionalBandRecord
    energy_per_inference_j: OptionalBandRecord
    memory_bytes: MemoryRecord
    fits: bool
    provenance: str
    transfer: str | None


class CountsRecord(TypedDict):
    """What does not depend on a part."""

    macs: int
    flops: int
    parameters: int
    weight_bytes: int


class AskedRecord(TypedDict):
    """How each part was asked; null took what is usual, and `batch` null that of the file."""

    unit: str | None
    mode: str | None
    precision: str | None
    engine: str | None
    batch: int | None


class BaselineRecord(TypedDict):
    """A network on several parts, kept to compare a later one with."""

    baseline: Literal[1]
    planner: str
    model: str
    sha256: str
    counts: CountsRecord
    asked: AskedRecord
    rows: list[FiguresRecord]


class AgainstRecord(TypedDict):
    """The baseline that was compared with."""

    file: str
    planner: str
    model: str
    sha256: str
    counts: CountsRecord


class ChangesRecord(TypedDict):
    """New over old less one, of middle values; null where one of both is unknown."""

    latency: float | None
    memory: float | None
    energy: float | None


class CheckRowRecord(TypedDict):
    """One part: before (null without a baseline), after (null where the network does not run), what broke."""

    device: str
    passed: bool
    before: FiguresRecord | None
    after: FiguresRecord | None
    changes: ChangesRecord
    reasons: list[str]
    broken: list[str]
    """Which of latency, memory, energy and run the reasons are about, one for each."""


class CheckLimitsRecord(TypedDict):
    """What was asked of every part; null is no limit."""

    max_latency_s: float | None
    max_memory_bytes: float | None
    max_energy_j: float | None
    max_increase: float | None
    plan_for: Literal["typical", "cautious"]


class CheckRecord(TypedDict):
    """What a change of a network does on the chosen parts."""

    model: str
    sha256: str
    planner: str
    counts: CountsRecord
    against: AgainstRecord | None
    limits: CheckLimitsRecord
    passed: bool
    rows: list[CheckRowRecord]
    notes: list[str]
