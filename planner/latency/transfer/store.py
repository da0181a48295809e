"""Transferred models of the database, and which of them covers a unit."""

from __future__ import annotations

import functools
from fnmatch import fnmatchcase
from pathlib import Path

from planner.data_files import database_dir
from planner.errors import InputError, Problem
from planner.hardware.operating_point import OperatingPoint
from planner.schema.fitted.transfer import Missed, RooflineAnchoring, Transfer
from planner.schema.fitted.transfer_join import JoinRules, NetworkFamily
from planner.schema.reading.yaml_file import read_document, read_model
from planner.wording.message import Stored

JOIN_RULES = "join"
SEEN = "seen"
ROOFLINE = "roofline"
_OTHERS = (JOIN_RULES, SEEN, ROOFLINE)
"""Files of the folder that are no models."""


@functools.cache
def transfer_files() -> tuple[Path, ...]:
    """The files of all transferred models, named `<engine>-<family>.yaml`."""
    folder = database_dir() / "transfers"
    return tuple(path for path in sorted(folder.glob("*.yaml")) if path.stem not in _OTHERS)


@functools.cache
def read_transfer(path: Path) -> Transfer:
    """One model; `InputError` with every problem of the file."""
    transfer = read_model(path, Transfer)
    if transfer.id != path.stem or not transfer.id.startswith(f"{transfer.engine}-"):
        expected = f"{path.stem}, the name of the file, which begins with the engine"
        raise InputError(str(path), [Problem("id", expected, transfer.id, "rename the file")])
    return transfer


def transfer_named(transfer_id: str) -> Transfer:
    """One model by its id."""
    return read_transfer(_file(transfer_id))


def fitted_title(transfer: Transfer) -> str:
    """What a model is called, in the language of whoever reads it."""
    return Stored(f"transfer.{transfer.id}.title", transfer.title)


def transfer_digest(transfer_id: str) -> str:
    """SHA-256 of a model's file, to tell which fit a result rests on."""
    return read_document(_file(transfer_id)).sha256


def _file(transfer_id: str) -> Path:
    return database_dir() / "transfers" / f"{transfer_id}.yaml"


@functools.cache
def roofline_anchoring() -> RooflineAnchoring:
    """How rooflines err, for measurements on units without a fitted model."""
    return read_model(_file(ROOFLINE), RooflineAnchoring)


def missed_of(unit_kind: str, engine: str) -> Missed:
    """What a unit of this kind misses; where no row of the engine on the kind was seen, the wider of that and
    what any unit does: an engine that nobody measured is not better known than those of its kind."""
    found = roofline_anchoring()
    own = next((missed for kind, missed in found.missed.items() if kind == unit_kind), None)
    if own is None:
        return found.missed_anywhere
    seen = engine in own.engines
    return own if seen else max(own, found.missed_anywhere, key=lambda missed: missed.high / missed.low)


@functools.cache
def join_rules() -> JoinRules:
    """How published rows are matched, as shipped."""
    return read_model(database_dir() / "transfers" / f"{JOIN_RULES}.yaml", JoinRules)


def network_family(model: str) -> NetworkFamily:
    """The family of a network by its name; one of its own where the rules name none."""
    for family in join_rules().networks:
        if any(fnmatchcase(model, pattern) for pattern in family.names):
            return family
    return NetworkFamily(family=model, names=[model])


def transfer_for(point: OperatingPoint) -> Transfer | None:
    """The model of this engine on this kind of unit; None where nobody published enough to fit one."""
    for path in transfer_files():
        if path.stem.startswith(f"{point.engine}-") and covers(transfer := read_transfer(path), point):
            return transfer
    return None


def covers(transfer: Transfer, point: OperatingPoint) -> bool:
    """Whether the model covers the unit: engine, kind of unit, and one of the words that it names."""
    if point.engine != transfer.engine or point.unit_kind != transfer.covers.unit_kind:
        return False
    described = (point.unit_name, point.architecture)
    return any(fnmatchcase(text, word) for word in transfer.covers.words for text in described)
