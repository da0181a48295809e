"""What a scenario's estimates rest on beside the database, from its keys and the files that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputError, Problem, UnknownIdError
from planner.hardware.catalog import engine_ids, match_devices, read_device
from planner.language.engines.catalogue import language_engine
from planner.latency.anchoring.file import Anchor
from planner.latency.anchoring.measured import MeasuredSource
from planner.latency.choice import NONE, PUBLISHED
from planner.latency.evidence import Evidence, read_evidence
from planner.plan.options.coolers import odd_cooler
from planner.plan.options.estimator import Estimator
from planner.plan.scenario.file import ScenarioFile, read_workloads
from planner.plan.scenario.measured_heat import with_measured_coolers
from planner.schema.hardware.device import Precision
from planner.schema.reading.keys import with_value
from planner.schema.reading.yaml_file import Document, validate
from planner.schema.scenario.measured import MeasuredFile
from planner.schema.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class EvidenceKey:
    """What was asked for, as names and paths: two scenarios with the same have the same evidence."""

    engine: str | None = None
    threads: int | None = None
    instances: int | None = None
    calibration: str | None = None
    anchors: tuple[str, ...] = ()
    measured: tuple[MeasuredSource, ...] = ()

    def read(self) -> Evidence:
        """The files read; raises `InputError` as their readers do."""
        return read_evidence(
            engine=self.engine,
            threads=self.threads,
            instances=self.instances,
            calibration=self.calibration,
            anchors=self.anchors,
            measured=self.measured,
        )


def estimator_for(source: ScenarioFile) -> Estimator:
    """The networks of a scenario, with all that their estimates rest on."""
    return Estimator(read_workloads(source), asked_of(source).read(), tuple(_odd_coolers(source.scenario)))


def _odd_coolers(scenario: Scenario) -> Iterator[str]:
    """Stated coolers far from those that their parts have."""
    given = scenario.deployment
    named = [given.device] if given is not None and given.device is not None else []
    for part in named or _parts(scenario.candidates.devices):
        asked = scenario.cooler_of(part)
        remark = None if asked is None else odd_cooler(read_device(part), asked)
        if remark is not None:
            yield remark


def asked_of(source: ScenarioFile) -> EvidenceKey:
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
    return EvidenceKey(
        (given.engine if given else None) or candidates.engine,
        (given.threads if given else None) or candidates.threads,
        (given.instances if given else None) or candidates.instances,
        None if scenario.calibration is None else _at(folder, scenario.calibration),
        tuple(_at(folder, text) for text in scenario.anchors),
        tuple(measured_file(folder, item, parts, precisions) for item in scenario.measured),
    )


_SETTINGS = ("engine", "threads", "instances")


def _parts(patterns: Sequence[str]) -> Sequence[str]:
    return match_devices(list(patterns)) if patterns else ()


def measured_file(
    folder: Path, item: str | MeasuredFile, parts: Sequence[str], precisions: Sequence[Precision]
) -> MeasuredSource:
    """A file of measurements, with what it is of where it leaves that open."""
    said = MeasuredFile(file=item) if isinstance(item, str) else item
    path = _at(folder, said.file)
    facts = Anchor(
        network=said.network or "",
        latency_s=0.0,
        source=path,
        device=said.device,
        unit=said.unit,
        mode=said.mode,
        engine=said.engine,
        precision=said.precision or (Precision(precisions[0]) if len(set(precisions)) == 1 else None),
        batch=said.batch,
        threads=said.threads,
    )
    return MeasuredSource(path, facts, parts[0] if len(parts) == 1 else None, said.ambient_c)


def _at(folder: Path, text: str) -> str:
    """The file beside the scenario where there is one, else from here; the words that are no files as is."""
    if text in (NONE, PUBLISHED):
        return text
    beside = folder / text
    return str(beside if beside.is_file() else Path(text))


def files_of(asked: EvidenceKey) -> tuple[Path, ...]:
    """The files that the evidence is read from."""
    named = (asked.calibration, *asked.anchors, *(item.path for item in asked.measured))
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
        values[name.strip()] = int(value) if value.strip().isdecimal() and len(value) < 20 else value.strip()
    return validate(Document("--measured", values, {}, ""), MeasuredFile)


def with_evidence(source: ScenarioFile, changes: Mapping[str, object]) -> ScenarioFile:
    """The scenario with an engine, threads, a calibration or measurements in place of, or beside, its own.

    `changes` has what `api.evidence` gives, as far as it is asked for; files are named from here. Raises
    `UnknownIdError` for an engine that the database does not have.
    """
    scenario, engine = source.scenario, changes.get("engine")
    if scenario.conversations:
        _of_conversations(changes)
    elif engine is not None and engine not in engine_ids():
        raise UnknownIdError("engine", str(engine), engine_ids())
    settings = {name: changes[name] for name in _SETTINGS if name in changes}
    update: dict[str, object] = dict(_files(scenario, changes))
    if settings:
        update["candidates"] = scenario.candidates.model_copy(update=dict(settings))
        if scenario.deployment is not None:
            update["deployment"] = scenario.deployment.model_copy(update=dict(settings))
    return with_coolers(replace(source, scenario=scenario.model_copy(update=update)))


def with_coolers(source: ScenarioFile) -> ScenarioFile:
    """The scenario with the coolers that its measurements give; as it is where they have no temperatures."""
    if not source.scenario.measured:
        return source
    return replace(source, scenario=with_measured_coolers(source.scenario, asked_of(source).measured))


def _of_conversations(changes: Mapping[str, object]) -> None:
    """Conversations rest on engines for language models and on token rates, which are anchors."""
    if changes.get("engine") is not None:
        language_engine(str(changes["engine"]))
    problems = [
        Problem(f"--{name}", "no such file for conversations", "one", "give token rates with --anchor")
        for name in ("measured", "calibration")
        if name in changes
    ]
    if problems:
        raise InputError("conversations", problems)


def _files(scenario: Scenario, changes: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The keys of a scenario that name files, with those that are asked for."""
    if "calibration" in changes:
        yield "calibration", _from_here(str(changes["calibration"]))
    own: dict[str, Sequence[str | MeasuredFile]] = {
        "anchors": scenario.anchors,
        "measured": scenario.measured,
    }
    for name, items in own.items():
        given = changes.get(name, [])
        if isinstance(given, list) and given:
            yield name, [*items, *map(_given_here, given)]


