"""Memory that each network takes of the chosen part, and energy of one inference."""

from __future__ import annotations

from planner.report.blocks import Block, Cell, Column, Heading, Table, cells, valued
from planner.report.numbers import band, percent, quantity, significant
from planner.schema.record import FootprintRecord, StudyRecord
from planner.wording.message import Wording


def footprint(study: StudyRecord, say: Wording) -> list[Block]:
    """One table of memory and one of energy; nothing where no part was chosen."""
    rows = study.get("footprint", [])
    if not rows:
        return []
    memory = Table(
        (
            Column(say("head.network"), share=1),
            Column(say("head.precision")),
            Column(say("head.batch"), "right"),
            Column(say("head.weights"), "right"),
            Column(say("head.peak_activations"), "right"),
            Column(say("head.together"), "right"),
            Column(say("head.has"), "right"),
            Column(say("head.share"), "right"),
        ),
        tuple(_memory(row) for row in rows),
        say("footprint.memory"),
        small=True,
    )
    energy = Table(
        (
            Column(say("head.network"), share=1),
            Column(say("head.power_serving"), "right"),
            Column(say("head.energy_ideal"), "right"),
            Column(say("head.energy_planned"), "right"),
            Column(say("head.per_joule"), "right"),
        ),
        tuple(_energy(row) for row in rows),
        say("footprint.energy"),
        small=True,
    )
    return [Heading(say("footprint.title"), follows=True), memory, energy]


def _memory(row: FootprintRecord) -> tuple[Cell, ...]:
    share = row["total_bytes"] / row["capacity_bytes"]
    return (
        *cells(row["model"], row["precision"].upper()),
        valued(row["batch"], str(row["batch"])),
        Cell(quantity(row["weights_bytes"], "bytes"), number=row["weights_bytes"]),
        Cell(quantity(row["peak_activation_bytes"], "bytes"), number=row["peak_activation_bytes"]),
        Cell(quantity(row["total_bytes"], "bytes"), number=row["total_bytes"]),
        Cell(quantity(row["capacity_bytes"], "bytes"), number=row["capacity_bytes"]),
        valued(share, percent(share)),
    )


def _energy(row: FootprintRecord) -> tuple[Cell, ...]:
    power, energy = row["power_w"], row["energy_per_inference_j"]
    planned_j = row["planned_energy_per_inference_j"]
    return (
        Cell(row["model"]),
        Cell(band(power["low"], power["mid"], power["high"], "w"), number=power["mid"]),
        Cell(band(energy["low"], energy["mid"], energy["high"], "j"), number=energy["mid"]),
        Cell(quantity(planned_j, "j", 2), number=planned_j),
        valued(1 / planned_j, significant(1 / planned_j, 2)),
    )
