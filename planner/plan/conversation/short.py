"""A question about users of a language model in one line, as a scenario that a template completes."""

from __future__ import annotations

import datetime as dt
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.data_files import allow_files_outside, scenarios_dir
from planner.errors import InputError, Problem
from planner.language.sources.source import read_language_model
from planner.plan.scenario.file import ScenarioFile, scenario_of
from planner.schema.reading.quantity import Money
from planner.schema.reading.yaml_file import parse_document, read_model, write_document
from planner.schema.scenario.template import ConversationTemplate, Taken
from planner.units import format_quantity

MOST_USERS = 100_000
_LEAST_CONTEXT = 16
_USUAL_CONTEXT = 8192


@dataclass(frozen=True, slots=True)
class UsersQuestion:
    """What a person says in one line; None is left to the template."""

    model: str
    users: int
    context_tokens: int | None = None
    devices: tuple[str, ...] = ()
    engine: str | None = None
    max_power_w: float | None = None
    budget: Money | None = None
    spares: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """The scenario of such a question: its text, read back, and the defaults in it with their reasons."""

    source: ScenarioFile
    text: str
    defaults: tuple[tuple[str, str], ...]


@functools.cache
def conversation_template() -> ConversationTemplate:
    """What a question about users leaves open: `scenarios/templates/conversations.yaml`."""
    return read_model(scenarios_dir() / "templates" / "conversations.yaml", ConversationTemplate)


def write_question(question: UsersQuestion, path: Path | None = None) -> WrittenQuestion:
    """The scenario as the file at `path` would have it; nothing is written yet.

    Raises `InputError` for a model that cannot be read, and users or a context that no plan has.
    """
    model = read_language_model(question.model)
    context = question.context_tokens or min(_USUAL_CONTEXT, model.decoder.context)
    problems = []
    if not 1 <= question.users <= MOST_USERS:
        problems.append(Problem("--users", f"1 to {MOST_USERS:,} people", str(question.users)))
    if not _LEAST_CONTEXT <= context <= model.decoder.context:
        expected = f"{_LEAST_CONTEXT} to {model.decoder.context} tokens, the model's own"
        problems.append(Problem("--context", expected, str(context)))
    if problems:
        raise InputError("plan", problems)
    name, folder = (path.name, path.parent) if path is not None else ("plan.yaml", Path())
    defaults: list[tuple[str, str]] = []
    document = _document(question, _from(question.model, folder), context, Path(name).stem, defaults)
    document["notes"] = [f"Default: {key}: {why}." for key, why in defaults]
    text = write_document(document)
    with allow_files_outside():  # whoever asks names the model
        source = scenario_of(parse_document(text, name), folder)
    return WrittenQuestion(source, text, tuple(defaults))


def _from(model: str, folder: Path) -> str:
    if model.startswith("zoo:"):
        return model
    try:
        return Path(os.path.relpath(Path(model).resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(Path(model).resolve())


def _document(
    asked: UsersQuestion, model: str, context: int, name: str, defaults: list[tuple[str, str]]
) -> dict[str, object]:
    template = conversation_template()

    def block(of: str, settings: Mapping[str, Taken], given: Mapping[str, object]) -> dict[str, object]:
        left = {key: taken for key, taken in settings.items() if key not in given}
        defaults.extend((f"{of}.{key}", taken.why) for key, taken in left.items())
        return {**given, **{key: taken.value for key, taken in left.items()}}

    stream = {"name": "users", "kind": "conversation", "count": asked.users, "model": model}
    candidates: dict[str, object] = {"devices": list(asked.devices)}
    if not asked.devices:
        candidates["devices"] = [item.device for item in template.devices]
        chosen = "; ".join(f"{item.device} {item.why}" for item in template.devices)
        defaults.append(("candidates.devices", chosen))
    if asked.engine is not None:
        candidates["engine"] = asked.engine
    if asked.context_tokens is None:
        defaults.append(
            ("streams[0].context", "several questions with their answers, as far as the model goes")
        )
    people = "person converses" if asked.users == 1 else "people converse"
    return {
        "schema": 1,
        "id": name,
        "title": f"{asked.users} {'user' if asked.users == 1 else 'users'} of {model.removeprefix('zoo:')}",
        "question": f"{asked.users} {people} with {model} in up to {context:,} tokens. Which part, how many, "
        "and will it hold?",
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "streams": [block("streams[0]", template.stream, {**stream, "context": context})],
        "candidates": block("candidates", template.candidates, candidates),
        "site": block("site", template.site, _power(asked)),
        "money": block("money", template.money, _budget(asked)),
        "planning": block("planning", template.planning, _spares(asked)),
        "simulation": block("simulation", template.simulation, {}),
    }


def _power(asked: UsersQuestion) -> dict[str, object]:
    if asked.max_power_w is None:
        return {}
    return {"power_limit": format_quantity(asked.max_power_w, "w", 12)}


def _budget(asked: UsersQuestion) -> dict[str, object]:
    budget = asked.budget
    if budget is None:
        return {}
    currency = str(conversation_template().money["currency"].value)
    if budget.currency != currency:
        got = f"{budget.amount:g} {budget.currency}"
        raise InputError("plan", [Problem("--budget", f"an amount in {currency}", got)])
    return {"budget": f"{budget.amount:.12g} {currency}"}


def _spares(asked: UsersQuestion) -> dict[str, object]:
    return {} if asked.spares is None else {"spares": asked.spares}
