"""Frames of cameras on the unit that serves a language model: networks, times and memory there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from planner.conversation.description import FrameStream
from planner.errors import InputError
from planner.language.answer.serving import PreparedModel
from planner.latency.band import BandEnd
from planner.latency.memory_use import together_bytes
from planner.plan.options.estimator import Estimator
from planner.plan.options.option import NetworkOnPart
from planner.plan.rack.rack_model import service_of, stream_groups
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.rack.description.rack import Service
from planner.rack.description.streams import StreamGroup
from planner.schema.hardware.device import Device, Precision


@dataclass(frozen=True, slots=True)
class FramesAsked:
    """The streams of frames of a scenario, and what is known of their networks."""

    groups: tuple[StreamGroup, ...]
    precisions: tuple[Precision, ...]
    estimator: Estimator


@dataclass(frozen=True, slots=True)
class FramesOnPart:
    """Their networks on the unit of a part that serves the language model, one frame at a time."""

    groups: tuple[StreamGroup, ...]
    networks: tuple[NetworkOnPart, ...]
    services: dict[BandEnd, tuple[Service, ...]]
    """At each end of the bands of their times and powers, one of each network."""

    @property
    def memory_bytes(self) -> float:
        """Weights and activations of all networks, which are loaded beside the language model."""
        return together_bytes(item.estimate.memory for item in self.networks)

    def streams(self, end: BandEnd) -> tuple[FrameStream, ...]:
        """The streams as the simulation takes them."""
        services = {service.network: service for service in self.services[end]}
        return tuple(
            FrameStream(
                group,
                services[group.network].batch_s[0],
                services[group.network].clocked_share,
                services[group.network].busy_w,
            )
            for group in self.groups
        )


def frames_asked(source: ScenarioFile) -> FramesAsked | None:
    """The frames of a scenario; None of conversations alone. Reads the networks."""
    scenario = source.scenario
    if not scenario.streams:
        return None
    alone = replace(source, scenario=scenario.model_copy(update={"conversations": []}))
    workloads = read_workloads(alone)
    return FramesAsked(
        stream_groups(scenario),
        tuple(scenario.candidates.precisions),
        Estimator(workloads),
    )


def frames_on(asked: FramesAsked | None, own: PreparedModel) -> FramesOnPart | None:
    """The frames' networks on the unit of a prepared model; `InputError` where that cannot run them."""
    if asked is None:
        return None
    networks = _in_a_precision(asked, own.device, own.served.unit, own.mode)
    ends: tuple[BandEnd, ...] = ("low", "mid", "high")
    services = {
        end: tuple(service_of(asked.estimator, own.device, item, end) for item in networks) for end in ends
    }
    return FramesOnPart(asked.groups, networks, services)


def _in_a_precision(asked: FramesAsked, device: Device, unit: str, mode: str) -> tuple[NetworkOnPart, ...]:
    """In that precision, of those asked for, in which frames take least; the first reason where none runs."""
    found: list[tuple[NetworkOnPart, ...]] = []
    refused: list[InputError] = []
    for precision in asked.precisions:
        try:
            found.append(asked.estimator.on_part(device, mode, precision, 1, unit=unit))
        except InputError as error:
            refused.append(error)
    if not found:
        raise refused[0]
    return min(found, key=lambda networks: sum(_times_s(networks)))


def _times_s(networks: tuple[NetworkOnPart, ...]) -> Iterator[float]:
    return (item.planning_latency_s.mid for item in networks)
