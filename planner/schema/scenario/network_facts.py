"""What a scenario may say of a network beyond its file: how it was compressed, how its tool chain runs it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from planner.schema.reading.quantity import Ratio, Seconds, refuse
from planner.schema.reading.strict import StrictModel

Share = Annotated[Ratio, Field(le=1)]


class AccuracySpec(StrictModel):
    """Accuracy before and after compression, in one measure, and the least that the task takes."""

    full_ratio: Share
    compressed_ratio: Share
    least_ratio: Share


class Pruning(StrictModel):
    """Weights set to zero: how many, in which pattern, and what is expected of it."""

    pruned_ratio: Share
    pattern: Literal["unstructured", "structured", "two_of_four"]
    """Single weights anywhere, whole channels, or two of every four in a row."""
    one_rate: bool = False
    """Whether every layer was pruned at the same rate."""
    first_layers_ratio: Share | None = None
    """The share pruned of the first layers."""
    claimed_speedup_ratio: Ratio | None = None
    """Latency before over latency after, as the plan expects it."""


class Compression(StrictModel):
    """How a network was made smaller, and what was checked."""

    accuracy: AccuracySpec | None = None
    checked_per_layer: bool = False
    """Whether the loss was looked at layer by layer."""
    pruning: Pruning | None = None
    activation_bits: int | None = Field(default=None, ge=1)
    distilled: Literal["features", "outputs"] | None = None
    """What the small network was taught: intermediate features too, or the outputs alone."""


class Toolchain(StrictModel):
    """How the network gets to the unit and back."""

    copies: Literal["none", "asynchronous", "synchronous"] | None = None
    """How inputs reach the unit's memory: not at all (zero copy), beside its work, or before it."""
    dynamic_axes: bool = False
    """Whether extents change from one inference to the next."""
    engine_built: Literal["ahead", "at_start"] | None = None
    """Whether the engine's kernels are chosen before delivery, or whenever the service starts."""
    first_run_s: Seconds | None = None
    """How long the first inference after a start takes."""

    @model_validator(mode="after")
    def _first_run_is_known(self) -> Self:
        if self.engine_built == "at_start" and self.first_run_s is None:
            raise refuse("`first_run` beside `engine_built: at_start`", None)
        return self


class NetworkFacts(StrictModel):
    """What is known of one network of the scenario."""

    compression: Compression | None = None
    toolchain: Toolchain | None = None
