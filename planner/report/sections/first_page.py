"""What the first page has below its answer: choices, what to order, the nearest limits, and who signs."""

from __future__ import annotations

from collections.abc import Sequence

from planner.report.blocks import Block, Cell, Column, Heading, Paragraph, Signature, Style, Table, cells
from planner.report.names import setting_names
from planner.report.numbers import UNKNOWN, quantity, shortened, significant, whole, with_units
from planner.schema.record import (
    ChoiceRecord,
    ConstraintRecord,
    OptionRecord,
    PurchaseLineRecord,
    StudyRecord,
)
from planner.schema.record.question import ScenarioRecord, ToolRecord
from planner.wording.message import Wording

_VERDICTS: dict[str, Style] = {"PASS": "good", "FAIL": "bad", "UNDECIDED": "open"}
_DIGEST = 12
_ROLES = ("prepared", "checked", "approved")


def setting(option: OptionRecord, say: Wording) -> str:
    """Unit, engine, mode, precision and batch of an option in a few words."""
    batch = say("option.batch", batch=option["batch"])
    names = setting_names(option["unit"], option["engine"], option["mode"], say, option.get("units", 1))
    return say("option.setting", items=(*names, shortened(option["precision"].upper(), 16), batch))


def choices(study: StudyRecord, say: Wording) -> list[Block]:
    """Good, better and best in a line each, and how much was compared."""
    found = study.get("choices")
    if found is None:
        return []
    columns = (
        Column(""),
        Column(say("head.part_and_setting"), share=1),
        Column(say("head.carries"), "right"),
        Column(say("head.power"), "right"),
        Column(say("head.to_buy"), "right"),
        Column(say("head.horizon"), "right"),
        Column(say("head.verdict")),
    )
    rows = tuple(_choice(line, say) for line in found["lines"])
    compared = say(
        "choices.compared",
        parts=say.counted("choices.parts", found["parts"]),
        settings=say.counted("choices.settings", found["settings"]),
        simulated=say.counted("choices.simulated", found["simulated"]),
    )
    alone = say("choices.alone") if len(found["lines"]) == 1 else say("choices.meaning")
    note = say("text.paragraph", sentences=(alone, compared))
    return [
        Heading(say("choices.title"), 2, tight=True),
        Table(columns, rows, small=True, tight=True),
        Paragraph(note, "note"),
    ]


def _choice(line: ChoiceRecord, say: Wording) -> tuple[Cell, ...]:
    spares = say.counted("choices.spares", line["spares"]) if line["spares"] else ""
    batch = say("option.batch", batch=line["batch"])
    items = (
        f"{whole(line['count'])} × {shortened(line['name'], 40)}",
        spares,
        *setting_names("", None, line["mode"], say),
        shortened(line["precision"].upper(), 16),
        batch,
    )
    verdict = line["verdict"]
    judged = Cell(say("choices.not_simulated"), "note")
    if verdict is not None:
        judged = Cell(say.term("verdict", verdict), _VERDICTS[verdict])
    return (
        Cell(say(f"choices.{line['level']}"), "strong"),
        Cell(say("option.name", items=tuple(item for item in items if item))),
        Cell(f"{significant(line['load_factor'], 2)} ×", number=line["load_factor"]),
        Cell(quantity(line["power_w"], "w"), number=line["power_w"]),
        _money(line["capital"], line["currency"]),
        _money(line["total_cost"], line["currency"]),
        judged,
    )


def _money(amount: float | None, currency: str) -> Cell:
    return Cell(UNKNOWN) if amount is None else Cell(f"{whole(amount)} {currency}", number=amount)


def purchase(found: Sequence[PurchaseLineRecord], say: Wording) -> list[Block]:
    """The bill of materials with the sum of what is known."""
    if not found:
        return []
    columns = (
        Column(say("head.quantity"), "right"),
        Column(say("head.item"), share=1.5),
        Column(say("head.order_code"), share=0.8),
        Column(say("head.price_each"), "right"),
        Column(say("head.sum"), "right"),
        Column(say("head.price_of")),
        Column(say("head.source_of_price"), share=1.5),
    )
    rows = [_line(line, say) for line in found]
    known = [line["amount"] for line in found if line["amount"] is not None]
    complete = len(known) == len(found)
    total = say("purchase.total" if complete else "purchase.total_known")
    summed = _money(sum(known) if known else None, found[0]["currency"])
    rows.append((Cell(""), Cell(total, "strong"), Cell(""), Cell(""), summed, Cell(""), Cell("")))
    title = Heading(say("purchase.title"), 2, anchor="purchase", tight=True)
    return [title, Table(columns, tuple(rows), small=True, tight=True)]


def _line(line: PurchaseLineRecord, say: Wording) -> tuple[Cell, ...]:
    name = shortened(line["name"], 90)
    item = name if line["kind"] == "device" else say(f"purchase.{line['kind']}", name=name)
    said = say("purchase.as_devices")
    if line["kind"] != "spare":
        source = shortened(say.of(line["source"]), 90)
        said = say("purchase.said", source=source, status=say.term("status", line["status"]))
    return (
        Cell(whole(line["count"]), number=line["count"]),
        Cell(item),
        Cell(line["order_code"] or "–", "plain" if line["order_code"] else "note"),
        _money(line["price"], line["currency"]),
        _money(line["amount"], line["currency"]),
        Cell(line["date"] or "–"),
        Cell(said, "note"),
    )


def nearest_limits(constraints: Sequence[ConstraintRecord], say: Wording) -> list[Block]:
    """The limits that are not met, open or nearest; all of them are on the next page."""
    found = [item for item in constraints if item.get("nearest", True)]
    if not found:
        return []
    heading = Heading(say("cover.nearest_limits", shown=len(found), number=len(constraints)), 2, tight=True)
    return [heading, limits(found, say, tight=True)]


def limits(constraints: Sequence[ConstraintRecord], say: Wording, *, tight: bool = False) -> Table:
    """Limits with what is needed and left of them, and the weakest input that each rests on."""
    words = {
        True: Cell(say("limit.met"), "good"),
        False: Cell(say("limit.not_met"), "bad"),
        None: Cell(say("limit.open"), "open"),
    }
    rows = tuple(
        (
            *cells(
                item["name"],
                item["limit"],
                item["value"] or UNKNOWN,
                with_units(item.get("left", "")),
                with_units(item.get("rests_on", "")),
            ),
            words[item["met"]],
        )
        for item in constraints
    )
    return Table(
        (
            Column(say("limit.limit"), share=2),
            Column(say("limit.allowed"), share=1.15),
            Column(say("limit.needed"), share=1.05),
            Column(say("limit.left"), share=1.2),
            Column(say("limit.rests_on"), share=3.3),
            Column(say("head.verdict")),
        ),
        rows,
        small=True,
        tight=tight,
    )


def signature(scenario: ScenarioRecord, tool: ToolRecord, say: Wording) -> Signature:
    """What is signed: the scenario by its digest, the day of the study and the version of the tool."""
    revision = say(
        "sign.revision",
        scenario=shortened(scenario["file"], 60),
        digest=(scenario["sha256"] or "–")[:_DIGEST],
        date=scenario["date"],
        tool=f"{tool['name']} {tool['version']}",
    )
    roles = tuple(say(f"sign.{role}") for role in _ROLES)
    return Signature(revision, roles, say("sign.fields"))
