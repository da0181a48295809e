"""From the camera's frame to the answer: the steps as a flow, and how busy each unit is."""

from __future__ import annotations

from planner.report.blocks import Block, Bullets, Cell, Column, Heading, Paragraph, Table, cells, valued
from planner.report.numbers import percent, quantity
from planner.schema.record import StudyRecord
from planner.schema.record.commands.chain import ChainStreamRecord, ChainUnitRecord
from planner.schema.record.options import EndsRecord
from planner.wording.message import Wording


def frames(study: StudyRecord, say: Wording) -> list[Block]:
    """The flow of each stream and a table of units; nothing where frames go through one network alone."""
    chain = study.get("chain")
    if not chain:
        return []
    units = Table(
        (
            Column(say("frames.unit"), share=1),
            Column(say("frames.role")),
            Column(say("frames.servers"), "right"),
            Column(say("frames.busy"), "right"),
            Column(say("frames.ends"), "right"),
            Column(say("frames.full_at"), "right"),
            Column(say("frames.for"), share=1),
        ),
        tuple(_unit(row, say) for row in chain["units"]),
        say("frames.units", devices=chain["devices"]),
        emphasised_row=0,
        small=True,
    )
    flows = Bullets(tuple(_flow(stream, chain["units"], say) for stream in chain["streams"]))
    blocks: list[Block] = [
        Heading(say("frames.title"), follows=True),
        Paragraph(say("frames.intro", advice=chain["advice"])),
        flows,
        units,
    ]
    notes = [Paragraph(note, "note") for note in chain["notes"]]
    return [*blocks, *notes]


def _flow(stream: ChainStreamRecord, units: list[ChainUnitRecord], say: Wording) -> str:
    """`camera -> decode (NVDEC, 3 ms, busy 38 %) -> ...`, and what the whole takes."""
    busy = {row["unit"]: row["busy_share"]["mid"] for row in units}
    steps = [
        say(
            "frames.step",
            step=step["step"],
            unit=step["unit"],
            time=quantity(step["time_s"]["mid"], "s"),
            busy=percent(busy.get(step["unit"])),
        )
        for step in stream["steps"]
    ]
    return say(
        "frames.flow",
        stream=stream["stream"],
        steps=" → ".join(steps),
        latency=quantity(stream["latency_s"]["mid"], "s"),
        low=quantity(stream["latency_s"]["low"], "s"),
        high=quantity(stream["latency_s"]["high"], "s"),
        asked=quantity(stream["slo_s"], "s"),
    )


def _unit(row: ChainUnitRecord, say: Wording) -> tuple[Cell, ...]:
    busy, limit = row["busy_share"], row["limit_per_s"]
    steps = sorted(row["steps"], key=lambda step: -step["busy_share"])
    return (
        *cells(row["name"], say(f"chain.role.{row['role']}")),
        valued(row["servers"], str(row["servers"])),
        Cell(percent(busy["mid"]), number=busy["mid"]),
        Cell(_ends(busy)),
        Cell(quantity(limit["mid"], "per_s"), number=limit["mid"]),
        Cell(", ".join(f"{step['step']} {percent(step['busy_share'])}" for step in steps)),
    )


def _ends(busy: EndsRecord) -> str:
    return f"{percent(busy['low'])} – {percent(busy['high'])}"