def values_with(values: object, scenario: Scenario, changes: Mapping[str, object]) -> object:
    """As `with_evidence`, of the values that a scenario's file has."""
    for name in _SETTINGS:
        if name in changes:
            values = with_value(values, ("candidates", name), changes[name])
            if scenario.deployment is not None:
                values = with_value(values, ("deployment", name), changes[name])
    for name, value in _files(scenario, changes):
        items = value if isinstance(value, list) else [value]
        plain = [
            item.model_dump(mode="json", exclude_none=True) if isinstance(item, MeasuredFile) else item
            for item in items
        ]
        values = with_value(values, (name,), plain if isinstance(value, list) else plain[0])
    return values


def _given_here(item: object) -> object:
    if isinstance(item, MeasuredFile):
        return item.model_copy(update={"file": _from_here(item.file)})
    return _from_here(str(item))


def _from_here(text: str) -> str:
    return text if text in (NONE, PUBLISHED) else str(Path(text).resolve())


def evidence_among(
    changes: Mapping[str, object], parts: Sequence[str], precisions: Sequence[Precision | None]
) -> Evidence:
    """What `api.evidence` gives, read for a question without a scenario, about these parts."""
    engine, calibration = (changes.get(name) for name in ("engine", "calibration"))
    threads, instances = (changes.get(name) for name in ("threads", "instances"))
    named = [item for item in precisions if item is not None]
    anchors, measured = (changes.get(name, []) for name in ("anchors", "measured"))
    return EvidenceKey(
        None if engine is None else str(engine),
        threads if isinstance(threads, int) else None,
        instances if isinstance(instances, int) else None,
        None if calibration is None else str(calibration),
        tuple(map(str, anchors)) if isinstance(anchors, list) else (),
        tuple(measured_file(Path(), item, parts, named) for item in measured)
        if isinstance(measured, list)
        else (),
    ).read()
