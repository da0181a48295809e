"""What a scenario's estimates rest on beside the database, from its keys and the files that they name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputError, Problem
from planner.hardware.catalog import match_devices
from planner.latency.anchoring.file import Anchor
from planner.latency.choice import NONE, PUBLISHED
from planner.latency.evidence import Evidence, read_evidence
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.schema.hardware.device import Precision
from planner.schema.reading.yaml_file import Document, validate
from planner.schema.scenario.measured import MeasuredFile
from planner.schema.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as names and paths: two scenarios with the same have the same evidence."""

    engine: str | None = None
    threads: int | None = None
    calibration: str | None = None
    anchors: tuple[str, ...] = ()
    measured: tuple[tuple[str, Anchor], ...] = ()
    """Each path, with what its entries are of where they leave it open."""

    def read(self) -> Evidence:
        """The files read; raises `InputError` as their readers do."""
        return read_evidence(
            engine=self.engine,
            threads=self.threads,
            calibration=self.calibration,
            anchors=self.anchors,
            measured=self.measured,
        )


def estimator_for(source: ScenarioFile) -> Estimator:
    """The networks of a scenario, with all that their estimates rest on."""
    return Estimator(read_workloads(source), asked_of(source).read())


def asked_of(source: ScenarioFile) -> Asked:
    """What a scenario asks its estimates to rest on; a deployment's own engine before the candidates'.

    A measurement that names no part or precision is of the plan's where it has only one.
    """
    scenario, folder = source.scenario, source.folder
    given, candidates = scenario.deployment, scenario.candidates
    if given is not None and given.device is not None:
        parts: Sequence[str] = [given.device]
        precisions = [given.precision or candidates.precisions[0]]
    else:
        parts, precisions = _parts(candidates.devices), candidates.precisions
    return Asked(
        (given.engine if given else None) or candidates.engine,
        (given.threads if given else None) or candidates.threads,
        None if scenario.calibration is None else _at(folder, scenario.calibration),
        tuple(_at(folder, text) for text in scenario.anchors),
        tuple(measured_file(folder, item, parts, precisions) for item in scenario.measured),
    )


def _parts(patterns: Sequence[str]) -> Sequence[str]:
    return match_devices(list(patterns)) if patterns else ()


def measured_file(
    folder: Path, item: str | MeasuredFile, parts: Sequence[str], precisions: Sequence[Precision]
) -> tuple[str, Anchor]:
    """The path of a file of measurements, and what it is of where it leaves that open."""
    said = MeasuredFile(file=item) if isinstance(item, str) else item
    path = _at(folder, said.file)
    return path, Anchor(
        network="",
        latency_s=0.0,
        source=path,
        device=said.device or (parts[0] if len(parts) == 1 else None),
        unit=said.unit,
        mode=said.mode,
        engine=said.engine,
        precision=said.precision or (Precision(precisions[0]) if len(set(precisions)) == 1 else None),
        batch=said.batch,
        threads=said.threads,
    )


def _at(folder: Path, text: str) -> str:
    """The file beside the scenario where there is one, else from here; the words that are no files as is."""
    if text in (NONE, PUBLISHED):
        return text
    beside = folder / text
    return str(beside if beside.is_file() else Path(text))


def files_of(asked: Asked) -> tuple[Path, ...]:
    """The files that the evidence is read from."""
    named = (asked.calibration, *asked.anchors, *(path for path, _ in asked.measured))
    return tuple(Path(text) for text in named if text is not None and text not in (NONE, PUBLISHED))


def measured_text(text: str) -> str | MeasuredFile:
    """`FILE` or `FILE,device=ID,mode=M,precision=P` as a scenario would have it.

    >>> measured_text("times.json,mode=25W").mode
    '25W'
    """
    path, *facts = text.split(",")
    if not facts:
        return path
    values: dict[str, object] = {"file": path}
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals or not path:
            expected = "FILE, or FILE with facts as in FILE,device=ID,mode=M,precision=P,batch=N"
            raise InputError("--measured", [Problem("value", expected, repr(text))])
        values[name.strip()] = int(value) if value.strip().isdigit() else value.strip()
    return validate(Document("--measured", values, {}, ""), MeasuredFile)


def with_evidence(source: ScenarioFile, changes: Mapping[str, object]) -> ScenarioFile:
    """The scenario with an engine, threads, a calibration or measurements in place of, or beside, its own.

    `changes` has `engine`, `threads`, `calibration`, `anchors` and `measured`, as far as they are asked for;
    files are named from here.
    """
    found = {name: value for name, value in changes.items() if value not in (None, (), [])}
    if not found:
        return source
    scenario = source.scenario
    update: dict[str, object] = {}
    settings: dict[str, object] = {name: found[name] for name in ("engine", "threads") if name in found}
    if settings:
        update["candidates"] = scenario.candidates.model_copy(update=settings)
        if scenario.deployment is not None:
            update["deployment"] = scenario.deployment.model_copy(update=settings)
    if "calibration" in found:
        update["calibration"] = _from_here(str(found["calibration"]))
    for name in ("anchors", "measured"):
        given = found.get(name)
        if isinstance(given, list | tuple):
            own = scenario.anchors if name == "anchors" else scenario.measured
            update[name] = [*own, *(_given_here(item) for item in given)]
    return replace(source, scenario=_updated(scenario, update))


def _updated(scenario: Scenario, update: Mapping[str, object]) -> Scenario:
    return scenario.model_copy(update=dict(update))


def _given_here(item: object) -> object:
    if isinstance(item, MeasuredFile):
        return item.model_copy(update={"file": _from_here(item.file)})
    return _from_here(str(item))


def _from_here(text: str) -> str:
    return text if text in (NONE, PUBLISHED) else str(Path(text).resolve())
