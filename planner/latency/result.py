"""The answer for one network at one operating point: latency, throughput, power, energy and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.latency.band import Band
from planner.latency.link.over_link import LinkUse
from planner.latency.memory_use import MemoryUse
from planner.latency.network_time import (
    BoundShares,
    LayerEstimate,
)
from planner.latency.power.activity import Activity
from planner.latency.power.draw import Boundaries, energy_band
from planner.latency.transfer.effects import Used
from planner.provenance import Provenance
from planner.schema.hardware.device import Precision, UnitKind
from planner.shown import Shown
from planner.units import format_quantity
from planner.workload.workload import Unresolved

if TYPE_CHECKING:
    import pandas as pd

    from planner.latency.overhead import Overhead


Load = Literal["burst", "sustained"]


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """A unit of the part that was compared with the chosen one: its numbers, and why it is not taken.

    The numbers are None for a unit that cannot run the network.
    """

    unit: str
    kind: UnitKind
    count: int
    """How many of it the part has."""
    engine: str
    precision: Precision | None
    provenance: Provenance | None
    latency_s: Band | None
    """Of one batch."""
    planning_latency_s: Band | None
    reason: str
    """Why it is not taken."""


@dataclass(frozen=True, slots=True)
class InFastestMode:
    """What the same unit would give in its fastest power mode, in which publishers measure."""

    mode: str
    latency_s: Band
    """Of one batch, from in to out."""


@dataclass(frozen=True, slots=True, repr=False)
class Estimate(Shown):
    """The answer for one network on one unit of one part."""

    model: str
    device: str
    unit: str
    mode: str
    engine: str
    precision: Precision
    batch: int
    latency_s: Band
    """Time that the unit is taken by one batch: on a data-flow chip the interval between batches, of which
    one is under way for `frame_s`."""
    power_w: Band
    """Of the whole system at the plug where that is known, else of the part alone; see `power_boundary`."""
    part_power_w: Band
    """Of the part alone, never over the limit of its mode: what a plan adds carriers to."""
    idle_w: float
    """Of the same boundary as `power_w`, with nothing to do."""
    power_boundary: str
    power_rests_on: str | None
    """The family of the power model behind `power_w`; None where it is a judgement."""
    power_at: Boundaries
    """The same power at the unit's rail, the module, the board's input and the plug, where each is known."""
    power_assumed: tuple[str, ...]
    """Which of `idle` and `limit` of the mode nobody states or measured."""
    activity: Activity
    """What the unit does, as shares of its peaks and of the time."""
    peak_ops_per_s: float
    """Dense peak of one instance of the unit at the precision."""
    power_limit_w: float
    """Of the power mode, as the datasheet states it."""
    memory: MemoryUse
    bound: BoundShares
    provenance: Provenance
    power_provenance: Provenance
    layers: tuple[LayerEstimate, ...]
    fixed_s: float
    warnings: tuple[str, ...]
    unresolved: tuple[Unresolved, ...]
    rests_on: str | None = None
    """Id of the transferred model behind the latency; None where it is the datasheet's roofline."""
    calibration: str | None = None
    """SHA-256 of the file of the calibration behind the latency; None without one."""
    frame_s: Band | None = None
    """One batch from in to out on a chip that takes the next before; None where that is `latency_s`."""
    link: LinkUse | None = None
    """What a batch takes of the link to the host; None for parts that are computers themselves."""
    caller_s: float = 0.0
    """The share of `fixed_s` that the program around the engine takes."""
    engine_version: str | None = None
    """The version asked for, or the usual one on this unit; None where versions make no known difference."""
    anchors: tuple[Used, ...] = ()
    """Measurements that the latency is anchored on, with their weights."""
    hidden: tuple[Overhead, ...] = ()
    """Costs around inference, where they were asked for; see `planner.latency.overheads.around`."""
    load: Load = "burst"
    """Whether times are those of a short run at the clock of the mode, or of one that lasts."""
    limited_clock: float = 1.0
    """Share of that clock at which the part keeps the power limit of its mode for long."""
    instances: int | None = None
    """Workers that serve side by side, where so many were asked for; else as the part has the unit."""
    fastest: InFastestMode | None = None
    """Where no mode was asked for and the part is delivered in a slower one than its fastest."""
    others: tuple[OtherUnit, ...] = ()
    """Other units of the part, where none was named; see `planner.latency.units.compete`."""

    @property
    def use(self) -> float:
        """The busiest of arithmetic and memory traffic over the latency, as a share of the unit's peak."""
        return self.activity.use

    @property
    def bend(self) -> float:
        """Time of a batch in a run that lasts over that in a short one; one for what was measured here."""
        if self.calibration is not None or self.provenance == Provenance.MEASURED:
            return 1.0
        # Memory has a clock of its own.
        return self.bound.memory + (1.0 - self.bound.memory) / self.limited_clock

    @property
    def through_s(self) -> Band:
        """One batch from in to out."""
        return self.frame_s or self.latency_s

    @property
    def throughput_per_s(self) -> float:
        """Inferences per second of one instance that runs batch after batch."""
        return self.batch / self.latency_s.mid

    @property
    def energy_j(self) -> float:
        """Energy of one batch at the middle power and the middle latency."""
        return self.power_w.mid * self.latency_s.mid

    @property
    def useful_ops(self) -> float:
        """Operations of one inference: two for each multiply-accumulate."""
        return sum(2.0 * layer.macs for layer in self.layers) / self.batch

    @property
    def energy_per_inference_j(self) -> Band:
        """Energy of one inference, within the same boundary as `power_w`."""
        return energy_band(self.power_w, self.latency_s, self.batch)

    @property
    def fits(self) -> bool:
        """Whether the network fits the unit's memory."""
        return self.memory.fits

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        setting = (
            f"{self.model} on {self.device}/{self.unit}, mode {self.mode}, {self.engine} {self.precision}"
        )
        if not self.fits:
            return f"{setting}, batch {self.batch}: does not fit the memory"
        low, mid, high = (format_quantity(self.through_s.at(end), "s", 3) for end in ("low", "mid", "high"))
        return f"{setting}, batch {self.batch}: {mid} ({low} - {high}) [{self.provenance}]"

    def to_frame(self) -> pd.DataFrame:
        """One row per kernel; units are in the column names."""
        import pandas as pd

        return pd.DataFrame(layer.record() | {"op_types": "+".join(layer.op_types)} for layer in self.layers)
