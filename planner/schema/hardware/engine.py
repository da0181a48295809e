"""Schema of `hardware_db/engines/<id>.yaml`: what an engine fuses and what a kernel costs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device import PrecisionName, UnitKind
from planner.schema.hardware.source import SourcedFile
from planner.schema.reading.quantity import (
    Ratio,
    Seconds,
    Sourced,
    SourcedBlock,
    refuse,
)
from planner.schema.reading.strict import StrictModel

VersionText = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6}){0,3}$")]
"""Numbers with points between, as `8.6.1`."""

OperatorName = Annotated[str, Field(min_length=1)]
"""As ONNX spells it, with its domain before a colon; with a small letter first, a group of them."""


class FusionRuleSpec(StrictModel):
    """Operators that the engine runs as one kernel: a chain that starts at an anchor.

    Names that begin with a small letter are operator groups.
    """

    name: str
    anchor: list[OperatorName] = Field(min_length=1)
    absorbs: list[OperatorName]
    max_nodes: int = Field(default=12, ge=1)
    extra_reads: int = Field(default=1, ge=0)
    """Activations read beside those of the anchor, such as a residual branch."""
    vectors_only: bool = False
    """Whether a constant operand must be a bias: one value for each row or column of the product at most."""
    requires: list[OperatorName] = Field(default_factory=list)
    """Operators that must all be there for the rule to apply."""
    generated: bool = False
    """Whether the engine writes the kernel for the chain at hand, so that registers limit its length."""


class KeptApart(StrictModel):
    """Operators that stay kernels of their own behind these anchors, and why."""

    anchor: list[OperatorName] = Field(min_length=1)
    operators: list[OperatorName] = Field(min_length=1)
    reason: str


class RegisterPressure(StrictModel):
    """What a kernel generated for so many operators needs, and whether it still pays."""

    operators: int = Field(ge=1)
    registers: int = Field(ge=1)
    verdict: Literal["fuse", "edge", "apart"]


class ChannelBlocks(StrictModel):
    """How the engine keeps channels in vector blocks on a processor."""

    size: int = Field(ge=1)
    """Channels in a block."""
    multiple: int = Field(ge=1)
    """A convolution goes into blocks if the channels that it reads are a multiple of this."""
    source: str
    note: str | None = None


class OperatorLimit(StrictModel):
    """A limit that an operator has to keep to run on a kind of unit.

    `rule` says of what: `attribute` of the ONNX attribute named, every number of it at most `most`; `extent`
    of every extent but the first of what is read and written; `rank` of the number of extents; `window` of
    the extents that a global pooling takes in; `axis`, the attribute must be `most`; `weights`, the second
    input must be constant; `bidirectional`, a recurrent layer must go one way; `absent`, the operator does
    not run at all. `units`, where given, are shell patterns of the units' names that the limit holds for.
    """

    rule: Literal["attribute", "extent", "rank", "window", "axis", "weights", "bidirectional", "absent"]
    operators: list[OperatorName] = Field(default_factory=list)
    """Empty: all."""
    attribute: str | None = None
    most: int | None = None
    units: list[str] = Field(default_factory=list)
    told: str
    """What the operator has, in words: `a window over 32`."""


class IntegerForm(StrictModel):
    """How fast products of whole numbers run where the engine's fast code does not take them.

    It holds for products whose `operators` and classes (empty: all) match and whose activations and weights
    have the number types of `activations` and `weights` (empty: any), on units of which `words` (shell
    patterns of name or architecture, in any case; empty: all) match. The first form that matches holds; what
    none matches runs at the peak of the precision.
    """

    operators: list[OperatorName] = Field(min_length=1)
    classes: list[str] = Field(default_factory=list)
    activations: list[str] = Field(default_factory=list)
    weights: list[str] = Field(default_factory=list)
    words: list[str] = Field(default_factory=list)
    of_float_rate: float = Field(gt=0)
    """Rate of these products over that of the same ones in 32-bit floats on the same unit."""
    least: float = Field(gt=0)
    most: float = Field(gt=0)
    """Between which that rate lies on processors of this kind."""
    source: str
    note: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.least <= self.of_float_rate <= self.most:
            raise refuse("`least` up to `of_float_rate` up to `most`",
                         f"{self.least}, {self.of_float_rate}, {self.most}")  # fmt: skip
        return self


class RunsAs(StrictModel):
    """A number format that the engine computes in another of its own accord, where a unit has that."""

    asked: PrecisionName
    runs: PrecisionName
    source: str
    why: str


class EngineVersion(StrictModel):
    """The version that is taken where nobody names one; `words` are patterns of units that have another."""

    version: VersionText
    words: list[str] = Field(default_factory=list)
    source: str
    why: str


class HeadLimits(StrictModel):
    """What attention has to keep to so that an engine makes one kernel of it."""

    least: int = Field(default=1, ge=1)
    most: int = Field(default=1 << 20, ge=1)
    multiple: int = Field(default=1, ge=1)
    """Of the head's size."""
    longest: int = Field(default=1 << 30, ge=1)
    """Of queries and of keys."""


