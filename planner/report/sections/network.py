"""What each network is, and where its time goes on the chosen part."""

from __future__ import annotations

from planner.report.blocks import Block, Bullets, Cell, Column, Figure, Heading, Paragraph, Table, valued
from planner.report.figures.roofline import placed_share, roofline
from planner.report.figures.time_bars import time_bars
from planner.report.names import part_name, setting_names
from planner.report.numbers import count, percent, quantity, shortened, whole
from planner.report.selection import drawn_kernels, shares_by
from planner.schema.record import NetworkRecord, RooflineRecord, StudyRecord
from planner.wording.message import Wording

_MOST_UNRESOLVED = 12


def networks(study: StudyRecord, say: Wording) -> list[Block]:
    """Counts of every network, then the time of each on the chosen part."""
    if not study["networks"]:
        return []
    title = say.counted("network.title", len(study["networks"]))
    blocks: list[Block] = [Heading(title, follows=True), _counts(study["networks"], say)]
    for network in study["networks"]:
        blocks += _doubts(network, say)
    for index, entry in enumerate(study["roofline"]):
        blocks += _time_on_chosen(study, entry, index, say)
    if not study["roofline"]:
        blocks.append(Paragraph(say("network.not_chosen")))
    return blocks


def _counts(listed: list[NetworkRecord], say: Wording) -> Table:
    columns = (
        Column(say("head.network"), share=1),
        Column(say("head.operators"), "right"),
        Column(say("head.kernels"), "right"),
        Column(say("head.work"), "right"),
        Column(say("head.parameters"), "right"),
        Column(say("head.weights"), "right"),
        Column(say("head.activations"), "right"),
        Column(say("head.peak"), "right"),
    )
    rows = tuple(
        (
            Cell(network["model"]),
            valued(network["operators"], whole(network["operators"])),
            valued(network["kernels"], whole(network["kernels"])),
            valued(network["macs"], count(network["macs"], "MAC")),
            valued(network["parameters"], count(network["parameters"])),
            *(valued(size, quantity(size, "bytes")) for size in _sizes(network)),
        )
        for network in listed
    )
    return Table(columns, rows, say("network.counts"), small=True)


def _sizes(network: NetworkRecord) -> tuple[float | None, ...]:
    return network["weight_bytes"], network["activation_bytes"], network["peak_activation_bytes"]


def _doubts(network: NetworkRecord, say: Wording) -> list[Block]:
    blocks: list[Block] = []
    name = shortened(network["model"], 60)
    unresolved = network["unresolved"]
    if unresolved:
        columns = (
            Column(say("head.operator"), share=1.4),
            Column(say("head.type"), share=1),
            Column(say("head.why"), share=2),
        )
        rows = tuple(
            (Cell(item["name"]), Cell(item["op_type"]), Cell(item["reason"]))
            for item in unresolved[:_MOST_UNRESOLVED]
        )
        sentences = [say("network.unresolved", model=name)]
        if len(unresolved) > _MOST_UNRESOLVED:
            sentences.append(say("network.some_shown", shown=_MOST_UNRESOLVED, number=f"{len(unresolved):,}"))
        caption = say("text.paragraph", sentences=tuple(sentences))
        blocks.append(Table(columns, rows, caption, small=True))
    if network["assumptions"]:
        blocks += [
            Paragraph(say("network.assumed", model=name), "note"),
            Bullets(tuple(network["assumptions"])),
        ]
    return blocks


def _title(study: StudyRecord, entry: RooflineRecord, say: Wording) -> str:
    names = setting_names(entry["unit"], None, entry["mode"], say)
    where = " ".join((part_name(study, entry["device"]), *names))
    return say(
        "network.on_part",
        model=shortened(entry["model"], 60),
        part=shortened(where, 80),
        precision=entry["precision"].upper(),
    )


def _time_on_chosen(study: StudyRecord, entry: RooflineRecord, index: int, say: Wording) -> list[Block]:
    bars = time_bars(entry, say)
    if bars is None:
        return []
    title = _title(study, entry, say)
    by_bound = shares_by(entry["kernels"], lambda kernel: kernel["bound"])
    classes = shares_by(entry["kernels"], lambda kernel: kernel["op_class"])
    leading = list(classes.items())[:4]
    caption = say(
        "network.time",
        items=tuple(say(f"network.by_{name}", share=percent(share)) for name, share in by_bound.items()),
        classes=tuple(f"{say.term('op_class', name)} {percent(share)}" for name, share in leading),
    )
    alt = say("network.time_alt", title=title)
    return [Heading(title, 2), Figure(bars, caption, alt, chart=f"time-{index}")]


def rooflines(study: StudyRecord, say: Wording) -> list[Block]:
    """Each network's kernels under the roofs of the chosen unit, for the appendix."""
    blocks: list[Block] = []
    for index, entry in enumerate(study["roofline"]):
        drawing = roofline(entry, say)
        if drawing is not None:
            title = _title(study, entry, say)
            alt = say("network.roofline_alt", title=title)
            figure = Figure(drawing, _roofline_caption(entry, say), alt, chart=f"roofline-{index}")
            blocks += [Heading(say("network.roofline_of", title=title), 2), figure]
    return blocks


def _roofline_caption(entry: RooflineRecord, say: Wording) -> str:
    sentences = [
        say(
            "network.roofline",
            peak=quantity(entry["peak_ops_per_s"], "ops_per_s"),
            bandwidth=quantity(entry["bandwidth_bytes_per_s"], "bytes_per_s"),
        )
    ]
    sources = tuple(
        f"{shortened(c['name'], 40)}: {shortened(c['source'], 60)}" for c in entry["ceilings"] if c["source"]
    )
    if sources:
        sentences.append(say("network.lower_roofs", reasons=sources))
    elif not entry["ceilings"]:
        sentences.append(say("network.no_measured_roof"))
    drawn = drawn_kernels(entry["kernels"], say)
    if drawn.merged_count:
        sentences.append(
            say(
                "network.merged",
                shown=f"{len(drawn.single):,}",
                others=f"{drawn.merged_count:,}",
                share=percent(drawn.merged_share),
            )
        )
    missing = 1 - placed_share([*drawn.single, *drawn.merged])
    if missing > 0.0005:
        sentences.append(say("network.without_place", share=percent(missing)))
    return say("text.paragraph", sentences=tuple(sentences))
