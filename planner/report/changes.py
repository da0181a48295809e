"""What changed between two studies, and which of their inputs differ: nothing else can have caused it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from planner.errors import InputError, Problem
from planner.report.blocks import Block, Column, Heading, Paragraph, Table, cells
from planner.report.numbers import celsius, percent, quantity, shortened, stated, whole
from planner.report.sections.first_page import setting
from planner.schema.record import OptionRecord, StreamRecord, StudyRecord, read_study
from planner.wording.message import Wording


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs, as text; None where a study does not have it."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """The answer that changed, the inputs that differ, and options whose verdict changed."""

    answer: tuple[Change, ...]
    inputs: tuple[Change, ...]
    options: tuple[Change, ...]

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not (self.answer or self.inputs or self.options)


def read_record(path: Path) -> StudyRecord:
    """A study that `planner report --data` wrote. Raises `InputError` for anything else."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        problem = Problem("file", "a study that `planner report --data` wrote", error.strerror or str(error))
        raise InputError(str(path), [problem]) from None
    except ValueError:
        problem = Problem("file", "JSON that `planner report --data` wrote", "text that is no JSON")
        raise InputError(str(path), [problem]) from None
    if not isinstance(value, Mapping):
        raise InputError(str(path), [Problem("file", "the record of a study", "other JSON")])
    return read_study(value)


def changes(before: StudyRecord, after: StudyRecord, say: Wording) -> Changes:
    """Everything that differs, in words of one language; numbers are compared whole and shown rounded."""
    return Changes(
        answer=_differing(_answer(before, say), _answer(after, say)),
        inputs=_differing(_inputs(before, say), _inputs(after, say)),
        options=_differing(_verdicts(before, say), _verdicts(after, say)),
    )


def changes_record(found: Changes) -> dict[str, object]:
    """As JSON: lists of `what`, `before`, `after`."""
    return {
        "same": found.none,
        "answer": [asdict(change) for change in found.answer],
        "inputs": [asdict(change) for change in found.inputs],
        "options": [asdict(change) for change in found.options],
    }


def change_blocks(before: StudyRecord, after: StudyRecord, found: Changes, say: Wording) -> list[Block]:
    """The same as a document of one or two pages."""
    title = say("changes.title", before=_named(before), after=_named(after))
    blocks: list[Block] = [Heading(title)]
    if found.none:
        return [*blocks, Paragraph(say("changes.same"))]
    for rows, name in ((found.answer, "answer"), (found.inputs, "inputs"), (found.options, "options")):
        blocks.append(Heading(say(f"changes.{name}"), 2))
        if rows:
            blocks += [Paragraph(say(f"changes.{name}_text")), _table(rows, say)]
        else:
            blocks.append(Paragraph(say(f"changes.no_{name}")))
    return blocks


def _named(study: StudyRecord) -> str:
    return f"{shortened(study['scenario']['id'], 40)}, {study['scenario']['date']}"


def _table(rows: tuple[Change, ...], say: Wording) -> Table:
    columns = (
        Column(say("head.what"), share=1.4),
        Column(say("head.before"), share=1.2),
        Column(say("head.after"), share=1.2),
    )
    dash = "–"
    shown = tuple(cells(row.what, row.before or dash, row.after or dash) for row in rows)
    return Table(columns, shown, small=True)


_SENTENCES = re.compile(r"(?<=[.。]) +|(?<=。)")
"""Where one sentence ends and another begins."""
_Facts = dict[str, tuple[object, str]]
"""Name -> the value that is compared, and its text."""


def _differing(before: _Facts, after: _Facts) -> tuple[Change, ...]:
    found = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old is None or new is None or not _same(old[0], new[0]):
            found.append(Change(name, *_texts(old, new)))
    return tuple(found)


def _texts(old: tuple[object, str] | None, new: tuple[object, str] | None) -> tuple[str | None, str | None]:
    """What a reader sees of the two: of sentences those that differ, of numbers the digits that do."""
    if old is None or new is None:
        return None if old is None else old[1], None if new is None else new[1]
    if old[1] == new[1]:  # rounding hides the difference
        return str(old[0]), str(new[0])
    return _only_other(old[1], new[1])


def _only_other(before: str, after: str) -> tuple[str | None, str | None]:
    """The sentences of each text that the other does not have, None without one."""
    old, new = _SENTENCES.split(before), _SENTENCES.split(after)
    gone = " ".join(text for text in old if text not in new)
    come = " ".join(text for text in new if text not in old)
    if not gone and not come:  # the same sentences in another order
        return before, after
    return gone or None, come or None


