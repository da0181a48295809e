"""Look up what a part has for video in a power mode, and how fast its processor cores do without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from planner.data_files import database_dir
from planner.formulas import formula
from planner.provenance import Provenance, of_status, weakest
from planner.schema.hardware.device import Device, Precision
from planner.schema.hardware.source import Source
from planner.schema.hardware.video import CODECS, Codec, PartsVideo, VideoCosts, VideoEngine, VideoUnits
from planner.schema.reading.quantity import Origin, numbers_in
from planner.schema.reading.yaml_file import read_model

COSTS = "costs"


@dataclass(frozen=True, slots=True)
class FrameServer:
    """A unit that works on frames of one codec, or on any (scalers): so many alike, each at a rate."""

    id: str
    name: str
    servers: int
    px_per_s: float
    """Of one of them."""
    frame_s: float
    provenance: Provenance
    lands: str = "device"
    most_streams: int | None = None

    def time_s(self, pixels: float) -> float:
        """What one of them takes for a frame."""
        return self.frame_s + pixels / self.px_per_s


@dataclass(frozen=True, slots=True)
class Cores:
    """Processor cores, and the speed of one against the core that software was measured on."""

    count: int
    speed: float
    provenance: Provenance


@cache
def video_files() -> tuple[PartsVideo, ...]:
    """The files of the makers, in the order of their names."""
    paths = sorted((database_dir() / "video").glob("*.yaml"))
    return tuple(read_model(path, PartsVideo) for path in paths if path.stem != COSTS)


@cache
def parts_video() -> Mapping[str, VideoUnits]:
    """The video units of every shipped part that has an entry, by id."""
    return MappingProxyType({part: units for file in video_files() for part, units in file.parts.items()})


@cache
def video_costs() -> VideoCosts:
    """Software, conversion on compute units, and defaults, with their sources."""
    return read_model(database_dir() / "video" / f"{COSTS}.yaml", VideoCosts)


def video_of(device: Device) -> VideoUnits | None:
    """What is known of a part: by its own file, else by the database; None where nothing is."""
    return device.video or parts_video().get(device.id)


def video_sources(device: Device) -> Mapping[str, Source]:
    """The documents that the numbers of a part's video units come from, and no others."""
    known = video_of(device)
    if known is None:
        return {}
    files = (file.sources for file in video_files() if device.id in file.parts)
    documents = device.sources if device.video is not None else next(files)
    used = {entry.number.source for entry in numbers_in(known)}
    return {key: source for key, source in documents.items() if key in used}


def codecs_of(device: Device) -> tuple[Codec, ...]:
    """The codecs that some decoder of the part takes."""
    known = video_of(device)
    engines = known.decoders.values() if known else ()
    return tuple(codec for codec in CODECS if any(codec in engine.rates_px_per_s for engine in engines))


def parts_decoding(codec: Codec) -> tuple[str, ...]:
    """Ids of shipped parts that have a decoder of a codec."""
    return tuple(
        sorted(
            part
            for part, units in parts_video().items()
            if any(codec in engine.rates_px_per_s for engine in units.decoders.values())
        )
    )


def decoder_of(device: Device, mode: str, codec: Codec, bits: int = 8) -> FrameServer | None:
    """The part's fastest decoder of a codec; None where it has none."""
    known = video_of(device)
    return _fastest(known.decoders if known else {}, mode, codec, bits)


def encoder_of(device: Device, mode: str, codec: Codec) -> FrameServer | None:
    """The part's fastest encoder of a codec; None where it has none."""
    known = video_of(device)
    return _fastest(known.encoders if known else {}, mode, codec, 8)


def scaler_of(device: Device) -> FrameServer | None:
    """The part's fastest unit that resizes and converts; None where it has none."""
    known = video_of(device)
    found = [
        FrameServer(
            id=name,
            name=unit.name,
            servers=unit.count.value,
            px_per_s=unit.reads_px_per_s.value,
            frame_s=0.0,
            provenance=_weakest(unit.count, unit.reads_px_per_s),
        )
        for name, unit in (known.scalers if known else {}).items()
    ]
    return max(found, key=lambda unit: unit.servers * unit.px_per_s, default=None)


def _fastest(engines: Mapping[str, VideoEngine], mode: str, codec: Codec, bits: int) -> FrameServer | None:
    found = [
        _server(name, engine, mode, codec)
        for name, engine in engines.items()
        if codec in engine.rates_px_per_s and bits <= _bits(engine, codec)
    ]
    return max(found, key=lambda unit: unit.servers * unit.px_per_s, default=None)


def _bits(engine: VideoEngine, codec: Codec) -> int:
    return engine.bits[codec].value if codec in engine.bits else 8


@formula("decoder_clock")
def _server(name: str, engine: VideoEngine, mode: str, codec: Codec) -> FrameServer:
    """An engine in a power mode: rates and times go with its clock, where that is known by mode."""
    clock = 1.0
    if engine.clock_hz is not None and mode in engine.clocks_hz:
        clock = engine.clocks_hz[mode].value / engine.clock_hz.value
    rate, extra = engine.rates_px_per_s[codec], engine.frame_s.get(codec)
    return FrameServer(
        id=name,
        name=engine.name,
        servers=engine.count.value,
        px_per_s=rate.value * clock,
        frame_s=extra.value / clock if extra else 0.0,
        provenance=_weakest(engine.count, rate),
        lands=engine.lands,
        most_streams=engine.most_streams.value if engine.most_streams else None,
    )


@formula("core_speed")
def cores_of(device: Device, mode: str) -> Cores | None:
    """The part's fastest kind of processor cores in a power mode; None where its file has none.

    A core's speed is its clock times its vector width to a power below one, over the same of the core that
    software was measured on: decoding is partly vectors and partly scalar.
    """
    reference = video_costs().core
    base = reference.clock_hz.value * reference.ops_per_clock.value**reference.exponent.value
    found: list[Cores] = []
    for unit in device.units.values():
        if unit.kind != "cpu":
            continue
        count = unit.active.get(mode) or unit.parts.get("cores")
        clock, ops = unit.clocks_hz.get(mode), unit.ops_per_clock.get(Precision.FP32)
        if count is None or clock is None or ops is None:
            continue
        speed = clock.value * ops.value**reference.exponent.value / base
        found.append(Cores(int(count.value), speed, Provenance.ASSUMED))
    known = video_of(device)
    if not found and known is not None and known.cores is not None:
        own = known.cores
        speed = own.clock_hz.value * own.ops_per_clock.value**reference.exponent.value / base
        found.append(Cores(own.count.value, speed, Provenance.ASSUMED))
    return max(found, key=lambda cores: cores.count * cores.speed, default=None)


def _weakest(*origins: Origin) -> Provenance:
    return weakest([of_status(origin.status) for origin in origins])
