"""What surrounds devices where a scenario does not say: limits with ranges, computers that parts sit in."""

from __future__ import annotations

from functools import cache

from planner.data_files import database_dir
from planner.errors import UnknownIdError
from planner.schema.hardware.climates import Climates
from planner.schema.hardware.cooler_kinds import CoolerKinds
from planner.schema.hardware.host import HostMachine, NeedsHost
from planner.schema.hardware.serving import ServingPriors
from planner.schema.hardware.surroundings import Surroundings
from planner.schema.reading.yaml_file import read_model


@cache
def surroundings() -> Surroundings:
    """Ranges and defaults with their sources."""
    return read_model(database_dir() / "surroundings" / "limits.yaml", Surroundings)


@cache
def cooler_kinds() -> CoolerKinds:
    """What is taken of a cooler by its kind."""
    return read_model(database_dir() / "surroundings" / "coolers.yaml", CoolerKinds)


@cache
def climates() -> Climates:
    """Outdoor air by place."""
    return read_model(database_dir() / "surroundings" / "climates.yaml", Climates)


@cache
def serving_priors() -> ServingPriors:
    """How service times in a server differ from those of a benchmark loop, by kind of unit."""
    return read_model(database_dir() / "surroundings" / "serving.yaml", ServingPriors)


@cache
def hosts() -> dict[str, HostMachine]:
    """Every host by its id."""
    paths = sorted((database_dir() / "hosts").glob("*.yaml"))
    return {path.stem: read_model(path, HostMachine) for path in paths}


def host_machine(host_id: str) -> HostMachine:
    """The host of an id."""
    if host_id not in hosts():
        raise UnknownIdError("host", host_id, list(hosts()))
    return hosts()[host_id]


def default_host(needs: NeedsHost) -> HostMachine | None:
    """The host that such a part is put in where none is named; None where none takes it."""
    for host in hosts().values():
        if needs.attachment in host.default_for and takes(host, needs):
            return host
    return None


def takes(host: HostMachine, needs: NeedsHost) -> int:
    """How many such parts the host takes; zero where it has no slots of the kind, or too few for one."""
    slots = host.slots.get(needs.attachment)
    return slots.count.value // needs.slots.value if slots else 0
