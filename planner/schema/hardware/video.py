"""Schema of `hardware_db/video`: decoders, encoders and scalers of parts, and what processors do without.

A part's own file may have the same block under `video`; shipped parts have theirs together, by maker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from planner.schema.hardware.source import SourcedFile
from planner.schema.reading.quantity import (
    BytesPerSecond,
    Hertz,
    PixelsPerSecond,
    Ratio,
    Seconds,
    Sourced,
    SourcedBlock,
    refuse,
)
from planner.schema.reading.strict import Conflict, refuse_all

Codec = Literal["h264", "h265", "av1", "vp9", "mjpeg"]
CODECS: tuple[Codec, ...] = get_args(Codec)
_ALSO: dict[str, Codec] = {"avc": "h264", "hevc": "h265", "jpeg": "mjpeg"}


def usual_codec(text: str) -> str:
    """H.265, hevc and x265 are h265: codecs as people write them, in the table's words."""
    text = text.lower().replace(".", "").replace("-", "").replace(" ", "")
    text = f"h{text[1:]}" if text in ("x264", "x265") else text
    return _ALSO.get(text, text)


def _known_codec(value: object) -> object:
    name = usual_codec(value) if isinstance(value, str) else value
    if name not in CODECS:
        raise refuse(f"one of {', '.join(CODECS)}", value, CODECS[0])
    return name


CodecName = Annotated[Codec, BeforeValidator(_known_codec)]


class VideoEngine(SourcedBlock):
    """One kind of decoder or encoder in a part; rates are those of one instance, many streams at once."""

    name: str
    count: Sourced[int]
    rates_px_per_s: dict[CodecName, Sourced[PixelsPerSecond]] = Field(min_length=1)
    """Pixels a second of 8-bit 4:2:0 video, beside what each frame takes."""
    frame_s: dict[CodecName, Sourced[Seconds]] = Field(default_factory=dict)
    """What each frame takes in addition to its pixels."""
    bits: dict[CodecName, Sourced[int]] = Field(default_factory=dict)
    """The deepest samples; 8 where nothing is said."""
    lands: Literal["device", "host"] = "device"
    """Whose memory the frames are written to: that of the part's units, or the host's."""
    clock_hz: Sourced[Hertz] | None = None
    """The clock at which the rates hold."""
    clocks_hz: dict[str, Sourced[Hertz]] = Field(default_factory=dict)
    """The clock in each power mode, where it is known; else the rates are taken for every mode."""
    most_streams: Sourced[int] | None = None
    remarks: str | None = None

    @model_validator(mode="after")
    def _clocks_have_a_reference(self) -> Self:
        if self.clocks_hz and self.clock_hz is None:
            conflict = Conflict(("clock",), "the clock at which the rates hold, beside `clocks`", "none")
            raise refuse_all([conflict])
        return self


class Scaler(SourcedBlock):
    """A unit that resizes and converts frames: VIC, RGA, VPC, an image processor."""

    name: str
    count: Sourced[int]
    reads_px_per_s: Sourced[PixelsPerSecond]
    """Pixels of the larger of both frames a second."""


class OwnCores(SourcedBlock):
    """Processor cores of a part whose file lists no CPU, because no engine runs networks on it."""

    count: Sourced[int]
    clock_hz: Sourced[Hertz]
    ops_per_clock: Sourced[float]
    """FP32 operations of a core in a clock, as of CPUs that run networks."""


class VideoUnits(SourcedBlock):
    """What a part has for video beside its compute units."""

    decoders: dict[str, VideoEngine] = Field(default_factory=dict)
    encoders: dict[str, VideoEngine] = Field(default_factory=dict)
    scalers: dict[str, Scaler] = Field(default_factory=dict)
    cores: OwnCores | None = None
    no_decoder: str | None = None
    """Why the part has no video decoder, where it has none; a part of which nothing is known has no entry."""
    no_encoder: str | None = None

    @model_validator(mode="after")
    def _either_some_or_none(self) -> Self:
        conflicts = [*self._either("decoders", "no_decoder"), *self._either("encoders", "no_encoder")]
        if conflicts:
            raise refuse_all(conflicts)
        return self

    def _either(self, some: str, none: str) -> Iterator[Conflict]:
        if getattr(self, some) and getattr(self, none):
            yield Conflict((none,), f"either `{some}` or `{none}`", "both")


class PartsVideo(SourcedFile):
    """The parts of one maker, by id."""

    parts: dict[str, VideoUnits] = Field(min_length=1)


class ReferenceCore(SourcedBlock):
    """The core on which the rates of software were measured."""

    clock_hz: Sourced[Hertz]
    ops_per_clock: Sourced[float]
    """FP32 operations in a clock."""
    exponent: Sourced[float]
    """How the work in a clock goes with these operations: speed = clock x (operations a clock) ^ exponent."""
    spread_ratio: Sourced[Ratio]
    """On other cores: the ends of the band are the middle over and times this."""


class SoftwareRates(SourcedBlock):
    """Pixels a second of one core of the reference."""

    decode_px_per_s: dict[CodecName, Sourced[PixelsPerSecond]]
    encode_px_per_s: dict[CodecName, Sourced[PixelsPerSecond]]
    convert_px_per_s: Sourced[PixelsPerSecond]
    """Colour conversion, resizing and normalising, by pixels of the frame that is read."""
    crop_s: Sourced[Seconds]
    """Cutting one object out of a frame and resizing it to 224 x 224."""
    track_frame_s: Sourced[Seconds]
    """Tracking, each frame."""
    track_item_s: Sourced[Seconds]
    """Tracking, each object in a frame."""


class AcceleratedConversion(SourcedBlock):
    """Resizing and converting on a compute unit: so many bytes moved, at a share of the memory's rate."""

    bytes_per_pixel: Sourced[float]
    """Moved for each pixel of the frame that is read, the result included."""
    bandwidth_ratio: Sourced[Ratio]
    launch_s: Sourced[Seconds]
    spread_ratio: Sourced[Ratio]


class StreamBits(SourcedBlock):
    """Bits of compressed video for each pixel, where a stream states no bitrate."""

    bits_per_pixel: dict[CodecName, Sourced[float]]


class FrameTraffic(SourcedBlock):
    """Bytes that frames move through a memory, a link or a network."""

    raw_bytes_per_pixel: Sourced[float]
    """Of a decoded frame."""
    decode_bytes_per_pixel: Sourced[float]
    """Written and read again by a decoder, for each pixel."""
    camera_link_bytes_per_s: Sourced[BytesPerSecond]
    """What brings the cameras' streams to each device."""


class VideoCosts(SourcedFile):
    """What video takes where a part has no unit of its own for it, and what is taken where nobody says."""

    core: ReferenceCore
    software: SoftwareRates
    conversion: AcceleratedConversion
    stream: StreamBits
    traffic: FrameTraffic
    decoder_spread_ratio: Sourced[Ratio]
    """Of a stated rate: the low end of a decoder's time is the middle over this, the high end times it."""
    assumed_spread_ratio: Sourced[Ratio]
    """The same of a rate that is assumed."""
