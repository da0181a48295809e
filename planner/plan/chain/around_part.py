"""What is around a part's compute units: decoders, scalers, cores, the link to its host, and its memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from planner.chain.description import ChainUnit, Role
from planner.hardware.catalog import read_device
from planner.hardware.surroundings import default_host
from planner.hardware.video.units import (
    Cores,
    FrameServer,
    codecs_of,
    cores_of,
    decoder_of,
    encoder_of,
    scaler_of,
    video_costs,
)
from planner.plan.options.hosting import hosting_of
from planner.provenance import Provenance, of_status
from planner.schema.hardware.device import Device
from planner.schema.hardware.host import HostMachine
from planner.schema.hardware.video import Codec
from planner.schema.scenario.scenario import Scenario

MEMORY, LINK, NETWORK, CORES = "memory", "link", "camera link", "cores"
HOST_DECODER = "host decoder"


@dataclass(frozen=True)
class AroundPart:
    """One device of a plan: the part in its mode, the unit that runs the networks, and the host around it."""

    scenario: Scenario
    device: Device
    mode: str
    unit: str
    instances: int = 1

    @cached_property
    def host(self) -> HostMachine | None:
        """The computer that the part is in, where it is none itself; its processor is known or not."""
        needs = self.device.needs_host
        if needs is None:
            return None
        hosting = hosting_of(self.scenario, self.device)
        return hosting.host if hosting else default_host(needs)

    @cached_property
    def processor(self) -> Device | None:
        """The part whose cores work around this one: itself, or the processor of its host."""
        if self.device.needs_host is None:
            return self.device
        name = self.host.processor if self.host else None
        return read_device(name) if name else None

    @property
    def processor_mode(self) -> str:
        """The power mode of that part."""
        if self.processor is None or self.processor is self.device:
            return self.mode
        return next(mode.id for mode in self.processor.modes if mode.default)

    @cached_property
    def sharing(self) -> int:
        """Parts that share one host."""
        if self.device.needs_host is None:
            return 1
        hosting = hosting_of(self.scenario, self.device)
        if hosting is not None:
            return hosting.parts
        return self.scenario.site.carriers[self.device.form].slots

    @cached_property
    def cores(self) -> Cores | None:
        """Cores of this device, or its share of its host's; as many as the scenario states, where it does."""
        found = cores_of(self.processor, self.processor_mode) if self.processor else None
        given = self.scenario.host
        if given is not None:
            speed = found.speed if found else 1.0
            return Cores(given.cores, speed, Provenance.ASSUMED)
        if found is None:
            return None
        return Cores(max(1, found.count // self.sharing), found.speed, found.provenance)

    @property
    def own_cores_infer(self) -> bool:
        """Whether the networks run on the cores that work around them."""
        return self.device.units[self.unit].kind == "cpu" and self.processor is self.device

    @property
    def linked(self) -> bool:
        """Whether frames or tensors cross a link between host and part."""
        return self.device.needs_host is not None

    def decoder(self, codec: Codec, bits: int) -> FrameServer | None:
        """The part's own decoder of a codec."""
        return decoder_of(self.device, self.mode, codec, bits)

    def host_decoder(self, codec: Codec, bits: int) -> FrameServer | None:
        """The decoder of the host that the part is in."""
        if not self.linked or self.processor is None:
            return None
        return decoder_of(self.processor, self.processor_mode, codec, bits)

    def encoder(self, codec: Codec) -> FrameServer | None:
        """The part's own encoder of a codec."""
        return encoder_of(self.device, self.mode, codec)

    @cached_property
    def scaler(self) -> FrameServer | None:
        """The part's own unit that resizes."""
        return scaler_of(self.device)

    @cached_property
    def codecs(self) -> tuple[Codec, ...]:
        """What its decoders take."""
        return codecs_of(self.device)

    @cached_property
    def main_unit(self) -> ChainUnit:
        """What runs the networks."""
        unit = self.device.units[self.unit]
        return ChainUnit(self.unit, "accelerator", unit.name, self.instances, Provenance.DATASHEET)

    @cached_property
    def core_unit(self) -> ChainUnit | None:
        """The cores as servers; the main unit where the networks run on all of them."""
        if self.cores is None:
            return None
        if self.own_cores_infer:
            return self.main_unit
        name = self.processor.name if self.processor else "host"
        return ChainUnit(CORES, "cores", name, self.cores.count, self.cores.provenance)

    def core_time_s(self, time_s: float) -> float:
        """Time of the core unit for work of so long on one core of the reference.

        Where the networks run on all cores together these are one server, and the work takes its share of it.
        """
        if self.cores is None:
            raise ValueError("no cores are known: ask `core_unit` first")
        return self.core_share_s(time_s / self.cores.speed)

    def core_share_s(self, own_s: float) -> float:
        """Time of the core unit for work of so long on one core of its own."""
        return own_s / self.cores.count if self.own_cores_infer and self.cores else own_s

    @cached_property
    def memory_unit(self) -> ChainUnit:
        """The memory of the part, as a share of its bandwidth."""
        number = self.device.memory.bandwidth_bytes_per_s[self.mode]
        name = self.device.memory.technology or "memory"
        return ChainUnit(MEMORY, "memory", name, 1, of_status(number.status))

    @property
    def memory_bytes_per_s(self) -> float:
        """Its bandwidth in the mode."""
        return self.device.memory.bandwidth_bytes_per_s[self.mode].value

    @cached_property
    def link_unit(self) -> ChainUnit | None:
        """The link to the host."""
        return ChainUnit(LINK, "link", self.link_name, 1, Provenance.DATASHEET) if self.linked else None

    @property
    def link_name(self) -> str:
        """As it is between the two."""
        hosting = hosting_of(self.scenario, self.device)
        if hosting is not None:
            return hosting.link
        return self.device.host_link.technology if self.device.host_link else "link"

    @property
    def link_bytes_per_s(self) -> float | None:
        """What it carries in one direction; None where nobody says."""
        hosting = hosting_of(self.scenario, self.device)
        if hosting is not None:
            return hosting.link_bytes_per_s
        link = self.device.host_link
        return link.bandwidth_bytes_per_s.value if link else None

    @cached_property
    def network_unit(self) -> ChainUnit:
        """What brings the cameras' streams."""
        stated = self.scenario.site.camera_link_bytes_per_s is not None
        provenance = Provenance.DATASHEET if stated else Provenance.ASSUMED
        return ChainUnit(NETWORK, "network", "camera network", 1, provenance)

    @property
    def network_bytes_per_s(self) -> float:
        """As the scenario states, or as is usual."""
        stated = self.scenario.site.camera_link_bytes_per_s
        return video_costs().traffic.camera_link_bytes_per_s.value if stated is None else stated


def unit_of(server: FrameServer, role: Role) -> ChainUnit:
    """A decoder, encoder or scaler as a unit of the chain; an encoder may be named as its decoder is."""
    name = (
        HOST_DECODER if role == "host_decoder" else f"{server.id} encode" if role == "encoder" else server.id
    )
    return ChainUnit(name, role, server.name, server.servers, server.provenance)
