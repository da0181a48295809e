"""A scenario's conversations as the simulation takes them; the trace, the model, the question to a part."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from planner.conversation.description import Drawn, Level, Levels, Talk, TraceTurn
from planner.errors import InputError, Problem
from planner.language.answer.anchors import anchors_of
from planner.language.answer.question import Wishes
from planner.language.sizes.model import LanguageModel
from planner.language.sources.source import read_language_model
from planner.plan.scenario.file import ScenarioFile
from planner.read_files import CsvTable, read_bounded_text
from planner.schema.conversation.stream import (
    Conversation,
    ConversationSlo,
    SecondsAround,
    ServiceLevel,
    TokensAround,
    TokensBetween,
)
from planner.schema.scenario.scenario import Scenario

_COLUMNS = ("time_s", "prompt_tokens", "output_tokens")
_MOST_ROWS = 1_000_000
_LONGEST = 10_000_000


def talks_of(source: ScenarioFile) -> tuple[Talk, ...]:
    """The streams; raises `InputError` for a trace that cannot be read."""
    talks = tuple(_talk(stream) for stream in source.scenario.conversations)
    problems = [
        Problem("trace", f"rows of at most {talk.context} tokens, the context of {talk.name!r}", str(longest))
        for talk in talks
        if (longest := max((turn.prompt + turn.output for turn in talk.trace), default=0)) > talk.context
    ]
    if problems:
        raise InputError(source.file, problems)
    return talks


def _talk(stream: Conversation) -> Talk:
    return Talk(
        name=stream.name,
        sources=stream.count,
        begins=stream.arrivals,
        rate_per_s=stream.rate_per_s or 0.0,
        prompt=_drawn(stream.prompt),
        output=_drawn(stream.output),
        turns=_drawn(stream.turns),
        think=_drawn(stream.think),
        context=stream.context,
        prefix_kept=stream.prefix == "kept",
        levels=_levels(stream.slo),
        trace=tuple(read_trace(Path(stream.trace))) if stream.trace is not None else (),
    )


def _drawn(given: float | list[int] | TokensAround | TokensBetween | SecondsAround | None) -> Drawn:
    if isinstance(given, TokensAround):
        return Drawn("lognormal", given.mean, given.cv)
    if isinstance(given, SecondsAround):
        return Drawn("gamma", given.mean_s, given.cv)
    if isinstance(given, TokensBetween):
        # Half a token more on either side, so that rounding gives both ends their share.
        return Drawn("uniform", given.low - 0.5, given.high + 0.5)
    if isinstance(given, list):
        return Drawn("listed", values=tuple(map(float, given)))
    return Drawn("fixed", float(given or 0.0))


def _levels(slo: ConversationSlo) -> Levels:
    def level(given: ServiceLevel | None) -> Level | None:
        return None if given is None else Level(given.within_s, given.quantile_ratio)

    return Levels(level(slo.ttft), level(slo.time_per_token), level(slo.answer))


def read_trace(path: Path) -> Iterator[TraceTurn]:
    """The turns of a CSV file in the order of its rows; `InputError` for the first that is none."""
    if not path.is_file():
        advice = "give its path from the scenario's folder"
        raise InputError(str(path), [Problem("trace", "a CSV file", "no such file", advice)])
    last_s, rows = 0.0, 0
    table = CsvTable(read_bounded_text(path), path)
    missing = [name for name in _COLUMNS if name not in table.header]
    if missing:
        got = ", ".join(table.header) or "no columns"
        raise InputError(str(path), [Problem("columns", ", ".join(_COLUMNS), got)])
    for rows, row in enumerate(table, start=1):
        turn = _turn(path, rows, row)
        if turn.time_s < last_s:
            expected = f"a time at or after the row before it, {last_s:g} s"
            raise InputError(str(path), [Problem(f"row {rows}", expected, f"{turn.time_s:g}")])
        if rows > _MOST_ROWS:
            raise InputError(str(path), [Problem("rows", f"at most {_MOST_ROWS:,}", "more")])
        last_s = turn.time_s
        yield turn
    if rows == 0:
        raise InputError(str(path), [Problem("rows", "one turn or more", "none")])


def _turn(path: Path, number: int, row: dict[str, str | None]) -> TraceTurn:
    try:
        time_s = float(row["time_s"] or "")
        prompt, output = int(row["prompt_tokens"] or ""), int(row["output_tokens"] or "")
    except ValueError:
        time_s, prompt, output = -1.0, 0, 0
    if not (0.0 <= time_s < float("inf") and 1 <= prompt <= _LONGEST and 1 <= output <= _LONGEST):
        got = ", ".join(str(row.get(name)) for name in _COLUMNS)
        expected = "seconds from the beginning, and whole numbers of tokens from one on"
        raise InputError(str(path), [Problem(f"row {number}", expected, got)])
    return TraceTurn(time_s, prompt, output, row.get("conversation") or "")


def model_of(source: ScenarioFile) -> LanguageModel:
    """The language model of all streams; `InputError` where it reads no text alone, or is too short."""
    streams = source.scenario.conversations
    name = streams[0].model
    model = read_language_model(name if name.startswith("zoo:") else source.folder / name)
    if model.encoder is not None:
        problem = Problem("streams[0].model", "a model that reads text alone", f"{name}, which reads "
                          f"{'sound' if model.encoder.kind == 'audio' else 'images'}",
                          "`planner llm` answers for one user")  # fmt: skip
        raise InputError(source.file, [problem])
    problems = [
        Problem(f"streams[{number}].context", f"at most {model.decoder.context} tokens, the model's",
                str(stream.context), line=source.line_of(f"conversations[{number}].context"))
        for number, stream in enumerate(streams)
        if stream.context > model.decoder.context
    ]  # fmt: skip
    if problems:
        raise InputError(source.file, problems)
    return model


def wishes_of(
    source: ScenarioFile, talks: tuple[Talk, ...], part: str, mode: str | None, unit: str | None = None
) -> Wishes:
    """What is asked of a part: the scenario's formats and engine, lengths of its usual turn."""
    scenario = source.scenario
    serving, given = scenario.serving, scenario.deployment
    context = max(talk.context for talk in talks)
    prompt, output = usual_turn(talks)
    return Wishes(
        weights=serving.weights if serving else None,
        cache=serving.kv if serving else None,
        engine=(given.engine if given else None) or _engine_of(scenario, part),
        unit=unit,
        mode=mode,
        prompt_tokens=prompt,
        output_tokens=output,
        context_tokens=context,
        threads=(given.threads if given else None) or scenario.candidates.threads,
        anchors=anchors_of([_anchor(source, name) for name in scenario.anchors]),
    )


def _engine_of(scenario: Scenario, part: str) -> str | None:
    named = scenario.serving.engines if scenario.serving else {}
    found = [engine for pattern, engine in named.items() if fnmatchcase(part, pattern)]
    return found[0] if found else scenario.candidates.engine


def _anchor(source: ScenarioFile, name: str) -> str:
    beside = source.folder / name
    return str(beside) if name != "published" and beside.is_file() else name


def usual_turn(talks: tuple[Talk, ...]) -> tuple[int, int]:
    """Tokens of a mean question and answer, weighed by sources, within the context."""

    def mean(of: str) -> float:
        found = [
            (talk.sources, _trace_mean(talk, of) if talk.trace else float(getattr(talk, of).mean))
            for talk in talks
        ]
        return sum(count * value for count, value in found) / sum(count for count, _ in found)

    context = max(talk.context for talk in talks)
    output = min(max(1, round(mean("output"))), context - 1)
    return min(max(1, round(mean("prompt"))), context - output), output


def _trace_mean(talk: Talk, of: str) -> float:
    return sum(int(getattr(turn, of)) for turn in talk.trace) / len(talk.trace)