def _same(old: object, new: object) -> bool:
    """Whether two values are equal; numbers to nine digits, as the last ones depend on the order of sums."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=1e-9)
    return old == new


def _answer(study: StudyRecord, say: Wording) -> _Facts:
    answer, chosen, rack = study["answer"], study["chosen"], study["rack"]
    facts: _Facts = {
        say("head.verdict"): (answer["verdict"], say.term("verdict", answer["verdict"])),
        say("changes.headline"): (answer["headline"], answer["headline"]),
    }
    if chosen is not None:
        facts |= _choice(chosen, say)
    if rack is not None:
        hottest_c = rack["devices"]["temperature_c"]["max"]
        facts[say("cover.power")] = (rack["power_w"], quantity(rack["power_w"], "w"))
        facts[say("cover.hottest")] = (hottest_c, celsius(hottest_c))
        for stream in rack["streams"]:
            p99_s = stream["latency_s"]["p99"]
            name = say("cover.of_stream", limit=say("cover.p99"), stream=shortened(stream["name"], 40))
            facts[name] = (p99_s, quantity(p99_s, "s"))
    risks = " ".join(answer["risks"])
    return facts | {
        say("changes.paragraph"): (answer["paragraph"], answer["paragraph"]),
        say("cover.risks"): (risks, risks),
    }


def _choice(chosen: OptionRecord, say: Wording) -> _Facts:
    currency, used = chosen["currency"], chosen["utilisation"]
    part = say("option.name", items=(shortened(chosen["name"], 60), setting(chosen, say)))
    load = (used, percent(used))
    return {
        say("cover.part"): (part, part),
        say("cover.how_many"): (chosen["count"], whole(chosen["count"])),
        say("head.spares"): (chosen["spares"], whole(chosen["spares"])),
        say("head.load"): load,
        say("cover.to_buy"): (chosen["capital"], f"{whole(chosen['capital'])} {currency}"),
        say("cover.horizon"): (chosen["total_cost"], f"{whole(chosen['total_cost'])} {currency}"),
    }


def _inputs(study: StudyRecord, say: Wording) -> _Facts:
    """Everything that a study rests on: question, streams, database, files, tool, seed."""
    tool, rack = study["tool"], study["rack"]
    facts: _Facts = {
        say("changes.tool"): (tool["version"], f"{tool['name']} {tool['version']}"),
        say("changes.question"): (study["scenario"]["question"], study["scenario"]["question"]),
    }
    facts |= {name: (version, version) for name, version in sorted(tool["packages"].items())}
    for stream in study["streams"]:
        text = _stream_text(stream, say)
        facts[say("changes.stream", name=shortened(stream["name"], 60))] = (text, text)
    for value in study["figures"]:
        facts[value["path"]] = (value["value"], value["value"])
    for topic in dict.fromkeys(item["topic"] for item in study["assumptions"]):
        text = " ".join(item["text"] for item in study["assumptions"] if item["topic"] == topic)
        facts[say("changes.assumption", topic=topic)] = (text, text)
    for digest in study["digests"]:
        facts[digest["what"]] = (digest["sha256"], digest["sha256"][:12])
    if rack is not None:
        facts[say("changes.seed")] = (rack["seed"], str(rack["seed"]))
        facts[say("changes.dispatch")] = (rack["dispatch"], say.term("dispatch", rack["dispatch"]))
        facts[say("changes.runs")] = (rack["replications"], str(rack["replications"]))
    return facts


def _stream_text(stream: StreamRecord, say: Wording) -> str:
    limit = say("cover.no_limit") if stream["slo_s"] is None else stated(stream["slo_s"], "s")
    arrivals = say.term("arrivals", stream["arrivals"])
    return (
        f"{stream['count']} × {stated(stream['rate_per_s'], 'per_s')}, {arrivals}, {stream['model']}, {limit}"
    )


def _verdicts(study: StudyRecord, say: Wording) -> _Facts:
    return dict(_verdict(option, say) for option in study["options"])


def _verdict(option: OptionRecord, say: Wording) -> tuple[str, tuple[object, str]]:
    name = say("option.name", items=(shortened(option["name"], 60), setting(option, say)))
    against: Iterator[str] = iter(option["reasons"])
    text = say("option.feasible") if option["feasible"] else next(against, say("option.not_feasible"))
    return name, (option["feasible"], text)
