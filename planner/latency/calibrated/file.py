"""Calibrations as files: a YAML of fitted numbers and, beside it, a CSV of the measured kernels."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_type_hints

from planner.errors import InputError, Problem
from planner.files import write_files
from planner.hardware.processor import Processor
from planner.latency.calibrated.calibration import Calibration, CalibrationSetting, Conditions, NetworkError
from planner.latency.calibrated.kernel_model import Base, Hyperparameters, KernelModel
from planner.latency.kernels.features import FEATURES
from planner.latency.kernels.shape import KernelShape
from planner.read_files import CsvTable, read_bounded
from planner.schema.fitted.calibration import CalibrationFile, KernelClass
from planner.schema.reading.yaml_file import read_document, validate, write_document

_COLUMNS = (*(field.name for field in fields(KernelShape)), "seconds", "count")
_TYPES: Mapping[str, type] = {**get_type_hints(KernelShape), "seconds": float, "count": int}
_AGAIN = "calibrate again with `planner calibrate`"
_REPLACED_S = 0.2
_LONGEST_S = 3600.0
_MOST_PROBLEMS = 20
_LARGEST_COUNT = 1e15
"""Of what a kernel has: operations, bytes, lengths of axes."""
_ONE_OR_MORE = frozenset(field.name for field in fields(KernelShape) if field.default == 1)


def write_calibration(calibration: Calibration, path: Path) -> None:
    """Write the two files, which name each other: both or none."""
    table = path.with_suffix(".csv")
    content = _table(calibration.models).encode()
    document = _document(calibration, table.name, hashlib.sha256(content).hexdigest())
    heading = "# What one engine reaches on this machine; the measured kernels are in the table beside it.\n"
    write_files({table: content, path: (heading + write_document(document)).encode()})


def is_calibration(path: Path) -> bool:
    """Whether a file is one of `planner calibrate`, by its keys; one that cannot be read is none."""
    if path.suffix.lower() not in (".yaml", ".yml") or not path.exists():
        return False
    values = read_document(path).values
    return isinstance(values, Mapping) and {"engine_version", "table"} <= set(values)


def read_calibration(path: Path) -> Calibration:
    """A calibration from its files; `InputError` with every problem of an edited or damaged one.

    The two are written one after the other: where they do not fit, they may just be replaced, and are read
    once more.
    """
    try:
        return _read(path)
    except _MismatchError:
        time.sleep(_REPLACED_S)
    try:
        return _read(path)
    except _MismatchError:
        problem = Problem("table.sha256", "that of the table beside the file", "another", _AGAIN)
        raise InputError(str(path), [problem]) from None


class _MismatchError(Exception):
    """The table is not that of the file."""


def _read(path: Path) -> Calibration:
    document = read_document(path)
    stored = validate(document, CalibrationFile)
    if Path(stored.table.file).name != stored.table.file:
        problem = Problem("table.file", "the name of a file beside this one", repr(stored.table.file), _AGAIN)
        raise InputError(str(path), [problem])
    table = path.parent / stored.table.file
    content = read_bounded(table)
    if hashlib.sha256(content).hexdigest() != stored.table.sha256:
        raise _MismatchError
    rows = _rows(content.decode("utf-8", "replace"), table)
    problems = list(_mismatches(stored, rows))
    if problems:
        raise InputError(str(path), problems)
    return _calibration(stored, rows, document.sha256)


def _calibration(
    stored: CalibrationFile, rows: Mapping[str, list[tuple[KernelShape, float, int]]], digest: str
) -> Calibration:
    conditions = stored.conditions
    return Calibration(
        CalibrationSetting(
            stored.engine, stored.engine_version, stored.cpu, stored.device, stored.unit, stored.threads,
            stored.precision, stored.date,
            Processor(**stored.processor.model_dump()) if stored.processor is not None else None,
        ),
        Conditions(
            conditions.probes, conditions.rejected, conditions.kernels, conditions.reference_s,
            conditions.reference_spread_ratio, conditions.copy_s, conditions.profiler_scale,
            conditions.profiler_per_node_s,
        ),
        stored.fixed_s,
        NetworkError(**stored.band.model_dump()),
        tuple(_model(name, entry, rows[name]) for name, entry in sorted(stored.classes.items())),
        digest,
    )  # fmt: skip


def _model(name: str, entry: KernelClass, rows: Iterable[tuple[KernelShape, float, int]]) -> KernelModel:
    base = entry.base
    shapes, seconds, counts = zip(*rows, strict=True)
    return KernelModel(
        name,
        Base(
            base.launch_s,
            2.0 / base.peak_ops_per_s if base.peak_ops_per_s else 0.0,
            1.0 / base.bandwidth_bytes_per_s if base.bandwidth_bytes_per_s else 0.0,
            1.0 / base.cold_bandwidth_bytes_per_s if base.cold_bandwidth_bytes_per_s else 0.0,
        ),
        Hyperparameters(
            tuple(entry.lengths[feature] for feature in FEATURES),
            entry.spread, entry.noise, entry.shared, entry.mean,
        ),
        shapes,
        seconds,
        counts,
        dict(entry.absent),
    )  # fmt: skip


def _document(calibration: Calibration, table: str, digest: str) -> dict[str, object]:
    conditions, error = calibration.conditions, calibration.error
    setting = {name: value for name, value in asdict(calibration.setting).items() if value is not None}
    if isinstance(processor := setting.get("processor"), dict):
        setting["processor"] = {name: value for name, value in processor.items() if value is not None}
    return {
        "schema": 1,
        **setting,
        "conditions": {
            "probes": conditions.probes,
            "rejected": conditions.rejected,
            "kernels": conditions.kernels,
            "reference": _us(conditions.reference_s),
            "reference_spread": f"{100 * conditions.reference_spread:.3g} %",
            "copy": _us(conditions.copy_s),
            "profiler_scale": _short(conditions.profiler_scale),
            "profiler_per_node": _us(conditions.profiler_per_node_s),
        },
        "fixed": _us(calibration.fixed_s),
        "band": {
            "level": error.level,
            "floor": _short(error.floor),
            "share": _short(error.share),
            "own": _short(error.own),
            "quantile": _short(error.quantile),
            "between_runs": error.between_runs,
        },
        "table": {"file": table, "sha256": digest},
        "classes": {model.op_class: _class(model) for model in calibration.models},
    }


def _class(model: KernelModel) -> dict[str, object]:
    base, settings = model.base, model.hyperparameters
    shown: dict[str, object] = {"launch": _us(base.fixed_s)}
    if base.per_mac_s:
        shown["peak"] = f"{2e-9 / base.per_mac_s:.6g} GOPS"
    if base.per_byte_s:
        shown["bandwidth"] = f"{1e-9 / base.per_byte_s:.6g} GB/s"
    if base.per_cold_byte_s:
        shown["cold_bandwidth"] = f"{1e-9 / base.per_cold_byte_s:.6g} GB/s"
    return {
        "base": shown,
        "mean": _short(settings.mean),
        "spread": _short(settings.spread),
        "noise": _short(settings.noise),
        "shared": _short(settings.shared),
        "lengths": {name: _short(length) for name, length in zip(FEATURES, settings.lengths, strict=True)},
        "absent": dict(model.absent),
    }


def _table(models: Iterable[KernelModel]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for model in models:
        for shape, seconds, count in zip(model.shapes, model.seconds, model.counts, strict=True):
            writer.writerow((*(getattr(shape, name) for name in _COLUMNS[:-2]), f"{seconds:.4g}", count))
    return text.getvalue()


def _rows(text: str, table: Path) -> dict[str, list[tuple[KernelShape, float, int]]]:
    reader = CsvTable(text, table)
    if reader.header != _COLUMNS:
        problem = Problem("columns", ", ".join(_COLUMNS), ", ".join(reader.header or ("none",)), _AGAIN)
        raise InputError(str(table), [problem])
    found: dict[str, list[tuple[KernelShape, float, int]]] = defaultdict(list)
    problems: list[Problem] = []
    for line, row in enumerate(reader, start=2):
        try:
            values = {name: _TYPES[name](row[name]) for name in _COLUMNS}
        except (TypeError, ValueError):
            problems.append(
                Problem("row", "numbers in all columns but the first two", str(row), _AGAIN, line)
            )
            continue
        seconds, count = values.pop("seconds"), values.pop("count")
        for name, value in values.items():
            if not isinstance(value, str) and not _possible(name, value):
                least = 1 if name in _ONE_OR_MORE else 0
                expected = f"a number of {least} to {_LARGEST_COUNT:g} (a share of at most 1)"
                problems.append(Problem(name, expected, str(value)[:20], _AGAIN, line))
        if not (math.isfinite(seconds) and 0 < seconds < _LONGEST_S) or count < 1:
            problems.append(Problem("seconds", "a time above zero", str(seconds), _AGAIN, line))
        found[values["op_class"]].append((KernelShape(**values), seconds, count))
    if problems:
        raise InputError(str(table), problems[:_MOST_PROBLEMS])
    return found


def _possible(name: str, value: float) -> bool:
    """Whether a kernel can have this number in this column; not where it is NaN."""
    if name == "inside":
        return 0 < value <= 1
    return (1 if name in _ONE_OR_MORE else 0) <= value <= _LARGEST_COUNT


def _mismatches(stored: CalibrationFile, rows: Mapping[str, object]) -> Iterable[Problem]:
    for name in sorted({*stored.classes, *rows}):
        if name not in rows:
            yield Problem(f"classes.{name}", "rows of this class in the table", "none", _AGAIN)
        elif name not in stored.classes:
            yield Problem("classes", f"the class {name} of the table", "no entry", _AGAIN)
        elif set(stored.classes[name].lengths) != set(FEATURES):
            yield Problem(f"classes.{name}.lengths", ", ".join(FEATURES), "other names", _AGAIN)


def _us(seconds: float) -> str:
    return f"{1e6 * seconds:.5g} us"


def _short(value: float) -> float:
    return float(f"{value:.5g}")
