"""What `planner check` found, as Markdown for a pull request and as JUnit XML for a build server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from planner.report.blocks import Block, Bullets, Cell, Column, Heading, Paragraph, Table
from planner.report.numbers import count, percent, quantity
from planner.report.web import markdown
from planner.schema.record.changed.check import CheckRecord, CheckRowRecord, FiguresRecord
from planner.schema.record.options import OptionalBandRecord
from planner.wording.message import Wording

_MEASURES = ("latency", "memory", "energy")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_markdown(record: CheckRecord, say: Wording) -> str:
    """GitHub-flavoured Markdown: the verdict of each part, every measure before and after, why it failed."""
    verdict = say("check.passed" if record["passed"] else "check.failed")
    blocks: list[Block] = [
        Heading(f"{say('check.title', model=record['model'])}: {verdict}", 2),
        Paragraph(_against(record, say)),
        _measures(record, say),
    ]
    reasons = [f"{row['device']}: {say.of(text)}" for row in record["rows"] for text in row["reasons"]]
    if reasons:
        blocks.append(Bullets(tuple(reasons)))
    counted = _counts(record, say)
    if counted is not None:
        blocks.append(counted)
    if record["notes"]:
        blocks.append(Bullets(tuple(say.of(text) for text in record["notes"])))
    return markdown(blocks, "")


def _against(record: CheckRecord, say: Wording) -> str:
    against = record["against"]
    if against is None:
        return say("check.alone")
    return say("check.against", model=against["model"], file=against["file"])


def _measures(record: CheckRecord, say: Wording) -> Table:
    heads = ("part", "result", "setting", "latency", "memory", "energy", "rests_on")
    columns = tuple(Column(say(f"check.{head}")) for head in heads)
    return Table(columns, tuple(tuple(map(Cell, _cells(row, say))) for row in record["rows"]))


def _cells(row: CheckRowRecord, say: Wording) -> Iterator[str]:
    shown = row["after"] or row["before"]
    yield row["device"]
    yield say("check.passed" if row["passed"] else "check.failed")
    yield "" if shown is None else f"{shown['unit']}, {shown['mode']}, {shown['engine']} {shown['precision']}"
    for name in _MEASURES:
        yield _change(row, name, say)
    yield "" if shown is None else say.term("provenance", shown["provenance"])


def _change(row: CheckRowRecord, name: str, say: Wording) -> str:
    """`5.3 ms (4.9 to 6) -> 5.9 ms (5.4 to 6.6), +11 %`."""
    sides = [_shown(side, name, say) for side in (row["before"], row["after"]) if side is not None]
    change = {key: value for key, value in row["changes"].items() if key == name}.get(name)
    text = " → ".join(sides)
    if not isinstance(change, float):
        return text
    sign = "+" if change > 0 else ""
    return f"{text}, {sign}{percent(change)}"


def _shown(side: FiguresRecord, name: str, say: Wording) -> str:
    if name == "memory":
        return quantity(side["memory_bytes"]["total"], "bytes")
    dimension = "s" if name == "latency" else "j"
    band: OptionalBandRecord = side["latency_s"] if name == "latency" else side["energy_per_inference_j"]
    if band["mid"] is None:
        return quantity(None, dimension)
    low, mid, high = (quantity(band[end], dimension) for end in ("low", "mid", "high"))
    return say("check.bands", low=low, mid=mid, high=high)


def _counts(record: CheckRecord, say: Wording) -> Table | None:
    """The network itself, before and after; None without a baseline."""
    against = record["against"]
    if against is None:
        return None
    old, new = against["counts"], record["counts"]
    rows = (
        ("macs", count(old["macs"]), count(new["macs"])),
        ("parameters", count(old["parameters"]), count(new["parameters"])),
        ("weights", quantity(old["weight_bytes"], "bytes"), quantity(new["weight_bytes"], "bytes")),
    )
    heads = ("network", "before", "after")
    return Table(
        tuple(Column(say(f"check.{head}")) for head in heads),
        tuple((Cell(say(f"check.{name}")), Cell(before), Cell(after)) for name, before, after in rows),
    )


def check_junit(record: CheckRecord, say: Wording) -> bytes:
    """One test case for each measure of each part and for whether it runs; a broken limit is a failure."""
    suite = ET.Element("testsuite", name=_clean(f"planner check {record['model']}"))
    failures = 0
    for row in record["rows"]:
        for name in ("run", *_MEASURES):
            place = {"classname": _clean(f"{record['model']}.{row['device']}"), "name": say(f"check.{name}")}
            case = ET.SubElement(suite, "testcase", place)
            texts = [
                say.of(text)
                for text, broken in zip(row["reasons"], row["broken"], strict=True)
                if broken == name
            ]
            if texts:
                failures += 1
                failure = ET.SubElement(case, "failure", message=_clean(texts[0]), type=name)
                failure.text = _clean("\n".join(texts))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    ET.indent(suite)
    text: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _clean(text: str) -> str:
    """Text without what XML 1.0 cannot carry."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
