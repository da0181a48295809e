"""Schema of `hardware_db/devices/<id>.yaml`: one part, each number with its source and status."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device_heat import ThermalSpec, thermal_conflicts
from planner.schema.hardware.host import LinkId, NeedsHost, PartLink
from planner.schema.hardware.source import Source
from planner.schema.hardware.video import VideoUnits
from planner.schema.reading.quantity import (
    Bytes,
    BytesPerSecond,
    Celsius,
    Hertz,
    Metres,
    Money,
    OpsPerSecond,
    PerSecond,
    Seconds,
    Sourced,
    SourcedBlock,
    Watts,
    refuse,
    source_conflicts,
)
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all


class Precision(StrEnum):
    """Number formats that a unit computes in."""

    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    FP8 = "fp8"
    FP4 = "fp4"
    INT8 = "int8"
    INT4 = "int4"

    @classmethod
    def _missing_(cls, value: object) -> Precision | None:
        """INT8 is int8; NVIDIA's FP4 with a scale for 16 numbers is the fp4 that its parts compute in."""
        lowered = value.lower() if isinstance(value, str) else value
        if lowered == "nvfp4":
            return cls.FP4
        return next((item for item in cls if item.value == lowered), None)


PrecisionName = Annotated[Precision, Field(strict=False)]
UnitKind = Literal["gpu", "dla", "npu", "cpu"]
Form = Literal["module", "board", "card", "server"]
ByMode = dict[str, Sourced[Annotated[OpsPerSecond, Field(gt=0)]]]


class QuotedRow(SourcedBlock):
    """A network's time that a source of the part quotes: a latency, or a rate of batch after batch."""

    network: str
    """Of the zoo."""
    engine: str
    precision: PrecisionName
    batch: Annotated[int, Field(ge=1)] = 1
    latency_s: Sourced[Annotated[Seconds, Field(gt=0)]] | None = None
    rate_per_s: Sourced[Annotated[PerSecond, Field(gt=0)]] | None = None
    """Images a second."""
    link: LinkId | None = None
    """To the host; the one over which the part was measured unless given."""

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.latency_s is None) == (self.rate_per_s is None):
            raise refuse("either `latency` or `rate`", "neither" if self.latency_s is None else "both")
        return self

    @property
    def time_s(self) -> float:
        """Of one batch."""
        if self.rate_per_s is not None:
            return self.batch / self.rate_per_s.value
        return self.latency_s.value if self.latency_s is not None else 0.0


class ComputeUnit(SourcedBlock):
    """One kind of compute unit; peaks are dense and for one instance of the unit."""

    kind: UnitKind
    name: str
    count: Sourced[int]
    """How many of this unit the part has; a network runs on one of them."""
    engines: list[str] = Field(min_length=1)
    """Engines that run on this unit, the usual one first."""
    fallback: dict[PrecisionName, PrecisionName] = Field(default_factory=dict)
    """What the part does when asked for a precision that it lacks."""
    peaks_ops_per_s: dict[PrecisionName, ByMode] = Field(min_length=1)
    sparse_peaks_ops_per_s: dict[PrecisionName, ByMode] = Field(default_factory=dict)
    ceilings_ops_per_s: dict[PrecisionName, ByMode] = Field(default_factory=dict)
    """What the best measured kernel reached; never above the peak."""
    clocks_hz: dict[str, Sourced[Hertz]] = Field(default_factory=dict)
    active: dict[str, Sourced[int]] = Field(default_factory=dict)
    """Partitions (TPCs of a GPU, cores of a CPU) that are powered in each mode."""
    ops_per_clock: dict[PrecisionName, Sourced[float]] = Field(default_factory=dict)
    """Dense operations that one partition does in one clock; a multiply-accumulate is two."""
    parts: dict[str, Sourced[float]] = Field(default_factory=dict)
    """Counts of what the unit is made of: cores, tensor_cores, ..."""
    caches_bytes: dict[str, Sourced[Bytes]] = Field(default_factory=dict)
    """Sizes of the caches and local memories of the whole unit."""
    quoted: list[QuotedRow] = Field(default_factory=list)
    """Networks whose times the part's own sources quote."""
    remarks: str | None = None


