"""A fleet's lists as files: one row a site, one row an order; the same bytes for the same answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from planner.files import write_bytes
from planner.plan.fleet.result import SITE_COLUMNS, Fleet
from planner.plan.sweep.table import write_table
from planner.visible import inert_row, visible

SITES, ORDERS = "sites", "orders"


def write_lists(fleet: Fleet, folder: Path) -> tuple[Path, ...]:
    """Write sites.csv and orders.csv, and sites.parquet where pyarrow is installed; the files written."""
    orders = [
        {
            "year": order.year,
            "device": order.device,
            "name": order.name,
            "for_sites": order.for_sites,
            "for_shelf": order.for_shelf,
            "price": order.price,
            "amount": order.amount,
        }
        for order in fleet.orders
    ]
    written = [_csv(folder / f"{SITES}.csv", fleet.rows)]
    if orders:
        written.append(_csv(folder / f"{ORDERS}.csv", orders))
    if find_spec("pyarrow") is not None:
        path = folder / f"{SITES}.parquet"
        about = {"fleet": fleet.spec.id, "sites": len(fleet.rows), "currency": fleet.spec.currency}
        write_table(path, fleet.rows, SITE_COLUMNS, about)
        written.append(path)
    return tuple(written)


def _csv(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(inert_row(row) for row in rows)
    write_bytes(path, visible(text.getvalue()).encode())
    return path
