"""What a stream's frames are before the first network sees them, and the steps that they go through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from planner.schema.hardware.device import UnitKind
from planner.schema.hardware.video import CODECS, CodecName, usual_codec
from planner.schema.reading.quantity import BytesPerSecond, PerSecond, Seconds, refuse
from planner.schema.reading.strict import Conflict, StrictModel

_NAMED_SIZES = {
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4k": (3840, 2160),
    "2160p": (3840, 2160),
    "8k": (7680, 4320),
}
_SIZE = re.compile(r"^\s*(\d{2,5})\s*[xX×]\s*(\d{2,5})\s*$")
StepKind = Literal["decode", "convert", "network", "track", "encode"]
KINDS: tuple[StepKind, ...] = ("decode", "convert", "network", "track", "encode")


class FrameSize(StrictModel):
    """Width and height of a frame: `1920x1080`, `1080p` or `4K`."""

    width: int = Field(ge=16, le=16384)
    height: int = Field(ge=16, le=16384)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, dict):
            return value
        found = frame_size(value) if isinstance(value, str) else None
        if found is None:
            raise refuse("a size such as '1920x1080' or '1080p'", value, "1920x1080")
        return {"width": found[0], "height": found[1]}

    @property
    def pixels(self) -> int:
        """Of one frame."""
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def frame_size(text: str) -> tuple[int, int] | None:
    """Width and height of a text; None where it is none."""
    match = _SIZE.match(text)
    return (int(match[1]), int(match[2])) if match else _NAMED_SIZES.get(text.strip().lower())


class Video(StrictModel):
    """A compressed stream of a camera; `h265 1080p` says codec and size."""

    codec: CodecName
    size: FrameSize
    rate_per_s: Annotated[PerSecond, Field(gt=0, le=1000)] | None = None
    """Frames that the camera sends, all of which are decoded; those of the stream unless given."""
    bitrate_bytes_per_s: Annotated[BytesPerSecond, Field(gt=0)] | None = None
    """Usual for codec, size and rate unless given."""
    bits: Literal[8, 10, 12] = 8

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        words = value.split()
        if len(words) != 2 or frame_size(words[1]) is None or usual_codec(words[0]) not in CODECS:
            expected = f"a codec ({', '.join(CODECS)}) and a size, such as 'h265 1080p'"
            raise refuse(expected, value, "h265 1080p")
        return {"codec": words[0], "size": words[1]}


class Items(StrictModel):
    """Objects that a network finds in a frame, each of which the step works on; `2.5` says their mean."""

    mean: float = Field(gt=0, le=10_000)
    distribution: Literal["poisson", "fixed"] = "poisson"
    most: int | None = Field(default=None, ge=1, le=10_000)
    """No more than these in a frame: the rest goes without."""

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: object) -> object:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return {"mean": value} if number else value

    @model_validator(mode="after")
    def _whole_where_fixed(self) -> Items:
        if self.distribution == "fixed" and self.mean != round(self.mean):
            raise refuse("a whole mean of a fixed number", f"{self.mean:g}")
        return self


class ChainStep(StrictModel):
    """One step: what it does, behind which other, on which unit, and how often.

    Written by what it does: `decode`, `convert: gpu`, `network: zoo:yolov5s`, `track`, `encode: h264`.
    """

    decode: Literal["auto", "decoder", "host"] | None = None
    convert: Literal["auto", "fixed", "gpu", "host"] | None = None
    """Resizing and conversion of colours and numbers: `fixed` is a scaler (VIC, RGA, VPC)."""
    network: str | None = None
    track: Literal["host"] | None = None
    encode: CodecName | None = None
    """For recording, beside the answer."""
    name: str | None = Field(default=None, min_length=1)
    after: str | None = None
    """The step whose frames it takes; the one above unless given."""
    to: FrameSize | None = None
    """Of `convert` and `encode`: the size that comes out."""
    per_item: Items | None = None
    """Of a network: the step works on each object that the network before it finds."""
    every: int = Field(default=1, ge=1, le=10_000)
    """Of so many frames one is worked on; a tracker fills in between."""
    rate_per_s: Annotated[PerSecond, Field(gt=0)] | None = None
    """Frames a second that are worked on, in place of `every`."""
    unit: UnitKind | None = None
    """Of a network behind the first: the kind of unit that runs it; the one of the plan unless given."""
    time_s: Annotated[Seconds, Field(gt=0, le=3600)] | None = None
    """Of a step on the host: what it takes for a frame, where that was measured."""
    queue_limit: int | None = Field(default=None, ge=1)
    """Frames of a source that may wait for the step; the oldest is dropped beyond."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: object) -> object:
        if isinstance(value, str):
            value = {value: None}
        if not isinstance(value, dict):
            return value
        usual = {"decode": "auto", "convert": "auto", "track": "host"}
        return {key: usual[key] if key in usual and item is None else item for key, item in value.items()}

    @model_validator(mode="after")
    def _one_thing(self) -> ChainStep:
        found = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(found) != 1:
            raise refuse(f"one of {', '.join(KINDS)}", " and ".join(found) or "none of them")
        return self

    @property
    def kind(self) -> StepKind:
        """What it does."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def share(self) -> float:
        """Frames that it works on, of those of the stream, where no rate says so."""
        return 1.0 / self.every


def step_names(chain: list[ChainStep]) -> list[str]:
    """The name of each step: as given, else what it does or its network, numbered where that is taken."""
    found: list[str] = []
    for step in chain:
        usual = (step.network or "").removeprefix("zoo:") or step.kind
        name, number = step.name or usual, 1
        while step.name is None and name in found:
            number += 1
            name = f"{usual} {number}"
        found.append(name)
    return found


def predecessors(chain: list[ChainStep]) -> list[int | None]:
    """The place of the step behind which each one is; None for the first, and where the name is unknown."""
    names = step_names(chain)
    found: list[int | None] = []
    for place, step in enumerate(chain):
        if step.after is None:
            found.append(place - 1 if place else None)
        else:
            found.append(names.index(step.after) if step.after in names else None)
    return found


def chain_conflicts(chain: list[ChainStep], video: Video | None, rate_per_s: float) -> Iterator[Conflict]:
    """What does not fit together in the chain of a stream; paths begin at the stream."""
    names = step_names(chain)
    yield from _names(chain, names)
    camera_per_s = (video.rate_per_s if video else None) or rate_per_s
    for place, step in enumerate(chain):
        here = ("chain", place)
        if video is None and step.kind in ("decode", "convert", "encode"):
            expected = f"`video` of the stream, which says what to {step.kind}"
            yield Conflict((*here, step.kind), expected, "none", "add `video: h265 1080p`")
        if step.rate_per_s is not None and step.every != 1:
            yield Conflict((*here, "every"), "either `every` or `rate`", "both")
        if step.rate_per_s is not None and step.rate_per_s > camera_per_s:
            expected = f"at most the {camera_per_s:g} frames a second that the camera sends"
            yield Conflict((*here, "rate"), expected, f"{step.rate_per_s:g} /s", of_values=True)
        yield from _only_where(step, here)
        if step.unit is not None and step.kind == "network" and place == _first_network(chain):
            expected = "`unit` with networks behind the first; that of the first is `candidates.units`"
            yield Conflict((*here, "unit"), expected, step.unit, of_values=True)
    yield from _items(chain, names)


def _first_network(chain: list[ChainStep]) -> int:
    return next(place for place, step in enumerate(chain) if step.kind == "network")


def _names(chain: list[ChainStep], names: list[str]) -> Iterator[Conflict]:
    for place, step in enumerate(chain):
        here = ("chain", place)
        if names[place] in names[:place]:
            yield Conflict((*here, "name"), "names of steps that differ", f"{names[place]!r} again")
        if step.after is None:
            continue
        if step.after not in names:
            others = ", ".join(name for name in names if name != names[place])
            yield Conflict((*here, "after"), f"a step of the chain: {others}", f"{step.after!r}")
        elif names.index(step.after) >= place:
            expected = "a step above this one: a chain runs one way and has no loop"
            got = f"{step.after!r}, {'itself' if step.after == names[place] else 'which is below'}"
            yield Conflict((*here, "after"), expected, got)


def _only_where(step: ChainStep, here: tuple[str, int]) -> Iterator[Conflict]:
    """Keys that mean nothing for what the step does."""
    taken: dict[str, tuple[StepKind, ...]] = {
        "to": ("convert", "encode"),
        "per_item": ("network",),
        "unit": ("network",),
        "time_s": ("convert", "decode", "track"),
    }
    for key, kinds in taken.items():
        if getattr(step, key) is not None and step.kind not in kinds:
            name = key.removesuffix("_s")
            yield Conflict((*here, name), f"`{name}` with {' or '.join(kinds)} alone", f"it with {step.kind}")


def _items(chain: list[ChainStep], names: list[str]) -> Iterator[Conflict]:
    """Items without a network that finds them."""
    before = predecessors(chain)
    for place, step in enumerate(chain):
        at = before[place]
        seen: set[int] = set()
        while at is not None and at not in seen and chain[at].kind != "network":
            seen.add(at)
            at = before[at]
        if step.kind == "network" and step.per_item is not None and (at is None or at in seen):
            expected = "a network before it, which finds the items"
            yield Conflict(("chain", place, "per_item"), expected, f"none before {names[place]!r}")
