"""The lists of a record as tables: one CSV each, or Parquet where pyarrow is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from planner.errors import MissingDataError, OutputError
from planner.files import write_bytes
from planner.schema.record import StudyRecord, read_study
from planner.visible import inert_cell, visible

if TYPE_CHECKING:
    import pandas as pd

TableFormat = Literal["csv", "parquet"]
_LISTS = (
    "streams",
    "networks",
    "options",
    "constraints",
    "ladder",
    "rivals",
    "day",
    "footprint",
    "figures",
    "sources",
)


def tables(record: Mapping[str, object]) -> dict[str, pd.DataFrame]:
    """Name -> table; nested keys are joined by a dot, and units stay in the names of columns."""
    import pandas as pd

    study = read_study(record)
    found = {name: _frame(_rows(record.get(name))) for name in _LISTS if record.get(name)}
    found["kernels"] = _frame(
        {"model": entry["model"], "device": entry["device"], "precision": entry["precision"], **kernel}
        for entry in study["roofline"]
        for kernel in entry["kernels"]
    )
    if study["rack"] is not None:
        found["rack_streams"] = _frame(_rows(study["rack"]["streams"]))
        found["rack_series"] = pd.DataFrame(dict(study["rack"]["series"]))
    density = study.get("density")
    if density is not None:
        found["density"] = _frame(_rows(density["rows"]))
    return {**found, **_what_if(study)}


def require_tables(folder: Path, kind: TableFormat) -> None:
    """Refuse to begin where the tables could not be written in the end; raises what `write_tables` raises."""
    if kind == "parquet":
        try:
            import pyarrow as pa  # noqa: F401
        except ImportError:
            raise MissingDataError(
                "--tables: expected pyarrow to write Parquet, found none; install it, or ask for CSV"
            ) from None
    nearest = folder if folder.exists() else folder.parent
    if not nearest.is_dir():
        raise OutputError(f"{folder}: expected a place for a folder, {nearest} is none; choose another")


def write_tables(record: Mapping[str, object], folder: Path, kind: TableFormat = "csv") -> list[Path]:
    """Write each table as a file of the folder, which is made where it is missing; the files.

    Raises `OutputError` for a folder that cannot be made, `MissingDataError` for Parquet without pyarrow.
    """
    require_tables(folder, kind)
    found = tables(record)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: expected a place for a folder, got: {error.strerror}; choose another"
        ) from None
    paths = []
    for name, frame in found.items():
        path = folder / f"{name}.{kind}"
        write_bytes(path, _bytes(frame, kind))
        paths.append(path)
    return paths


def _bytes(frame: pd.DataFrame, kind: TableFormat) -> bytes:
    if kind == "csv":
        return visible(_inert(frame).to_csv(index=False)).encode()
    return bytes(frame.to_parquet(index=False))


def _inert(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with no text that a spreadsheet would run; columns of numbers stay as they are."""
    texts = frame.select_dtypes(include=["object", "string"])
    return frame.assign(**{str(name): texts[name].map(inert_cell) for name in texts})


def _rows(value: object) -> list[Mapping[str, object]]:
    return list(value) if isinstance(value, list) else []


def _frame(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([dict(_flat(row, "")) for row in rows])


def _flat(row: Mapping[str, object], path: str) -> Iterable[tuple[str, object]]:
    """Scalars by dotted name; a list of texts as one text."""
    for key, value in row.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list):
            yield name, "; ".join(map(str, value))
        else:
            yield name, value


def _what_if(study: StudyRecord) -> dict[str, pd.DataFrame]:
    grid = study.get("what_if")
    if grid is None:
        return {}
    import pandas as pd

    axes = pd.MultiIndex.from_product(
        [grid["precisions"], grid["batches"], grid["loads"], grid["devices"]],
        names=["precision", "batch", "load_ratio", "devices"],
    ).to_frame(index=False)
    values = pd.DataFrame(
        {
            "feasible": grid["feasible"],
            "reason": grid["reason"],
            "utilisation": grid["utilisation"],
            "power_w": grid["power_w"],
            "temperature_c": grid["temperature_c"],
            "capital": grid["capital"],
            "total_cost": grid["total_cost"],
        }
    )
    return {"what_if": pd.concat([axes, values], axis=1)}
