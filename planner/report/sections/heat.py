"""How warm the rack is: slot by slot, over a day, and as it fills."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planner.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Table
from planner.report.figures.day import day_drawing
from planner.report.figures.density import density_drawing
from planner.report.figures.elevation import elevation, letters
from planner.report.numbers import SPACE, celsius, percent, quantity, significant
from planner.schema.record import DensityRecord, HourRecord, StudyRecord
from planner.schema.record.estimate import SoakEndRecord, SoakRecord
from planner.units import format_probability
from planner.wording.message import Wording


def heat(study: StudyRecord, say: Wording) -> list[Block]:
    """Cooler, elevation, day and density curve, each where it is known."""
    blocks = [*_cooler(study, say), *_elevation(study, say), *_day(study, say), *_density(study, say)]
    return [Heading(say("heat.title"), follows=True), *blocks] if blocks else []


def _throttle_c(study: StudyRecord) -> float | None:
    rack = study["rack"]
    return None if rack is None else rack["throttle_c"]


def _cooler(study: StudyRecord, say: Wording) -> list[Block]:
    """The cooler that the plan counts on, and an hour of one device at full load under it."""
    chosen, soak = study["chosen"], study.get("soak")
    if chosen is None or "cooler" not in chosen:
        return []
    used = chosen["cooler"]
    sentence = say(
        "heat.cooler",
        cooler=used["name"] or say.term("cooler", used["id"]),
        resistance=f"{used['resistance_k_per_w']:.3g}",
        low=f"{used['low_k_per_w']:.3g}",
        high=f"{used['high_k_per_w']:.3g}",
        status=say(f"status.{used['status']}"),
    )
    chance = chosen.get("throttle_probability")
    if chance is not None:
        throttles = say("heat.throttles", share=format_probability(chance))
        sentence = say("text.paragraph", sentences=(sentence, throttles))
    blocks: list[Block] = [Heading(say("heat.cooler_title"), 2), Paragraph(sentence)]
    return blocks if soak is None else [*blocks, _soak(soak, say)]


def _soak(soak: SoakRecord, say: Wording) -> Table:
    columns = (
        Column(say("heat.soak_end")),
        Column(say("heat.soak_after"), "right", share=1),
        Column(say("head.throttled"), "right", share=1),
        Column(say("head.hottest"), "right", share=1),
        Column(say("heat.soak_first"), "right", share=1),
        Column(say("heat.soak_last"), "right", share=1),
    )
    ends = (("best", soak["best"]), ("planned", soak["planned"]), ("worst", soak["worst"]))
    caption = say("heat.soak", power=quantity(soak["power_w"], "w"), ambient=celsius(soak["ambient_c"]))
    return Table(columns, tuple(_soaked(name, end, say) for name, end in ends), caption, small=True)


def _soaked(name: str, end: SoakEndRecord, say: Wording) -> tuple[Cell, ...]:
    after, off = end["time_to_throttle_s"], end["shutdown_s"]
    if off is not None:
        when = say("heat.soak_off", time=quantity(off, "s"))
    else:
        when = say("heat.soak_never") if after is None else quantity(after, "s")
    return (
        Cell(say(f"heat.soak_{name}")),
        Cell(when, number=after),
        Cell(percent(end["throttled_share"]), number=end["throttled_share"]),
        Cell(celsius(end["hottest_c"]), number=end["hottest_c"]),
        Cell(quantity(end["first_minute_per_s"], "per_s"), number=end["first_minute_per_s"]),
        Cell(quantity(end["last_minute_per_s"], "per_s"), number=end["last_minute_per_s"]),
    )


def _elevation(study: StudyRecord, say: Wording) -> list[Block]:
    rack, slots = study.get("elevation"), study.get("slots")
    if rack is None or slots is None:
        return []
    drawing = elevation(rack, slots, _throttle_c(study), say)
    if drawing is None:
        return []
    hottest = max(max(row) for row in slots["temperature_c"])
    caption = say(
        "heat.elevation",
        count=rack["count"],
        spares=rack["spares"],
        carriers=rack["carriers"],
        used=f"{rack['carriers'] * rack['carrier_units']:g}",
        units=f"{rack['rack_units']:g}",
        hottest=celsius(hottest),
    )
    sentences = [caption, *([] if letters(rack) == "all" else [say(f"heat.letters_{letters(rack)}")])]
    caption = say("text.paragraph", sentences=tuple(sentences))
    return [Heading(say("heat.by_slot"), 2), Figure(drawing, caption, say("heat.elevation_alt"), "elevation")]


def _day(study: StudyRecord, say: Wording) -> list[Block]:
    if study["rack"] is None or "day" not in study:
        return []
    hours = study["day"]
    heading = Heading(say("heat.day"), 2)
    if not hours:
        return [heading, Paragraph(say("heat.same_every_hour"))]
    drawing = day_drawing(hours, _throttle_c(study), say)
    columns = (
        Column(say("head.hour"), "right"),
        Column(say("head.load"), "right", share=1),
        Column(say("head.supply"), "right", share=1),
        Column(say("head.inlet"), "right", share=1),
        Column(say("head.hottest"), "right", share=1),
        Column(say("head.power"), "right", share=1),
        Column(say("head.waiting"), "right", share=1),
        Column("p99", "right", share=1),
    )
    table = Table(columns, tuple(_hours(group) for group in _alike(hours)), say("heat.hours"), small=True)
    figure = [Figure(drawing, say("heat.day_caption"), say("heat.day_alt"), "day")] if drawing else []
    return [heading, *figure, table]


def _alike(hours: Sequence[HourRecord]) -> list[list[HourRecord]]:
    """Hours in a row that are given the same load and the same air, which differ by chance alone."""
    groups: list[list[HourRecord]] = []
    for hour in hours:
        given = (hour["load_ratio"], hour["supply_c"])
        if groups and (groups[-1][-1]["load_ratio"], groups[-1][-1]["supply_c"]) == given:
            groups[-1].append(hour)
        else:
            groups.append([hour])
    return groups


def _hours(group: Sequence[HourRecord]) -> tuple[Cell, ...]:
    """One line for like hours: from the first to the end of the last, each value from least to greatest."""
    first, last = group[0]["hour"], group[-1]["hour"]
    name = f"{first:02d}:00" if len(group) == 1 else f"{first:02d}:00–{last + 1:02d}:00"
    return (
        Cell(name, number=first),
        _span([hour["load_ratio"] for hour in group], percent),
        _span([hour["supply_c"] for hour in group], celsius),
        _span([hour["inlet_c"] for hour in group], celsius),
        _span([hour["temperature_max_c"] for hour in group], celsius),
        _span([hour["power_w"] for hour in group], lambda value: quantity(value, "w")),
        _span([hour["queue_mean"] for hour in group], lambda value: significant(value, 2)),
        _span([hour["p99_s"] for hour in group], lambda value: quantity(value, "s")),
    )


def _span(values: Sequence[float | None], show: Callable[[float], str]) -> Cell:
    """The value that all share as it is shown, or the least and the greatest; a dash where one is missing."""
    known = [value for value in values if value is not None]
    if not known:
        return Cell("–")
    low, high = show(min(known)), show(max(known))
    number, _, unit = low.rpartition(SPACE)
    first = number if number and unit == high.rpartition(SPACE)[2] else low
    return Cell(low if low == high else f"{first}–{high}", number=max(known))


def _density(study: StudyRecord, say: Wording) -> list[Block]:
    found, chosen = study.get("density"), study["chosen"]
    if found is None or chosen is None:
        return []
    planned = chosen["count"] or 0
    limit = say("heat.limit", devices=f"{found['limit']['devices']:,}", reason=found["limit"]["reason"])
    blocks: list[Block] = [Heading(say("heat.density"), 2), Paragraph(limit)]
    drawing = density_drawing(found, planned, _throttle_c(study), say)
    if drawing is not None:
        caption = say("heat.density_caption")
        blocks.append(Figure(drawing, caption, say("heat.density_alt"), "density"))
        blocks.append(_density_table(found, say))
    return blocks


def _density_table(found: DensityRecord, say: Wording) -> Table:
    columns = (
        Column(say("head.devices"), "right"),
        Column(say("head.inlet"), "right", share=1),
        Column(say("head.device"), "right", share=1),
        Column(say("head.power_each"), "right", share=1),
        Column(say("head.throttled"), "right", share=1),
        Column(say("head.served"), "right", share=1),
    )
    rows = tuple(
        (
            Cell(str(row["devices"]), number=row["devices"]),
            Cell(f"{row['inlet_c']:.1f} °C", number=row["inlet_c"]),
            Cell(f"{row['device_c']:.1f} °C", number=row["device_c"]),
            Cell(quantity(row["power_per_device_w"], "w"), number=row["power_per_device_w"]),
            Cell(percent(row["throttled_share"]), number=row["throttled_share"]),
            Cell(quantity(row["throughput_per_s"], "per_s"), number=row["throughput_per_s"]),
        )
        for row in found["rows"]
    )
    return Table(columns, rows, small=True)
