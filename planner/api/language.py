"""Questions about language models: what a part serves, for how many users, at what rate.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.api.database.parts import own_part_notes
from planner.api.scenarios import Progress, quiet

if TYPE_CHECKING:
    from planner.language.answer.serving import ServingAnswer
    from planner.language.rates.published import PublishedRate
    from planner.language.sizes.model import LanguageModel
    from planner.plan.conversation.capacity import DeviceCapacity
    from planner.plan.conversation.study import ConversationStudy
    from planner.plan.scenario.file import ScenarioFile
    from planner.report.pdf import Paper
    from planner.schema.reading.quantity import Money
    from planner.wording.catalog import Language


def read_language_model(source: str | Path) -> LanguageModel:
    """The sizes of a language model: a `config.json` or its folder, a GGUF, safetensors or ONNX file, or
    `zoo:NAME`.

    Weights are not read. Raises `InputError` for a file that is none of these, is cut short or contradicts
    itself, and `UnknownIdError` for an unknown name.

    >>> read_language_model("zoo:llama3.2-1b").parameters
    1235814400
    """
    from planner.language.sources.source import read_language_model as read

    return read(source)


def is_language_model(source: str | Path) -> bool:
    """Whether a path is a description of a language model and no ONNX: a configuration, GGUF or safetensors.

    >>> is_language_model("qwen.gguf"), is_language_model("resnet.onnx")
    (True, False)
    """
    path = Path(source)
    if path.is_dir():
        return any((path / name).is_file() for name in ("config.json", "genai_config.json"))
    return path.suffix.lower() in (".gguf", ".safetensors", ".json")


def language_models() -> dict[str, str]:
    """Name -> title of the language models that have one.

    >>> language_models()["qwen3-8b"]
    'Qwen3 8B'
    """
    from planner.language.sources.catalogue import named_models

    return {name: entry.title for name, entry in named_models().items()}


def list_token_rates(
    *, device: str | None = None, model: str | None = None, engine: str | None = None
) -> tuple[PublishedRate, ...]:
    """Published rates of language models that match, as published; names are shell patterns.

    Raises `UnknownIdError` for a pattern that leaves nothing of what the others chose.

    >>> list_token_rates(device="hailo-10h")[0].engine
    'hailort-genai'
    """
    from fnmatch import fnmatchcase

    from planner.errors import UnknownIdError
    from planner.language.rates.published import published_rates

    rows = published_rates()
    name = model.removeprefix("zoo:") if model else None
    for kind, pattern, field in (
        ("part", device, "part"),
        ("model", name, "model"),
        ("engine", engine, "engine"),
    ):
        if pattern is not None:
            known = {str(getattr(row, field)) for row in rows}
            rows = tuple(row for row in rows if fnmatchcase(str(getattr(row, field)), pattern))
            if not rows:
                raise UnknownIdError(f"{kind} among these rates", pattern, known)
    return rows


def has_conversations(scenario: str | Path | ScenarioFile) -> bool:
    """Whether a scenario's streams are of `kind: conversation`; raises what `read_scenario` raises.

    >>> has_conversations("edge-llm"), has_conversations("line-inspection")
    (True, False)
    """
    from planner.api.scenarios import scenario_file

    return bool(scenario_file(scenario).scenario.conversations)


def converse(
    scenario: str | Path | ScenarioFile,
    *,
    engine: Literal["reference", "compiled"] = "compiled",
    device: str | None = None,
    seed: int | None = None,
    replications: int | None = None,
    progress: Progress = quiet,
) -> ConversationStudy:
    """How many of which part a scenario's conversations take, each simulated; or the devices that it gives.

    Times are in seconds, rates in tokens a second, memory in bytes, energy in joules a token. `device`
    narrows the candidates to one; `seed` and `replications` are instead of the scenario's. Raises
    `InputError` for streams of another kind, a model that cannot be read, and a device that was named and
    cannot serve it.

    >>> converse("edge-llm", device="jetson-orin-nano-8", replications=2).chosen.count
    1
    """
    from planner.api.scenarios import scenario_file
    from planner.plan.conversation.study import run_conversations
    from planner.plan.scenario.file import lines_named, with_simulation

    source = with_simulation(scenario_file(scenario), seed=seed, replications=replications)
    with lines_named(source):
        return run_conversations(source, engine=engine, device=device, progress=progress)


def capacities(
    scenario: str | Path | ScenarioFile, devices: Sequence[str], *, progress: Progress = quiet
) -> tuple[DeviceCapacity, ...]:
    """What one of each of these parts gives to a scenario's conversations.

    That is the most users it keeps its promises for, and what one user gets.

    Raises `InputError` for streams that are no conversations of users, and what `converse` raises.

    >>> capacities("edge-llm", ["jetson-orin-nano-8"])[0].users > 0
    True
    """
    from planner.api.scenarios import scenario_file
    from planner.plan.conversation.capacity import capacities as found
    from planner.plan.scenario.file import lines_named

    source = scenario_file(scenario)
    with lines_named(source):
        return found(source, devices, progress=progress)


@dataclass(frozen=True, slots=True)
class ConversationPlan:
    """A plan from one line: the study, and the defaults that were taken, by key, with their reasons."""

    study: ConversationStudy
    defaults: tuple[tuple[str, str], ...]


def plan_conversations(
    model: str | Path,
    users: int,
    *,
    context_tokens: int | None = None,
    devices: str | Sequence[str] = (),
    engine: str | None = None,
    max_power_w: float | None = None,
    budget: Money | None = None,
    spares: int | None = None,
    to: str | Path | None = None,
    progress: Progress = quiet,
) -> ConversationPlan:
    """Which part, and how many, serves so many people who converse with a model; the scenario goes to `to`.

    `converse` of that scenario gives the same numbers; what is left out is taken from a template. Raises
    `InputError` for a model that cannot be read, users below one and a context beyond the model's, and
    `OutputError` where the file cannot be written.

    >>> plan_conversations("zoo:llama3.2-1b", 6, devices="jetson-orin-nano-8").study.chosen.device
    'jetson-orin-nano-8'
    """
    from planner.files import require_writable, write_bytes
    from planner.plan.conversation.short import UsersQuestion, write_question
    from planner.plan.short.question import devices_of

    path = None if to is None else Path(to)
    if path is not None:
        require_writable(path)
    named = devices_of([devices] if isinstance(devices, str) else devices)
    asked = UsersQuestion(str(model), users, context_tokens, named, engine, max_power_w, budget, spares)
    written = write_question(asked, path)
    study = converse(written.source, progress=progress)
    if path is not None:
        write_bytes(path, written.text.encode())
    return ConversationPlan(study, written.defaults)


def write_conversations(
    scenario: str | Path | ScenarioFile,
    path: str | Path,
    *,
    data: str | Path | None = None,
    language: Language = "en",
    paper: Paper = "a4",
    font: str | Path | None = None,
    progress: Progress = quiet,
) -> ConversationStudy:
    """Answer a scenario of conversations, write the PDF and return the study; `data` gets the record as JSON.

    Raises what `converse` raises, and `OutputError` where a file cannot be written.

    >>> write_conversations("edge-llm", "edge.pdf").verdict
    'PASS'
    """
    from contextlib import ExitStack

    from planner.files import require_writable, write_bytes
    from planner.plan.record.conversation.record import conversation_record
    from planner.report.conversation.pdf import render_conversations
    from planner.report.fonts import chinese_font

    for file in (path, data):
        if file is not None:
            require_writable(Path(file))
    with ExitStack() as during:
        during.enter_context(chinese_font(None if font is None else Path(font)))
        study = converse(scenario, progress=progress)
        record = conversation_record(study)
        progress("setting the PDF")
        write_bytes(Path(path), render_conversations(record, language=language, paper=paper))
        if data is not None:
            text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
            write_bytes(Path(data), f"{text}\n".encode())
    return study


def serve(
    model: LanguageModel | str | Path,
    devices: Sequence[str],
    *,
    users: Sequence[int] = (1,),
    weights: str | None = None,
    cache: str | None = None,
    engine: str | None = None,
    unit: str | None = None,
    mode: str | None = None,
    threads: int | None = None,
    prompt_tokens: int | None = None,
    output_tokens: int | None = None,
    context_tokens: int | None = None,
    most_ttft_s: float | None = None,
    least_rate_per_s: float | None = None,
    anchor: Sequence[str | Path] = (),
) -> list[ServingAnswer]:
    """What each part serves of a language model for each number of users: seconds, tokens, bytes, joules.

    What is left out is what is usual: the engine's formats of `weights` and `cache`, the part's engine, unit
    and mode, a prompt of 512 tokens, an answer of 128 and a session of 4,096. `most_ttft_s` and
    `least_rate_per_s` (tokens a second for each user) are limits. `anchor` names files of rates measured on
    these parts, or is "published" for those of the database. A model that does not fit is an answer. Of parts
    that a pattern matches, those that serve no such model are left out, and the first answer says which.
    Raises `InputError` for what no engine of the part takes, a context beyond the model's, and users below
    one.

    >>> serve("zoo:llama3.1-8b", ["jetson-agx-orin-64"])[0].memory.fits
    True
    """
    from dataclasses import replace

    from planner.errors import InputError, Problem, require_positive
    from planner.hardware.catalog import match_devices, read_device
    from planner.language.answer.anchors import anchors_of
    from planner.language.answer.question import Wishes
    from planner.language.answer.serving import answers
    from planner.wording.message import message

    if not users or min(users) < 1:
        raise InputError("--users", [Problem("users", "whole numbers of one or more", repr(list(users)))])
    require_positive("llm", {"most_ttft_s": most_ttft_s, "least_rate_per_s": least_rate_per_s})
    found = read_language_model(model) if isinstance(model, str | Path) else model
    wishes = Wishes(
        weights, cache, engine, unit, mode, prompt_tokens, output_tokens, context_tokens, most_ttft_s,
        least_rate_per_s, threads, anchors_of([str(file) for file in anchor]),
    )  # fmt: skip
    asked = [name.strip() for text in devices for name in text.split(",") if name.strip()]
    result: list[ServingAnswer] = []
    refused: dict[str, InputError] = {}
    for device_id in match_devices(asked):
        notes = own_part_notes((device_id,))
        try:
            served = answers(found, read_device(device_id), users, wishes)
        except InputError as error:
            # A pattern also matches parts that serve no such model; one that is named is meant.
            if device_id in asked:
                raise
            refused[device_id] = error
            continue
        result += [replace(answer, warnings=(*answer.warnings, *notes)) for answer in served]
    if not result:
        raise next(iter(refused.values()))
    if refused:
        left_out = message("language.left_out", parts=", ".join(refused))
        result[0] = replace(result[0], warnings=(*result[0].warnings, left_out))
    return result
