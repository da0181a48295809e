"""The chapters of a report on conversations: the answer, parts, promises, users, memory, how it was found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from planner.report.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Cover,
    Fact,
    Figure,
    Heading,
    Paragraph,
    Table,
    valued,
)
from planner.report.conversation.basis import basis_blocks, first_page
from planner.report.conversation.figures import energy_drawing, memory_drawing, users_drawing
from planner.report.numbers import UNKNOWN, celsius, money, quantity, significant, whole
from planner.schema.record.commands.conversation import (
    ConversationBasisRecord,
    ConversationOptionRecord,
    ConversationRecord,
    FramesRecord,
    PromiseRecord,
)
from planner.wording.message import Wording

_FULL = 3
"""Promises beside which the first page has no place for joules; the table of parts has them."""


def conversation_blocks(found: ConversationRecord, say: Wording) -> list[Block]:
    """The document whole."""
    given = found["basis"]
    basis = None if given is None else cast("ConversationBasisRecord", say.all_of(given))
    first = [*_answer(found, say), *first_page(found, basis, say)]
    chapters = (_promises, _parts, _users, _memory, _method)
    rest = [block for chapter in chapters for block in chapter(found, say)]
    return [*first, *rest, *([] if basis is None else basis_blocks(found, basis, say))]


def chosen_of(found: ConversationRecord) -> ConversationOptionRecord | None:
    """The option that was chosen."""
    return next((item for item in found["options"] if item["device"] == found["chosen"]), None)


def _answer(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    chosen = chosen_of(found)
    if chosen is None:
        headline, paragraph = say("conversation.none"), say("conversation.none_text")
    else:
        headline = say(
            "conversation.headline", count=chosen["count"], part=chosen["name"], engine=chosen["engine"],
            weights=chosen["weights"],
        )  # fmt: skip
        paragraph = say(
            "conversation.paragraph",
            users=sum(talk["users"] for talk in chosen["streams"]),
            model=found["model"].removeprefix("zoo:"),
            plan=say(f"plan_for.{found['plan_for']}"),
        )
    facts = tuple(_facts(chosen, say)) if chosen is not None else ()
    yield Cover(
        kicker=say("conversation.kicker"),
        question=found["question"],
        verdict=found["verdict"],
        verdict_text=say.term("verdict", found["verdict"]),
        headline=headline,
        paragraph=paragraph,
        facts=facts,
    )


def _facts(chosen: ConversationOptionRecord, say: Wording) -> Iterator[Fact]:
    yield Fact(
        say("cover.how_many"),
        whole(chosen["count"]),
        say.counted("cover.spares", chosen["spares"]),
    )
    shown = [promise for talk in chosen["streams"][:1] for promise in talk["promises"]]
    shown += [frames["promise"] for frames in chosen["frames"][:1]]
    for promise in shown:
        yield Fact(
            say(f"conversation.{promise['promise']}"),
            quantity(promise["reached_s"], "s"),
            say(
                "conversation.of_promise",
                share=_share(promise["quantile"]),
                asked=quantity(promise["within_s"], "s"),
            ),
        )
    rate = chosen["tokens_per_s"]
    if rate is not None:
        ends = say("conversation.from_to", low=significant(rate["low"], 3), high=significant(rate["high"], 3))
        yield Fact(say("conversation.tokens"), significant(rate["mid"], 3), ends)
    if len(shown) < _FULL:  # two lines of facts
        yield Fact(
            say("conversation.joules"),
            quantity(chosen["energy_per_token_j"], "j"),
            say("conversation.installation"),
        )
    seen = chosen["heat"]
    die = chosen["temperature_c"] if seen is None else seen["temperature_c"]
    detail = say("cover.steady") if seen is None else say("cover.simulated")
    yield Fact(say("cover.hottest"), celsius(die), detail)
    yield Fact(say("cover.power"), quantity(chosen["power_w"], "w"), say("conversation.installation"))
    capital = UNKNOWN if chosen["capital"] is None else money(chosen["capital"], chosen["currency"])
    running = say("conversation.a_year", running=_money(chosen["running_cost_per_year"], chosen))
    yield Fact(say("head.to_buy"), capital, running)


def _share(ratio: float) -> str:
    """As it was asked for: 99.9 % is not 100 %."""
    return f"{ratio * 100:g} %"


def _money(amount: float | None, of: ConversationOptionRecord) -> str:
    return UNKNOWN if amount is None else money(amount, of["currency"])


def _parts(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    chosen = chosen_of(found)
    yield Heading(say("conversation.parts"), follows=True, anchor="comparison")
    heads = ("count", "rate", "joules_head", "die", "power", "buy", "total", "million")
    columns = (
        Column(say("head.part"), share=1),
        *(Column(say(f"conversation.{head}"), "right") for head in heads),
        Column(say("head.verdict")),
    )
    rows = tuple(_part_row(item, say) for item in found["options"])
    yield Table(columns, rows, say("conversation.parts_caption", settings=found["settings"]), small=True)
    against = [
        f"{item['name']}: {say.of(text)}"
        for item in found["options"]
        if item["device"] != found["chosen"]
        for text in item["reasons"]
    ]
    against += [f"{item['device']}: {item['reason']}" for item in found["refusals"]]
    if against:
        yield Bullets(tuple(against), tight=True)
    if chosen is not None and (notes := (*chosen["reasons"], *chosen["warnings"])):
        yield Paragraph(say("conversation.of_the_chosen", part=chosen["name"]), style="note")
        yield Bullets(tuple(say.of(text) for text in notes), tight=True)


def _part_row(item: ConversationOptionRecord, say: Wording) -> tuple[Cell, ...]:
    rate, million = item["tokens_per_s"], item["cost_per_million_tokens"]
    spares = f" + {item['spares']}" if item["spares"] else ""
    setting = f"{item['name']}, {item['mode']}, {item['engine']} {item['weights']}"
    return (
        Cell(setting),
        valued(item["count"], f"{item['count']}{spares}"),
        valued(rate["mid"] if rate else None, significant(rate["mid"], 3) if rate else UNKNOWN),
        valued(item["energy_per_token_j"], quantity(item["energy_per_token_j"], "j")),
        valued(item["temperature_c"], celsius(item["temperature_c"])),
        valued(item["power_w"], quantity(item["power_w"], "w")),
        valued(item["capital"], _money(item["capital"], item)),
        valued(item["total_cost"], _money(item["total_cost"], item)),
        valued(million, UNKNOWN if million is None else f"{significant(million, 3)} {item['currency']}"),
        Cell(say.term("verdict", item["verdict"])),
    )


def _promises(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    chosen = chosen_of(found)
    if chosen is None or not chosen["streams"]:
        return
    yield Heading(say("conversation.promises"), follows=True, overleaf=True, anchor="in-full")
    heads = ("turns", "refused_head", "quantile", "reached", "band", "asked")
    columns = (
        Column(say("head.stream"), share=1),
        Column(say("conversation.promise")),
        *(Column(say(f"conversation.{head}"), "right") for head in heads),
        Column(say("head.verdict")),
    )
    rows = tuple(
        (
            Cell(talk["stream"]),
            Cell(say(f"conversation.{promise['promise']}")),
            valued(talk["turns"], whole(talk["turns"])),
            valued(talk["refused"], whole(talk["refused"])),
            Cell(_share(promise["quantile"])),
            valued(promise["reached_s"], quantity(promise["reached_s"], "s")),
            Cell(_ends(promise)),
            Cell(quantity(promise["within_s"], "s")),
            Cell(say.term("verdict", promise["verdict"])),
        )
        for talk in chosen["streams"]
        for promise in talk["promises"]
    )
    frames = tuple(_frames_row(item, say) for item in chosen["frames"])
    yield Table(columns, (*rows, *frames), say("conversation.promises_caption"), small=True)


def _frames_row(frames: FramesRecord, say: Wording) -> tuple[Cell, ...]:
    promise = frames["promise"]
    return (
        Cell(frames["stream"]),
        Cell(say("conversation.frame")),
        valued(frames["frames"], whole(frames["frames"])),
        valued(frames["dropped"], whole(frames["dropped"])),
        Cell(_share(promise["quantile"])),
        valued(promise["reached_s"], quantity(promise["reached_s"], "s")),
        Cell(_ends(promise)),
        Cell(quantity(promise["within_s"], "s")),
        Cell(say.term("verdict", promise["verdict"])),
    )


def _ends(promise: PromiseRecord) -> str:
    return f"{quantity(promise['band_low_s'], 's')} – {quantity(promise['band_high_s'], 's')}"


def _users(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    drawing = users_drawing(found["users"], say)
    energy = energy_drawing(found["users"], say)
    chosen = chosen_of(found)
    if drawing is None or energy is None or chosen is None:
        return
    yield Heading(say("conversation.over_users"), follows=True)
    part = chosen["name"]
    yield Figure(drawing, say("conversation.users_caption", part=part), say("conversation.users_alt"))
    yield Figure(energy, say("conversation.energy_caption", part=part), say("conversation.energy_alt"))


def _memory(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    chosen, drawing = chosen_of(found), memory_drawing(found["contexts"], say)
    if chosen is None or drawing is None:
        return
    sessions = found["contexts"][0]["sessions"]
    yield Heading(say("conversation.over_context"), follows=True)
    caption = say("conversation.memory_caption", part=chosen["name"], sessions=sessions)
    yield Figure(drawing, caption, say("conversation.memory_alt"))
    columns = (
        Column(say("conversation.context"), "right"),
        *(Column(say(f"conversation.{kind}"), "right") for kind in ("weights", "workspace", "caches", "all")),
        Column(say("conversation.fit"), "right"),
    )
    rows = tuple(
        (
            valued(point["context_tokens"], whole(point["context_tokens"])),
            *(
                Cell(quantity(number, "bytes"))
                for number in (
                    point["memory_bytes"]["weights"],
                    point["memory_bytes"]["workspace"],
                    point["memory_bytes"]["kv"],
                    point["memory_bytes"]["total"],
                )
            ),
            valued(point["sessions_that_fit"], whole(point["sessions_that_fit"])),
        )
        for point in found["contexts"]
    )
    yield Table(columns, rows, say("conversation.fit_caption", sessions=sessions), small=True)


def _method(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    chosen = chosen_of(found)
    yield Heading(say("conversation.method"), follows=True)
    items = [
        say(
            "conversation.simulated",
            runs=found["replications"],
            length=quantity(found["duration_s"], "s"),
        ),
        say("conversation.bands"),
        say("conversation.heat_note"),
    ]
    if chosen is not None and chosen["frames"]:
        items.append(say(f"conversation.share_{chosen['unit_share']}"))
    if chosen is not None:
        chunk = chosen["chunk_tokens"]
        items.append(
            say("conversation.whole_prompts", engine=chosen["engine"])
            if chunk is None
            else say("conversation.chunks", engine=chosen["engine"], tokens=whole(chunk))
        )
        items.append(
            say(
                "conversation.cache_note",
                sessions=whole(chosen["sessions"]),
                room=quantity(chosen["cache_capacity_bytes"], "bytes"),
                block=whole(chosen["cache_block_tokens"]),
            )
        )
    yield Bullets(tuple(items))
