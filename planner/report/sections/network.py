"""What each network is, and where its time goes on the chosen part."""

from __future__ import annotations

from planner.report.blocks import Block, Bullets, Cell, Column, Figure, Heading, Paragraph, Table, cells
from planner.report.figures.roofline import placed_share, roofline
from planner.report.figures.time_bars import time_bars
from planner.report.numbers import count, percent, quantity, shortened, whole
from planner.report.record import Network, Roofline, Study
from planner.report.selection import drawn_kernels, shares_by

_MOST_UNRESOLVED = 12


def networks(study: Study) -> list[Block]:
    """Counts of every network, then roofline and time of each on the chosen part."""
    if not study["networks"]:
        return []
    title = "The network" if len(study["networks"]) == 1 else "The networks"
    blocks: list[Block] = [Heading(title), _counts(study["networks"])]
    for network in study["networks"]:
        blocks += _doubts(network)
    for entry in study["roofline"]:
        blocks += _on_chosen(entry)
    if not study["roofline"]:
        blocks.append(Paragraph("No part was chosen, so the time of the kernels is not broken down here."))
    return blocks


def _counts(listed: list[Network]) -> Table:
    columns = (
        Column("Network", share=1),
        Column("Operators", "right"),
        Column("Kernels", "right"),
        Column("Work", "right"),
        Column("Parameters", "right"),
        Column("Weights", "right"),
        Column("Activations", "right"),
        Column("Peak", "right"),
    )
    rows = tuple(
        cells(
            network["model"],
            whole(network["operators"]),
            whole(network["kernels"]),
            count(network["macs"], "MAC"),
            count(network["parameters"]),
            quantity(network["weight_bytes"], "bytes"),
            quantity(network["activation_bytes"], "bytes"),
            quantity(network["peak_activation_bytes"], "bytes"),
        )
        for network in listed
    )
    caption = (
        "Counts for one input. Work in multiply-accumulates, each of two operations; weights as stored in "
        "the file; activations: all that are written, and the most that are alive at once."
    )
    return Table(columns, rows, caption, small=True)


def _doubts(network: Network) -> list[Block]:
    blocks: list[Block] = []
    name = shortened(network["model"], 60)
    unresolved = network["unresolved"]
    if unresolved:
        columns = (Column("Operator", share=1.4), Column("Type", share=1), Column("Why", share=2))
        rows = tuple(
            (Cell(item["name"]), Cell(item["op_type"]), Cell(item["reason"]))
            for item in unresolved[:_MOST_UNRESOLVED]
        )
        caption = (
            f"Operators of {name} that could not be costed: their time is not in any figure of this study."
        )
        if len(unresolved) > _MOST_UNRESOLVED:
            caption += f" {_MOST_UNRESOLVED} of {len(unresolved):,} are shown."
        blocks.append(Table(columns, rows, caption, small=True))
    if network["assumptions"]:
        blocks += [Paragraph(f"Assumed in counting {name}:", "note"), Bullets(tuple(network["assumptions"]))]
    return blocks


def _on_chosen(entry: Roofline) -> list[Block]:
    where = " ".join(part for part in (entry["device"], entry["unit"], entry["mode"]) if part)
    title = f"{shortened(entry['model'], 60)} on {shortened(where, 80)}, {entry['precision'].upper()}"
    blocks: list[Block] = [Heading(title, 2)]
    under_roofs = roofline(entry)
    if under_roofs is not None:
        blocks.append(Figure(under_roofs, _roofline_caption(entry), f"Roofline plot of {title}"))
    bars = time_bars(entry)
    if bars is not None:
        by_bound = shares_by(entry["kernels"], lambda kernel: kernel["bound"])
        words = {"compute": "computing", "memory": "memory traffic", "overhead": "launching kernels"}
        bound = ", ".join(f"{percent(share)} by {words[name]}" for name, share in by_bound.items())
        classes = shares_by(entry["kernels"], lambda kernel: kernel["op_class"])
        leading = ", ".join(f"{name} {percent(share)}" for name, share in list(classes.items())[:4])
        caption = f"Where the time goes. Bound {bound}. By class: {leading}."
        blocks.append(Figure(bars, caption, f"Bar chart of the time by kernel of {title}"))
    return blocks


def _roofline_caption(entry: Roofline) -> str:
    peak = quantity(entry["peak_ops_per_s"], "ops_per_s")
    bandwidth = quantity(entry["bandwidth_bytes_per_s"], "bytes_per_s")
    text = (
        f"Kernels under the roofs of {peak} and {bandwidth}; two operations per multiply-accumulate. "
        "The area of a point is its share of the time."
    )
    sources = [
        f"{shortened(c['name'], 40)}: {shortened(c['source'], 60)}" for c in entry["ceilings"] if c["source"]
    ]
    if sources:
        text += f" Lower roofs: {'; '.join(sources)}."
    drawn = drawn_kernels(entry["kernels"])
    if drawn.merged_count:
        text += (
            f" The {len(drawn.single):,} longest kernels are drawn one by one; the other "
            f"{drawn.merged_count:,} ({percent(drawn.merged_share)} of the time) are summed into one hollow "
            "point per class."
        )
    missing = 1 - placed_share([*drawn.single, *drawn.merged])
    if missing > 0.0005:
        text += f" Kernels without operations ({percent(missing)} of the time) have no place here."
    return text
