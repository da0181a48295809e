"""A sweep's table as Parquet: a row a point in the order of the design, the same bytes each time."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner.distribution import install_command
from planner.errors import MissingDataError
from planner.files import write_bytes
from planner.plan.sweep.columns import ColumnType, SweepRow, in_order, kind_of

if TYPE_CHECKING:
    import pandas as pd

NAME = "points.parquet"


def require_parquet() -> None:
    """Refuse to begin where the table could not be written in the end."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise MissingDataError(
            "a sweep writes Parquet and needs pyarrow, which is not installed; "
            f"run: {install_command('sweep')}"
        ) from None


def column_kinds(settings: Sequence[SweepRow], answers: Sequence[SweepRow]) -> dict[str, ColumnType]:
    """Every column of the table in order and its kind: the point's number, the settings, the answer."""
    set_names = list(settings[0]) if settings else []
    kinds: dict[str, ColumnType] = {"point": "int"}
    kinds |= {name: kind_of([row[name] for row in settings]) for name in set_names}
    return kinds | {name: kind for name, kind in in_order(answers).items() if name not in kinds}


def frame_of(rows: Sequence[SweepRow], kinds: Mapping[str, ColumnType]) -> pd.DataFrame:
    """The rows as a data frame; what is null in a column of whole numbers stays null."""
    import pandas as pd

    types = {"int": "Int64", "float": "float64", "str": "object", "bool": "boolean"}
    columns = {name: _column(rows, name, kind) for name, kind in kinds.items()}
    return pd.DataFrame(columns).astype({name: types[kind] for name, kind in kinds.items()})


def write_table(
    path: Path, rows: Sequence[SweepRow], kinds: Mapping[str, ColumnType], about: Mapping[str, object]
) -> None:
    """Write the rows whole or not at all; `about` goes into the file's metadata under `planner`."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {"int": pa.int64(), "float": pa.float64(), "str": pa.string(), "bool": pa.bool_()}
    schema = pa.schema(
        [(name, types[kind]) for name, kind in kinds.items()],
        metadata={"planner": json.dumps(about, ensure_ascii=False, sort_keys=True)},
    )
    columns = [pa.array(_column(rows, name, kind), types[kind]) for name, kind in kinds.items()]
    content = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(columns, schema=schema), content, compression="zstd")
    write_bytes(path, content.getvalue())


def _column(rows: Sequence[SweepRow], name: str, kind: ColumnType) -> list[object]:
    values = [row.get(name) for row in rows]
    if kind == "str":
        return [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    if kind == "float":
        return [float(value) if isinstance(value, int | float) else None for value in values]
    return values
