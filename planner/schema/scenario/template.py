"""Schema of `scenarios/templates/<id>.yaml`: what a short question leaves open, and reasons."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from planner.schema.reading.quantity import Seconds
from planner.schema.reading.strict import StrictModel

Why = Annotated[str, Field(min_length=1)]


class Taken(StrictModel):
    """A value that is taken unless somebody says otherwise, and why; as a scenario writes it."""

    value: JsonValue
    why: Why
    share_of: Literal["latency", "period"] | None = None
    """The value is this share of the latency asked, or of the time between two frames."""
    most_s: Annotated[Seconds, Field(gt=0)] | None = None
    """And no more than this."""
    most_of: Literal["frames_within_latency"] | None = None
    """A whole number, and no more than the frames that come within the latency, one at least."""


class TemplateDevice(StrictModel):
    """A part that is looked at unless others are named."""

    device: str
    why: Why


class SiteKind(StrictModel):
    """One kind of site: keys of a scenario's `site`."""

    title: str
    usual_up_to: Annotated[int, Field(ge=1)] | None = None
    """Taken for as many cameras at most, where nobody says which kind; the first kind is taken for more."""
    settings: dict[str, Taken]


class Currencies(StrictModel):
    """What one unit of each currency costs in the first."""

    value: dict[str, Annotated[float, Field(gt=0)]]
    why: Why


class Template(StrictModel):
    """All that a short question leaves open, by the block of the scenario that it goes to."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    stream: dict[str, Taken]
    devices: list[TemplateDevice] = Field(min_length=1)
    candidates: dict[str, Taken]
    sites: dict[str, SiteKind]
    money: dict[str, Taken]
    currencies: Currencies
    planning: dict[str, Taken]
    simulation: dict[str, Taken]
    simulation_of_chains: dict[str, Taken]
    """In the place of those of `simulation` where frames come compressed or several networks look at them."""


class ConversationTemplate(StrictModel):
    """All that a question about users of a language model leaves open, by the block that it goes to."""

    schema_version: Literal[1] = Field(alias="schema")
    id: str
    stream: dict[str, Taken]
    devices: list[TemplateDevice] = Field(min_length=1)
    candidates: dict[str, Taken]
    site: dict[str, Taken]
    money: dict[str, Taken]
    planning: dict[str, Taken]
    simulation: dict[str, Taken]