class Memory(SourcedBlock):
    """The memory that the units compute from."""

    capacity_bytes: Sourced[Bytes]
    shared: bool
    """Whether the host's operating system lives in the same memory."""
    reserved_bytes: Sourced[Bytes] | None = None
    bandwidth_bytes_per_s: dict[str, Sourced[BytesPerSecond]]
    ceilings_bytes_per_s: dict[str, Sourced[BytesPerSecond]] = Field(default_factory=dict)
    """The best measured stream of reads and writes in a mode."""
    on_chip: bool = False
    """Whether there is no memory but that on the chip: weights beyond it come from the host."""
    technology: str | None = None
    width_bits: Sourced[int] | None = None
    """Of the bus to the memory, all channels together."""
    clocks_hz: dict[str, Sourced[Hertz]] = Field(default_factory=dict)
    """Clock of the memory's interface; data move `transfers_per_clock` times in each."""
    transfers_per_clock: Sourced[int] | None = None
    """Two for double data rate, which is taken where nothing is said."""

    @model_validator(mode="after")
    def _technology_agrees(self) -> Self:
        if (self.technology or "").startswith("on chip") != self.on_chip:
            got = f"technology {self.technology!r} with on_chip {str(self.on_chip).lower()}"
            raise refuse_all([Conflict(("on_chip",), "`on_chip: true` where the technology says so", got)])
        return self


class HostLink(SourcedBlock):
    """How a card is attached to its host."""

    technology: str
    bandwidth_bytes_per_s: Sourced[BytesPerSecond]
    """In one direction."""


class Dimensions(SourcedBlock):
    """Outer dimensions, for the density of a rack."""

    length_m: Sourced[Metres]
    width_m: Sourced[Metres]
    height_m: Sourced[Metres] | None = None
    includes: str
    """What was measured: the bare module, with heat sink, ..."""


class OperatingAir(SourcedBlock):
    """Air at the part's inlet that its maker allows at full load."""

    lowest_c: Sourced[Celsius] | None = None
    highest_c: Sourced[Celsius]


class Mode(SourcedBlock):
    """A power mode: the limit the vendor states and the draw when idle."""

    id: str
    default: bool = False
    """The mode in which the part is delivered, used where none is asked for."""
    vendor_name: str | None = None
    power_limit_w: Sourced[Watts]
    idle_w: Sourced[Watts]


PriceCovers = Literal["part", "kit", "chip"]
PriceKind = Literal["list", "launch", "shop"]


class Price(SourcedBlock):
    """What one part costs, when and according to whom."""

    amount_money: Sourced[Money]
    date: str
    covers: PriceCovers = "part"
    """`kit` where only the price of a developer kit, with its carrier, is known; `chip` where it is that of a
    processor alone, which needs a board, memory and a case."""
    kind: PriceKind | None = None
    """`launch`: what the maker asked when it came out; `list`: what its list says at `date`; `shop`: the
    least that shops asked then."""


class OrderCode(StrictModel):
    """What the part is ordered by, and the document that says so."""

    value: str
    source: str


class Label(SourcedBlock):
    """The headline on the box and what it adds up: so many of each unit, dense or sparse, in one mode."""

    headline_ops_per_s: Sourced[OpsPerSecond]
    precision: PrecisionName
    sparse: bool
    mode: str
    units: dict[str, int] = Field(min_length=1)
    """How many of each unit the headline counts."""


class OtherValue(StrictModel):
    """A value that another source, named by its id, gives for the same number."""

    value: str
    source: str


class Contradiction(StrictModel):
    """Two sources that disagree: what is used, what was set aside, and why."""

    about: str
    used: str
    others: list[OtherValue] = Field(min_length=1)
    why: str