class FusedWhere(StrictModel):
    """Where an engine applies some of its fusion rules, by whose word.

    Of the entries that name a rule the first that fits decides: kind of unit, version (`since` is in it,
    `before` is not), number format, and shell patterns of the unit's name or architecture. A rule that is
    named here and that no entry fits does not apply: its operators run one by one.
    """

    rules: list[str] = Field(min_length=1)
    fused: bool = True
    unit_kinds: list[UnitKind] = Field(default_factory=list)
    since: VersionText | None = None
    before: VersionText | None = None
    precisions: list[PrecisionName] = Field(default_factory=list)
    words: list[str] = Field(default_factory=list)
    heads: HeadLimits | None = None
    source: str
    says: str
    """What the source says."""


class KeptInFloats(StrictModel):
    """What an engine computes in floats where a network of floats is asked for in 8 bits.

    Kernels without weights that hold one of `operators`, and products of two activations where `products`.
    """

    runs: PrecisionName
    operators: list[OperatorName] = Field(min_length=1)
    products: bool
    source: str
    says: str


class Pipeline(StrictModel):
    """How long a frame is under way in a chip whose layers all work at once, in intervals between frames."""

    low: float = Field(ge=1)
    mid: float = Field(ge=1)
    high: float = Field(ge=1)
    source: str
    note: str


class ShortfallRows(StrictModel):
    """The published rows behind a shortfall, and how many networks and parts they are of."""

    rows: int
    networks: int
    parts: int


class Support(StrictModel):
    """What is known of what an engine runs on a kind of unit, of which version and by whose word."""

    version: str
    source: str
    note: str | None = None


class EngineOnUnit(SourcedBlock):
    """What one engine costs on one kind of unit beyond arithmetic and memory traffic."""

    launch_s: Sourced[Seconds]
    """Time added by each kernel."""
    fixed_s: Sourced[Seconds]
    """Time added by each inference, whatever the network."""
    shortfall_median_ratio: Sourced[Ratio] | None = None
    """Median of published latency over the middle of the datasheet band."""
    shortfall_p90_ratio: Sourced[Ratio] | None = None
    """90th percentile of the same ratio."""
    shortfall_pairs: Sourced[int] | None = None
    """Pairs of network and part behind both."""
    shortfall_rows: ShortfallRows | None = None
    """Rows behind both."""
    support: Support | None = None
    """What the next four rest on; none of them is known without it."""
    operators: list[OperatorName] | None = None
    """ONNX operators that run on this kind of unit at all; others fall back. All do where none are named."""
    limits: list[OperatorLimit] = Field(default_factory=list)
    """What operators that run have to keep to beside."""
    precisions: list[PrecisionName] | None = None
    """Number formats that the engine computes in on this kind of unit; those of the unit where not named."""
    pipeline: Pipeline | None = None
    """Of a data-flow chip, for networks that stay on it; one that is cut into contexts takes one interval."""
    copies_measured: bool = False
    """Whether published runs of the engine copied inputs and outputs between host and unit."""
    runs_as: list[RunsAs] = Field(default_factory=list)
    """Formats that it computes in others where the unit has them."""
    weights_beyond_chip: Literal["streamed", "refused"] | None = None
    """What happens to weights that the memory on a chip without any other does not hold."""
    integer_forms: list[IntegerForm] = Field(default_factory=list)
    """Products of whole numbers that do not run at the peak in 8 bits."""
    recurrent_step_s: Sourced[Seconds] | None = None
    """What each step of each direction of a recurrent layer adds, where steps run one after the other."""
    kept_in_floats: KeptInFloats | None = None
    """What stays in floats of a network that is asked for in 8 bits."""

    @model_validator(mode="after")
    def _known_by_somebody(self) -> Self:
        named = {"operators": self.operators, "precisions": self.precisions,
                 "weights_beyond_chip": self.weights_beyond_chip}  # fmt: skip
        if self.support is None and (given := [name for name, value in named.items() if value]):
            raise refuse(f"`support` with version and source for {', '.join(given)}", "none")
        return self


class Engine(SourcedFile):
    """An inference engine: fusion rules and overheads per kind of unit.

    An engine that `extends` another knows its operator groups and register table, and applies those of its
    rules that it `takes` before its own.
    """

    name: str
    units: dict[UnitKind, EngineOnUnit]
    extends: str | None = None
    takes: list[str] = Field(default_factory=list)
    operator_groups: dict[str, list[OperatorName]] = Field(default_factory=dict)
    fusion: list[FusionRuleSpec] = Field(default_factory=list)
    kept_apart: list[KeptApart] = Field(default_factory=list)
    versions: list[EngineVersion] = Field(default_factory=list)
    """Which version is meant where none is named, the first whose words fit; none where all are alike."""
    fused_where: list[FusedWhere] = Field(default_factory=list)
    """Rules that do not hold in all versions, on all units and in all number formats."""
    register_pressure: list[RegisterPressure] = Field(default_factory=list)
    channel_blocks: ChannelBlocks | None = None
    runs_file_as_is: bool = False
    """Whether a file computes in the number format of its tensors, so that another one takes another file."""
    layers: dict[str, list[str]] = Field(default_factory=dict)
    """The ONNX operators that the engine's layers represent, where it keeps no names of the file."""
