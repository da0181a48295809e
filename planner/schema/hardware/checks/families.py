"""Schema of `hardware_db/checks/families.yaml`: what chips of a family have and have not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from planner.schema.hardware.device import PrecisionName
from planner.schema.hardware.source import Source
from planner.schema.hardware.video import Codec
from planner.schema.reading.strict import Conflict, StrictModel, refuse_all


class FamilyUnits(StrictModel):
    """Decoders or encoders: how many of one kind the largest chip has, and the codecs they know."""

    most: int | None = Field(default=None, ge=1)
    codecs: list[Codec] = Field(min_length=1)
    source: str | None = None
    """Where it is another document than the family's."""


class Family(StrictModel):
    """One family; what it leaves out is not compared.

    It is that of parts whose `architecture` or id one of the patterns matches, `*` for any text.
    """

    name: str
    architecture: list[str] = Field(default_factory=list)
    parts: list[str] = Field(default_factory=list)
    source: str
    precisions: list[PrecisionName] = Field(default_factory=list)
    """Those that the graphics unit may have a peak in."""
    rates: dict[PrecisionName, list[float]] = Field(default_factory=dict)
    """Peaks of matrix arithmetic over that in FP16, one of the list."""
    pcie: int | None = None
    """The newest generation that the chips speak."""
    decoders: FamilyUnits | None = None
    encoders: FamilyUnits | None = None
    no_encoder: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        conflicts = [*self._conflicts()]
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _conflicts(self) -> Iterator[Conflict]:
        if not self.architecture and not self.parts:
            yield Conflict(("architecture",), "patterns of architectures or of `parts`", "none")
        if self.no_encoder and self.encoders is not None:
            yield Conflict(("no_encoder",), "either `encoders` or `no_encoder`", "both")
        for precision in self.rates:
            if precision not in self.precisions:
                yield Conflict(("rates", precision.value), "a precision of `precisions`", precision.value)


class Families(StrictModel):
    """Every family, and the documents that describe them."""

    schema_version: Literal[1] = Field(alias="schema")
    sources: dict[str, Source]
    families: list[Family] = Field(min_length=1)

    @model_validator(mode="after")
    def _sources_are_known(self) -> Self:
        used = {source for family in self.families for source in _documents(family)}
        unknown, unused = sorted(used - set(self.sources)), sorted(set(self.sources) - used)
        expected, wanted = f"one of the sources {', '.join(self.sources)}", "a source that a family names"
        conflicts = [Conflict(("families",), expected, repr(name)) for name in unknown]
        conflicts += [Conflict(("sources", name), wanted, "no use of it") for name in unused]
        if conflicts:
            raise refuse_all(conflicts)
        return self


def _documents(family: Family) -> Iterator[str]:
    yield family.source
    for units in (family.decoders, family.encoders):
        if units is not None and units.source is not None:
            yield units.source
