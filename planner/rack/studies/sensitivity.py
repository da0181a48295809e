"""How far p99 moves with a few per cent of service time: near saturation a plan stands or falls with them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.rack.counts.results import RackResult
from planner.rack.description.device import Service
from planner.rack.description.rack import Rack
from planner.rack.load.expected import grows_without_end
from planner.rack.simulation import SimulationEngine, simulate

HIGH_USE = 0.8
"""From where on the wait of M/G/1, which goes as 1 / (1 - use), moves five times as much as service does."""
SHARE = 0.03
_MOST_RUNS = 10


@dataclass(frozen=True, slots=True)
class Moved:
    """The p99 of one stream with service times shorter and longer by a share; `longer_s` is None where the
    queue would then grow without end.
    """

    stream: str
    share: float
    p99_s: float
    shorter_s: float
    longer_s: float | None


def sensitivity(rack: Rack, result: RackResult, engine: SimulationEngine = "compiled") -> tuple[Moved, ...]:
    """What the p99 of each stream of a simulated rack becomes; empty at a use up to 0.8.

    The same requests are simulated again, ten runs at most.
    """
    if result.devices.utilisation <= HIGH_USE or result.partial or grows_without_end(rack):
        return ()
    runs = min(_MOST_RUNS, result.replications)
    shorter, same, longer = (with_service(rack, factor, runs) for factor in (1 - SHARE, 1.0, 1 + SHARE))
    less, middle = simulate(shorter, engine=engine), simulate(same, engine=engine)
    more = None if grows_without_end(longer) else simulate(longer, engine=engine)
    found = []
    for number, group in enumerate(rack.streams):
        p99_s, shorter_s = middle.streams[number].latency_s.p99, less.streams[number].latency_s.p99
        longer_s = None if more is None else more.streams[number].latency_s.p99
        if p99_s is not None and shorter_s is not None:
            found.append(Moved(group.name, SHARE, p99_s, shorter_s, longer_s))
    return tuple(found)


def with_service(rack: Rack, factor: float, replications: int) -> Rack:
    """The rack with all service times multiplied."""
    device = rack.device
    beside = tuple(replace(unit, services=_times(unit.services, factor)) for unit in device.beside)
    device = replace(device, services=_times(device.services, factor), beside=beside)
    return replace(rack, device=device, replications=replications)


def _times(services: tuple[Service, ...], factor: float) -> tuple[Service, ...]:
    return tuple(
        replace(service, batch_s=tuple(factor * time_s for time_s in service.batch_s)) for service in services
    )