class Device(StrictModel):
    """One part that can be bought."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    name: str
    vendor: str
    year: Sourced[int]
    form: Form
    architecture: str
    sources: dict[str, Source]
    units: dict[str, ComputeUnit] = Field(min_length=1)
    memory: Memory
    modes: list[Mode] = Field(min_length=1)
    thermal: ThermalSpec
    operating_air: OperatingAir | None = None
    """Stated where the maker gives it for the air, and not for the case or a plate."""
    host_link: HostLink | None = None
    needs_host: NeedsHost | None = None
    """What the part needs of a computer, where it is none itself."""
    link: PartLink | None = None
    """Links that it can have to it, and over which it was measured."""
    video: VideoUnits | None = None
    """Decoders, encoders and scalers of an own part; `hardware_db/video` has those of shipped parts."""
    size: Dimensions | None = None
    price: Price | None = None
    order_code: OrderCode | None = None
    label: Label | None = None
    label_note: str | None = None
    """How the figure on the label comes about."""
    contradictions: list[Contradiction] = Field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Device {self.id}: {self.name}>"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        conflicts = [
            *self._mode_conflicts(),
            *self._power_conflicts(),
            *self._fallback_conflicts(),
            *self._label_conflicts(),
            *thermal_conflicts(self.thermal),
            *self._source_conflicts(),
        ]
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _mode_conflicts(self) -> Iterator[Conflict]:
        modes = [mode.id for mode in self.modes]
        if len(set(modes)) != len(modes):
            yield Conflict(("modes",), "mode ids that differ", ", ".join(modes))
        defaults = [mode.id for mode in self.modes if mode.default]
        if len(defaults) != 1:
            got = ", ".join(defaults) or "none"
            yield Conflict(("modes",), "exactly one mode with `default: true`", got)
        for path, named, complete in self._tables_by_mode():
            for mode in sorted(named - set(modes)):
                yield Conflict((*path, mode), f"one of the modes {', '.join(modes)}", f"{mode!r}")
            missing = [mode for mode in modes if mode not in named]
            if complete and missing:
                yield Conflict(path, "a number for every mode", f"none for {', '.join(missing)}")

    def _tables_by_mode(self) -> Iterator[tuple[tuple[str, ...], set[str], bool]]:
        """Key path, modes named there, and whether every mode has to be there."""
        yield ("memory", "bandwidth"), set(self.memory.bandwidth_bytes_per_s), True
        yield ("memory", "ceilings"), set(self.memory.ceilings_bytes_per_s), False
        yield ("memory", "clocks"), set(self.memory.clocks_hz), False
        for unit_id, unit in self.units.items():
            where = ("units", unit_id)
            yield (*where, "clocks"), set(unit.clocks_hz), False
            yield (*where, "active"), set(unit.active), False
            for precision, by_mode in unit.peaks_ops_per_s.items():
                yield (*where, "peaks", precision.value), set(by_mode), True
            for precision, by_mode in unit.sparse_peaks_ops_per_s.items():
                yield (*where, "sparse_peaks", precision.value), set(by_mode), False
            for precision, by_mode in unit.ceilings_ops_per_s.items():
                yield (*where, "ceilings", precision.value), set(by_mode), False

    def _power_conflicts(self) -> Iterator[Conflict]:
        for i, mode in enumerate(self.modes):
            if mode.idle_w.value >= mode.power_limit_w.value:
                limit = f"less than the limit of {mode.power_limit_w.value:g} W"
                got = f"{mode.idle_w.value:g} W"
                yield Conflict(("modes", i, "idle"), limit, got, of_values=True)

    def _fallback_conflicts(self) -> Iterator[Conflict]:
        for unit_id, unit in self.units.items():
            for asked, used in unit.fallback.items():
                path = ("units", unit_id, "fallback", asked.value)
                if asked in unit.peaks_ops_per_s:
                    yield Conflict(
                        path, "a precision that the unit lacks", f"{asked.value}, which has a peak"
                    )
                if used not in unit.peaks_ops_per_s:
                    yield Conflict(path, "a precision that has a peak", used.value)

    def _label_conflicts(self) -> Iterator[Conflict]:
        label = self.label
        if label is None:
            return
        modes = [mode.id for mode in self.modes]
        if label.mode not in modes:
            expected = f"one of the modes {', '.join(modes)}"
            yield Conflict(("label", "mode"), expected, f"{label.mode!r}")
            return
        for unit_id, count in label.units.items():
            path = ("label", "units", unit_id)
            if unit_id not in self.units:
                expected = f"one of the units {', '.join(self.units)}"
                yield Conflict(path, expected, f"{unit_id!r}")
                continue
            unit = self.units[unit_id]
            if not 1 <= count <= unit.count.value:
                yield Conflict(path, f"1 to {unit.count.value}, the count of that unit", str(count))
            table = unit.sparse_peaks_ops_per_s if label.sparse else unit.peaks_ops_per_s
            if label.mode not in table.get(label.precision, {}):
                kind = "sparse peak" if label.sparse else "peak"
                expected = f"a unit with a {kind} in {label.precision.value} in {label.mode}"
                yield Conflict(path, expected, f"{unit_id!r}, which has none")

    def _source_conflicts(self) -> Iterator[Conflict]:
        yield from source_conflicts(self, self.sources)
        if self.order_code is not None and self.order_code.source not in self.sources:
            expected = f"one of the sources {', '.join(self.sources)}"
            yield Conflict(("order_code", "source"), expected, f"{self.order_code.source!r}")
        for i, contradiction in enumerate(self.contradictions):
            for k, other in enumerate(contradiction.others):
                if other.source not in self.sources:
                    path = ("contradictions", i, "others", k, "source")
                    expected = f"one of the sources {', '.join(self.sources)}"
                    yield Conflict(path, expected, f"{other.source!r}")
