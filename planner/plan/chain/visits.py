"""The steps of one stream as visits to units: decode, convert, networks, tracker, encode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from planner.chain.description import ChainUnit, Gap, ItemCount, Visit, VisitKind
from planner.hardware.video.units import FrameServer, parts_decoding, video_costs
from planner.latency.band import Band
from planner.plan.chain.around_part import AroundPart, unit_of
from planner.plan.chain.frames import bytes_per_frame, chain_of, frame_shares, item_count
from planner.provenance import Provenance
from planner.schema.hardware.video import Codec
from planner.schema.scenario.streams import Stream
from planner.schema.scenario.video import ChainStep, StepKind, Video, predecessors, step_names
from planner.wording.message import Message, message

_SHOWN = 4
CROP_PIXELS = 150 * 300
"""Of an object that is cut out of a frame, where a scaler does it; cores were measured with the same."""


@dataclass(frozen=True, slots=True)
class NetworkTimes:
    """One network on a unit: times of batches of one up to the largest, and what each inference moves."""

    times: tuple[Band, ...]
    input_bytes: float
    moved_bytes: float | None = None
    """Through the memory, for each inference; None where that is not asked for."""
    unit: ChainUnit | None = None
    """Where it is not the one that the plan rests on."""


AskedOn = tuple[str, str | None]
"""A network, and the kind of unit that a step names for it."""


@dataclass(frozen=True, slots=True)
class Here:
    """Where a step is: its name and place, the visit before it, and the share of frames that it works on."""

    step: ChainStep
    name: str
    place: int
    after: int | None
    frames: float


@dataclass
class StreamVisits:
    """Visits of a stream as they are put together, the units that they need, and what to say of them."""

    around: AroundPart
    stream: Stream
    networks: Mapping[AskedOn, NetworkTimes]
    convert: str
    """Who converts where the stream leaves it open: fixed, gpu or host."""
    visits: list[Visit] = field(default_factory=list)
    units: dict[str, ChainUnit] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)
    """Frames of a source that may wait for a step, by its name."""

    def build(self) -> StreamVisits:
        """Every step in the order of the chain."""
        chain = chain_of(self.stream)
        names, before = step_names(chain), predecessors(chain)
        shares = frame_shares(self.stream, chain)
        pairs = zip(names, chain, strict=True)
        self.limits = {name: step.queue_limit for name, step in pairs if step.queue_limit is not None}
        make: dict[StepKind, Callable[[Here], int | None]] = {
            "decode": self._decode,
            "convert": self._convert,
            "network": self._network,
            "track": self._track,
            "encode": self._encode,
        }
        last: list[int | None] = []
        for place, step in enumerate(chain):
            at = before[place]
            after = last[at] if at is not None else None
            last.append(make[step.kind](Here(step, names[place], place, after, shares[place])))
        return self

    def _add(self, unit: ChainUnit, visit: Visit) -> int:
        """Put a visit behind those that are there; that of the step itself has the step's limit."""
        if visit.step in self.limits and visit.kind not in ("crop", "move"):
            visit = replace(visit, limit=self.limits[visit.step])
        self.units.setdefault(unit.id, unit)
        self.visits.append(visit)
        return len(self.visits) - 1

    def _beside(self, unit: ChainUnit, step: str, time_s: float, after: int | None, frames: float) -> None:
        """Traffic through a shared memory or network: it takes capacity and makes nobody wait."""
        visit = Visit(step, "move", unit.id, (_exact(time_s),), after, frames, answers=False, in_turn=False)
        self._add(unit, visit)

    @property
    def _video(self) -> Video:
        if self.stream.video is None:
            raise ValueError("a chain without `video` has no frames to decode: the schema refuses it")
        return self.stream.video

    def _gap(self, here: Here, codec: Codec | None = None) -> int | None:
        """Nobody does the step: it is noted, and the frames go on as if it took no time."""
        kind = here.step.kind
        where = f"chain[{here.place}].{kind}" if self.stream.chain else "video"
        codecs = ", ".join(self.around.codecs) or message("chain.none")
        part = self.around.device.id
        given = {
            "codec": codec or "",
            "codecs": codecs,
            "others": _others(codec) if codec else "",
            "network": here.step.network or "",
            "unit": here.step.unit or "",
        }
        needed = {
            "decode": ("codec", "codecs", "others"),
            "encode": ("codec",),
            "network": ("network", "unit"),
        }.get(kind, ())
        reason = message(f"chain.no_{kind}", part=part, **{name: given[name] for name in needed})
        self.gaps.append(Gap(where, reason))
        return here.after

    def _decode(self, here: Here) -> int | None:
        around, video, name, frames = self.around, self._video, here.name, here.frames
        pixels, compressed = video.size.pixels, bytes_per_frame(video, self.stream.rate_per_s)
        brought_s = compressed / around.network_bytes_per_s
        self._beside(around.network_unit, name, brought_s, here.after, frames)
        on_units = here.step.time_s is None and here.step.decode != "host"
        own = around.decoder(video.codec, video.bits) if on_units else None
        if own is not None:
            unit = unit_of(own, "decoder")
            at = self._add(unit, _frame_visit(unit, own, here, pixels))
            if around.link_unit is not None and around.link_bytes_per_s:
                self._beside(around.link_unit, name, compressed / around.link_bytes_per_s, at, frames)
            decoded = pixels * video_costs().traffic.decode_bytes_per_pixel.value
            self._beside(around.memory_unit, name, decoded / around.memory_bytes_per_s, at, frames)
            return at
        host = around.host_decoder(video.codec, video.bits) if on_units else None
        if host is not None and here.step.decode == "auto":
            note = message("chain.host_decodes", part=around.device.id, codec=video.codec, unit=host.name)
            self.notes.append(note)
            unit = unit_of(host, "host_decoder")
            # The other parts in the host ask its decoder for as much.
            return self._add(unit, _frame_visit(unit, host, here, pixels, times=around.sharing))
        return self._decode_on_cores(here)

    def _decode_on_cores(self, here: Here) -> int | None:
        around, codec, unit = self.around, self._video.codec, self.around.core_unit
        rate = video_costs().software.decode_px_per_s.get(codec)
        if unit is None or rate is None or here.step.decode == "decoder":
            return self._gap(here, codec)
        if here.step.decode == "auto":
            self.notes.append(message("chain.cores_decode", part=around.device.id, codec=codec))
        time = self._on_cores(here.step, self._video.size.pixels / rate.value)
        return self._add(unit, Visit(here.name, "decode", unit.id, (time,), here.after, here.frames))

    def _on_cores(self, step: ChainStep | None, reference_s: float) -> Band:
        """Time of a step on the cores: as stated, or scaled from the core that was measured."""
        if step is not None and step.time_s is not None:
            return _exact(self.around.core_share_s(step.time_s))
        spread = video_costs().core.spread_ratio.value
        return _spread(self.around.core_time_s(reference_s), spread)

    def _convert(self, here: Here) -> int | None:
        around, costs, pixels = self.around, video_costs(), self._video.size.pixels
        where = self.convert if here.step.convert == "auto" else here.step.convert
        if where == "fixed" and around.scaler is not None:
            unit = unit_of(around.scaler, "scaler")
            return self._add(unit, _frame_visit(unit, around.scaler, here, pixels))
        if where == "gpu" and (gpu := gpu_unit(around)) is not None:
            moved_s = pixels * costs.conversion.bytes_per_pixel.value / around.memory_bytes_per_s
            mid_s = moved_s / costs.conversion.bandwidth_ratio.value + costs.conversion.launch_s.value
            time = _spread(mid_s, costs.conversion.spread_ratio.value)
            at = self._add(gpu, Visit(here.name, "convert", gpu.id, (time,), here.after, here.frames))
            self._beside(around.memory_unit, here.name, moved_s, at, here.frames)
            return at
        cores = around.core_unit
        if where == "host" and cores is not None:
            raw = pixels * costs.traffic.raw_bytes_per_pixel.value
            after = self._over_link(here, raw, to_host=True)
            time = self._on_cores(here.step, pixels / costs.software.convert_px_per_s.value)
            return self._add(cores, Visit(here.name, "convert", cores.id, (time,), after, here.frames))
        return self._gap(here)

    def _network(self, here: Here) -> int | None:
        around, model = self.around, here.step.network or self.stream.model
        network = self.networks.get((model, here.step.unit))
        if network is None:
            return self._gap(here)
        items = None if here.step.per_item is None else item_count(here.step.per_item)
        each = items.worked_on if items else 1.0
        if items is not None and self.stream.video is not None:
            here = self._cropped(here, items)
        after = self._over_link(here, network.input_bytes * each, to_host=False)
        unit = network.unit or around.main_unit
        visit = Visit(
            here.name,
            "network",
            unit.id,
            network.times,
            after,
            here.frames,
            items,
            network=model,
        )
        at = self._add(unit, visit)
        if network.moved_bytes is not None:
            moved_s = network.moved_bytes / around.memory_bytes_per_s
            self._beside(around.memory_unit, here.name, moved_s, at, here.frames * each)
        return at

    def _over_link(self, here: Here, moved_bytes: float, *, to_host: bool) -> int | None:
        """What a frame moves to the host or to the part, where it lies on the other side."""
        link, rate = self.around.link_unit, self.around.link_bytes_per_s
        if link is None or not rate or self._on_host(here.after) == to_host:
            return here.after
        return self._add(
            link, Visit(here.name, "move", link.id, (_exact(moved_bytes / rate),), here.after, here.frames)
        )

    def _cropped(self, here: Here, items: ItemCount) -> Here:
        """Objects cut out of their frame and resized, by whoever converts; the step goes on behind that."""
        around, where = self.around, self._converter()
        gpu, cores = gpu_unit(around), around.core_unit
        if where == "host" and cores is not None:
            each = self._on_cores(None, video_costs().software.crop_s.value)
            visit = Visit(here.name, "crop", cores.id, (each,), here.after, here.frames, items)
            at = self._add(cores, visit)
        elif where == "fixed" and around.scaler is not None:
            unit = unit_of(around.scaler, "scaler")
            at = self._add(unit, _frame_visit(unit, around.scaler, here, CROP_PIXELS, items))
        elif where == "gpu" and gpu is not None:
            conversion = video_costs().conversion
            each = _spread(conversion.launch_s.value, conversion.spread_ratio.value)
            at = self._add(gpu, Visit(here.name, "crop", gpu.id, (each,), here.after, here.frames, items))
        else:
            return here
        return Here(here.step, here.name, here.place, at, here.frames)

    def _converter(self) -> str:
        """Who converts the frames of the stream: objects are cut out there too."""
        steps = chain_of(self.stream)
        stated = next((step.convert for step in steps if step.convert not in (None, "auto")), None)
        return stated or self.convert

    def _on_host(self, after: int | None) -> bool:
        """Whether the frames before a visit lie in the host's memory: what touched them last was there."""
        at = after
        while at is not None:
            role = self.units[self.visits[at].unit].role
            if role in ("cores", "host_decoder"):
                return True
            if role in ("decoder", "scaler", "accelerator", "link"):
                return False
            at = self.visits[at].after
        # Frames that come decoded come to the host.
        return self.stream.video is None

    def _track(self, here: Here) -> int | None:
        unit, software = self.around.core_unit, video_costs().software
        if unit is None:
            return self._gap(here)
        steps = chain_of(self.stream)
        objects = max((step.per_item.mean for step in steps if step.per_item), default=0.0)
        reference_s = software.track_frame_s.value + objects * software.track_item_s.value
        time = self._on_cores(here.step, reference_s)
        return self._add(unit, Visit(here.name, "track", unit.id, (time,), here.after, here.frames))

    def _encode(self, here: Here) -> int | None:
        codec, size = here.step.encode or self._video.codec, here.step.to or self._video.size
        own = self.around.encoder(codec)
        if own is not None:
            encoder = unit_of(own, "encoder")
            return self._add(encoder, _frame_visit(encoder, own, here, size.pixels))
        rate, unit = video_costs().software.encode_px_per_s.get(codec), self.around.core_unit
        if unit is None or rate is None:
            return self._gap(here, codec)
        self.notes.append(message("chain.cores_encode", part=self.around.device.id, codec=codec))
        time = self._on_cores(here.step, size.pixels / rate.value)
        return self._add(
            unit, Visit(here.name, "encode", unit.id, (time,), here.after, here.frames, answers=False)
        )


