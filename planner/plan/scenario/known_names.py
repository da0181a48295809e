"""Names in a scenario that are in no catalog (parts, modes, networks, mistakes), all of one file at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from planner.errors import InputError, Problem, UnknownIdError
from planner.schema.reading.problems import dotted
from planner.schema.reading.yaml_file import Document
from planner.schema.scenario.scenario import Scenario

Place = tuple[str | int, ...]
_LIST = "`planner devices list` shows all"


def require_known_names(scenario: Scenario, document: Document) -> None:
    """Refuse every name that no catalog has, with its line and the nearest that one has."""
    found = [
        Problem(dotted(place), expected, got, advice, document.line_of(place))
        for place, expected, got, advice in _unknown_names(scenario)
    ]
    if found:
        raise InputError(document.file, sorted(found, key=lambda problem: problem.line or 0))


def _unknown_names(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    yield from _parts(scenario)
    yield from _modes(scenario)
    yield from _coolers(scenario)
    yield from _links(scenario)
    yield from _engines(scenario)
    yield from _networks(scenario)
    yield from _language_models(scenario)
    yield from _traces(scenario)
    yield from _accepted(scenario)


def _parts(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    named: list[tuple[Place, str]] = [
        *((("candidates", "labels", name), name) for name in scenario.candidates.labels_ops_per_s),
        *((("candidates", "coolers", name), name) for name in scenario.candidates.coolers),
        *((("candidates", "links", name), name) for name in scenario.candidates.links),
        *((("money", "prices", name), name) for name in scenario.money.prices),
    ]
    if scenario.deployment is not None and scenario.deployment.device is not None:
        named.append((("deployment", "device"), scenario.deployment.device))
    if not (named or scenario.candidates.devices):
        return  # and the catalog need not be read
    from planner.hardware.catalog import device_ids, named_by

    known = device_ids()
    for number, pattern in enumerate(scenario.candidates.devices):
        if not any(named_by(name, pattern) for name in known):
            listed: Place = ("candidates", "devices", number)
            yield listed, "a part, or a pattern of some", *_unknown("device", pattern, known)
    for place, name in named:
        if name not in known:
            yield place, "a part", *_unknown("device", name, known)


def _coolers(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    """Coolers that a part lacks; those of a part that is unknown itself are not looked at."""
    asked, given = scenario.candidates.coolers, scenario.deployment
    from_deployment = given is not None and isinstance(given.cooler, str)
    if not (asked or scenario.cooler is not None or from_deployment):
        return
    from planner.hardware.catalog import device_ids, named_by, read_device
    from planner.plan.options.coolers import cooler_named

    known, patterns = device_ids(), scenario.candidates.devices
    parts = [name for name in known if any(named_by(name, pattern) for pattern in patterns)]
    if given is not None and given.device in known:
        parts = [given.device, *parts]
    if scenario.cooler is not None and parts and set(parts) <= set(asked):
        expected, advice = "a candidate without one in `candidates.coolers`", "leave out one of the two"
        yield ("cooler",), expected, "none is left", advice
    lacking: dict[tuple[Place, str], list[tuple[str, str]]] = {}
    for name in dict.fromkeys([*parts, *(name for name in asked if name in known)]):
        cooler, thermal = scenario.cooler_of(name), read_device(name).thermal
        if isinstance(cooler, str):
            try:
                cooler_named(thermal, cooler, name)
            except UnknownIdError:
                has = ", ".join(item.id for item in thermal.coolers)
                lacking.setdefault((_where_asked(scenario, name), cooler), []).append((name, has))
    for (place, cooler), found in lacking.items():
        names = ", ".join(name for name, _ in found)
        has = "; ".join(f"{name} has {ids}" for name, ids in found)
        yield (
            place,
            f"a cooler of {names}",
            f"{cooler!r}, which {'it lacks' if len(found) == 1 else 'they lack'}",
            f"{has}; or state one: `cooler: {{resistance: 3.2 K/W}}`",
        )


def _where_asked(scenario: Scenario, part: str) -> Place:
    given = scenario.deployment
    if given is not None and given.device == part and given.cooler is not None:
        return ("deployment", "cooler")
    return ("candidates", "coolers", part) if part in scenario.candidates.coolers else ("cooler",)


def _engines(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    """Inference engines that the database does not have."""
    named: list[tuple[Place, str | None]] = [(("candidates", "engine"), scenario.candidates.engine)]
    if scenario.deployment is not None:
        named.append((("deployment", "engine"), scenario.deployment.engine))
    if scenario.serving is not None:
        places = scenario.serving.engines.items()
        named += [(("serving", "engines", pattern), engine) for pattern, engine in places]
    if not any(engine for _, engine in named):
        return
    if scenario.conversations:
        yield from _language_engines(named)
        return
    from planner.hardware.catalog import engine_ids

    for place, engine in named:
        if engine is not None and engine not in engine_ids():
            yield place, "an inference engine", *_unknown("engine", engine, engine_ids())


def _language_engines(named: list[tuple[Place, str | None]]) -> Iterator[tuple[Place, str, str, str]]:
    """Engines for language models that nobody knows."""
    from planner.language.engines.catalogue import language_engine

    for place, engine in named:
        try:
            if engine is not None:
                language_engine(engine)
        except UnknownIdError as error:
            yield place, "an engine for language models", error.got, error.advice


def _links(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    """Links that a part lacks; those of a part that is unknown itself are not looked at."""
    asked: list[tuple[Place, str, str]] = [
        (("candidates", "links", part), part, link) for part, link in scenario.candidates.links.items()
    ]
    given = scenario.deployment
    if given is not None and given.device is not None and given.link is not None:
        asked.append((("deployment", "link"), given.device, given.link))
    if not asked:
        return
    from planner.hardware.catalog import device_ids, read_device
    from planner.hardware.link.of_part import linked

    for place, part, link in asked:
        if part not in device_ids():
            continue
        try:
            linked(read_device(part), link)
        except InputError as error:
            first = error.problems[0]
            yield place, first.expected, first.got, first.advice


def _language_models(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    """Language models of the zoo that it does not have."""
    from planner.language.sources.catalogue import named_models

    for number, talk in enumerate(scenario.conversations):
        kind, _, name = talk.model.partition(":")
        if kind == "zoo" and name.lower().replace("_", "-") not in named_models():
            place = ("conversations", number, "model")
            yield place, "a language model of the zoo, or a file", *_unknown("model", name, named_models())


def _modes(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    """Modes that no candidate has; those of a part that is unknown itself are not looked at."""
    given, modes = scenario.deployment, scenario.candidates.modes
    if isinstance(modes, str) and (given is None or given.mode is None):
        return
    from planner.hardware.catalog import device_ids, named_by, read_device
    from planner.hardware.operating_point import choose_mode

    known = device_ids()
    if given is not None and given.device in known and given.mode is not None:
        try:
            choose_mode(read_device(given.device), given.mode)
        except UnknownIdError as error:
            yield ("deployment", "mode"), f"a power mode of {given.device}", error.got, error.advice
    if isinstance(modes, str):
        return
    patterns = scenario.candidates.devices
    parts = [name for name in known if any(named_by(name, pattern) for pattern in patterns)]
    have = {mode.id for name in parts for mode in read_device(name).modes}
    for number, mode in enumerate(modes):
        if parts and mode not in have:
            place = ("candidates", "modes", number)
            yield place, "a power mode of a candidate", *_unknown("power mode", mode, have)


def _networks(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    named = list(networks_named(scenario))
    if not any(model.startswith("zoo:") for _, model in named):
        return
    from planner.zoo.registry import names

    for place, model in named:
        kind, _, name = model.partition("@")[0].partition(":")
        if kind == "zoo" and name not in names():
            yield place, "a network of the zoo, or a file", *_unknown("network", name, names())


def networks_named(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Each network where the scenario names it: a stream's own, and those of its chain."""
    for number, stream in enumerate(scenario.streams):
        for place, step in enumerate(stream.chain):
            if step.network is not None:
                yield ("streams", number, "chain", place, "network"), step.network
        if not any(step.network == stream.model for step in stream.chain):
            yield ("streams", number, "model"), stream.model


def _traces(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    """Traces that nothing here can read, said before the work begins."""
    for number, stream in enumerate(scenario.streams):
        if stream.trace is not None and stream.trace.endswith(".parquet") and find_spec("pyarrow") is None:
            advice = "`pip install pyarrow`, or save the trace as CSV"
            place = ("streams", number, "trace")
            yield place, "pyarrow to read Parquet", "it is not installed", advice


def _accepted(scenario: Scenario) -> Iterator[tuple[Place, str, str, str]]:
    if not scenario.accepted:
        return
    from planner.plan.scenario.known_mistakes import names_to_accept

    known = names_to_accept()
    for name in scenario.accepted:
        if name not in known:
            yield ("accepted", name), "a mistake, or `mistake/rule`", *_unknown("mistake", name, known)


def _unknown(kind: str, asked: str, known: Iterable[str]) -> tuple[str, str]:
    error = UnknownIdError(kind, asked, known, _LIST if kind == "device" else "")
    return error.got, error.advice
