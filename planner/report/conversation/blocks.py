"""The chapters of a report on conversations: the answer, parts, promises, users, memory, how it was found."""

from __future__ import annotations

from collections.abc import Iterator

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
from planner.report.conversation.figures import energy_drawing, memory_drawing, users_drawing
from planner.report.numbers import UNKNOWN, celsius, money, quantity, significant, whole
from planner.schema.record.commands.conversation import (
    ConversationOptionRecord,
    ConversationRecord,
    PromiseRecord,
)
from planner.wording.message import Wording


def conversation_blocks(found: ConversationRecord, say: Wording) -> list[Block]:
    """The document whole."""
    chapters = (_answer, _parts, _promises, _users, _memory, _method)
    return [block for chapter in chapters for block in chapter(found, say)]


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
    if chosen is not None:
        notes = tuple(say.of(text) for text in (*chosen["reasons"], *chosen["warnings"]))
        if notes:
            yield Bullets(notes)


def _facts(chosen: ConversationOptionRecord, say: Wording) -> Iterator[Fact]:
    for talk in chosen["streams"]:
        for promise in talk["promises"]:
            yield Fact(
                say(f"conversation.{promise['promise']}"),
                quantity(promise["reached_s"], "s"),
                say(
                    "conversation.of_promise",
                    share=_share(promise["quantile"]),
                    asked=quantity(promise["within_s"], "s"),
                ),
            )
        break
    rate = chosen["tokens_per_s"]
    if rate is not None:
        ends = say("conversation.from_to", low=significant(rate["low"], 3), high=significant(rate["high"], 3))
        yield Fact(say("conversation.tokens"), significant(rate["mid"], 3), ends)
    yield Fact(
        say("conversation.joules"),
        quantity(chosen["energy_per_token_j"], "j"),
        say("conversation.installation"),
    )
    capital = UNKNOWN if chosen["capital"] is None else money(chosen["capital"], chosen["currency"])
    running = say("conversation.a_year", running=_money(chosen["running_cost_per_year"], chosen))
    yield Fact(say("head.to_buy"), capital, running)


def _share(ratio: float) -> str:
    """As it was asked for: 99.9 % is not 100 %."""
    return f"{ratio * 100:g} %"


def _money(amount: float | None, of: ConversationOptionRecord) -> str:
    return UNKNOWN if amount is None else money(amount, of["currency"])


def _parts(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    yield Heading(say("conversation.parts"), 2)
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
    yield Heading(say("conversation.promises"), 2)
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
    yield Table(columns, rows, say("conversation.promises_caption"), small=True)


def _ends(promise: PromiseRecord) -> str:
    return f"{quantity(promise['band_low_s'], 's')} – {quantity(promise['band_high_s'], 's')}"


def _users(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    drawing = users_drawing(found["users"], say)
    energy = energy_drawing(found["users"], say)
    chosen = chosen_of(found)
    if drawing is None or energy is None or chosen is None:
        return
    yield Heading(say("conversation.over_users"), 2)
    part = chosen["name"]
    yield Figure(drawing, say("conversation.users_caption", part=part), say("conversation.users_alt"))
    yield Figure(energy, say("conversation.energy_caption", part=part), say("conversation.energy_alt"))


def _memory(found: ConversationRecord, say: Wording) -> Iterator[Block]:
    chosen, drawing = chosen_of(found), memory_drawing(found["contexts"], say)
    if chosen is None or drawing is None:
        return
    sessions = found["contexts"][0]["sessions"]
    yield Heading(say("conversation.over_context"), 2)
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
    yield Heading(say("conversation.method"), 2)
    items = [
        say(
            "conversation.simulated",
            runs=found["replications"],
            length=quantity(found["duration_s"], "s"),
        ),
        say("conversation.bands"),
        say("conversation.heat_note"),
    ]
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
    if found["notes"]:
        yield Paragraph(say("conversation.of_the_scenario"), style="note")
        yield Bullets(tuple(found["notes"]), tight=True)