def _others(codec: Codec) -> str:
    """Some parts that decode a codec, by id."""
    found = parts_decoding(codec)
    shown = ", ".join(found[:_SHOWN])
    return f"{shown}, ..." if len(found) > _SHOWN else shown


def _exact(time_s: float) -> Band:
    return Band(time_s, time_s, time_s)


def _spread(mid_s: float, ratio: float) -> Band:
    return Band(mid_s / ratio, mid_s, mid_s * ratio)


def _frame_visit(
    unit: ChainUnit,
    server: FrameServer,
    here: Here,
    pixels: int,
    items: ItemCount | None = None,
    times: int = 1,
) -> Visit:
    """A frame, or an object of one, on a unit that works at a rate of pixels; what encodes answers nobody."""
    costs = video_costs()
    assumed = server.provenance is Provenance.ASSUMED
    spread = costs.assumed_spread_ratio if assumed else costs.decoder_spread_ratio
    time = _spread(server.time_s(pixels), spread.value)
    answers = unit.role != "encoder"
    kind: VisitKind = "crop" if items is not None else here.step.kind
    return Visit(here.name, kind, unit.id, (time,), here.after, here.frames * times, items, answers=answers)


def gpu_unit(around: AroundPart) -> ChainUnit | None:
    """The GPU of the part: that which runs the networks, or another one."""
    if around.device.units[around.unit].kind == "gpu":
        return around.main_unit
    for name, unit in around.device.units.items():
        if unit.kind == "gpu":
            return ChainUnit(name, "accelerator", unit.name, unit.count.value, around.main_unit.provenance)
    return None
