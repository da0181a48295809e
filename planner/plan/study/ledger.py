"""Every number that a study rests on, with its source and status, and the documents behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.hardware.catalog import read_engine
from planner.hardware.datasheet import DatasheetNumber, figures
from planner.latency.transfer.store import fitted_title, transfer_named
from planner.plan.options.option import Option
from planner.schema.fitted.transfer import Transfer
from planner.schema.hardware.source import Source
from planner.units import format_number
from planner.wording.message import message

if TYPE_CHECKING:
    from planner.plan.study.study import Study

_ALWAYS = ("memory.capacity", "memory.reserved", "thermal.", "price.")


@dataclass(frozen=True, slots=True)
class LedgerNumber:
    """One number of the database or of a fit that the study rests on."""

    path: str
    value: str
    status: str
    source: str
    note: str | None


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """A document that numbers come from."""

    id: str
    title: str
    url: str | None
    revision: str | None
    date: str | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every number that a study rests on, and the documents behind them."""

    numbers: tuple[LedgerNumber, ...]
    sources: tuple[LedgerSource, ...]


def ledger(study: Study) -> Ledger:
    """The chosen part's numbers whole; of every other part those that its best option rests on."""
    best: dict[str, Option] = {}
    for option in study.options:
        best.setdefault(option.device, option)
    rows: list[LedgerNumber] = []
    sources: list[LedgerSource] = []
    for number, (device_id, option) in enumerate(best.items()):
        whole = number == 0 and study.simulated is not None
        shown = [figure for figure in figures(option.part) if whole or _used(figure, option)]
        rows += [row_of(device_id, figure) for figure in shown]
        named = {figure.source for figure in shown}
        sources += [
            source_of(device_id, key, item) for key, item in option.part.sources.items() if key in named
        ]
    options = list(best.values())
    for transfer_id in dict.fromkeys(option.slowest.estimate.rests_on for option in options):
        if transfer_id is not None:
            rows += transfer_rows(transfer_named(transfer_id))
            sources.append(transfer_source(transfer_named(transfer_id)))
    by_roofline = [option.engine for option in options if option.slowest.shortfall is not None]
    for engine_id in dict.fromkeys(by_roofline):
        rows += _engine_rows(engine_id)
        sources += [source_of(engine_id, key, item) for key, item in read_engine(engine_id).sources.items()]
    return Ledger(tuple(rows), tuple(sources))


def _used(figure: DatasheetNumber, option: Option) -> bool:
    """Whether the option's estimate, heat or cost takes this number."""
    return used_at(figure, option.unit, option.mode, option.precision)


def used_at(figure: DatasheetNumber, unit_id: str, mode: str, precision: str) -> bool:
    """Whether a plan that rests on this unit in this mode and precision takes a number of the part."""
    unit = f"units.{unit_id}.peaks"
    return figure.path.startswith(_ALWAYS) or figure.path in {
        f"{unit}.{precision}.{mode}",
        f"{unit}.fp32.{mode}",
        f"memory.bandwidth.{mode}",
        f"modes.{mode}.power_limit",
        f"modes.{mode}.idle",
    }


def row_of(owner: str, figure: DatasheetNumber) -> LedgerNumber:
    """One number of a part."""
    return LedgerNumber(
        path=f"{owner}/{figure.path}",
        value=figure.text,
        status=figure.status,
        source=f"{owner}:{figure.source}",
        note=figure.formula or figure.note,
    )


def transfer_rows(transfer: Transfer) -> list[LedgerNumber]:
    """Parameters of a fitted model."""
    named = {**transfer.parameters, **{item.name: item for item in transfer.scoped}}
    return [
        LedgerNumber(
            path=f"{transfer.id}/{name}",
            value=format_number(parameter.value, 4),
            status="derived",
            source=f"{transfer.id}:fit",
            note=message("source.prior", prior=format_number(parameter.prior, 4), why=parameter.why),
        )
        for name, parameter in named.items()
    ]


def transfer_source(transfer: Transfer) -> LedgerSource:
    """What a model was fitted on."""
    rests = transfer.rests_on
    return LedgerSource(
        id=f"{transfer.id}:fit",
        title=message("source.fit", title=fitted_title(transfer)),
        url=None,
        revision=rests.sha256[:12] if rests else None,
        date=None,
    )


def _engine_rows(engine_id: str) -> list[LedgerNumber]:
    rows: list[LedgerNumber] = []
    for kind, costs in read_engine(engine_id).units.items():
        numbers = {
            "launch": (costs.launch_s, 1e6, "us"),
            "fixed": (costs.fixed_s, 1e6, "us"),
            "shortfall_median": (costs.shortfall_median_ratio, 1.0, "x"),
            "shortfall_p90": (costs.shortfall_p90_ratio, 1.0, "x"),
        }
        for name, (number, factor, unit) in numbers.items():
            if number is not None:
                rows.append(
                    LedgerNumber(
                        path=f"{engine_id}/{kind}.{name}",
                        value=f"{format_number(number.value * factor, 4)} {unit}",
                        status=number.status.value,
                        source=f"{engine_id}:{number.source}",
                        note=number.formula or number.note,
                    )
                )
    return rows


def source_of(owner: str, key: str, source: Source) -> LedgerSource:
    """A document behind numbers."""
    return LedgerSource(
        id=f"{owner}:{key}",
        title=source.title,
        url=source.url,
        revision=source.revision,
        date=source.date,
    )
