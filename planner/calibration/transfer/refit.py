"""A transferred model fitted anew: values, bands and the rows they rest on, as the text of its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np

from planner.calibration.transfer.effects_fit import fit_anchoring
from planner.calibration.transfer.fit import columns_of, fit_transfer, predict, predict_kernels
from planner.calibration.transfer.join import Join, caller_of
from planner.calibration.transfer.observations import Observation, observations
from planner.calibration.transfer.validate import LeftOut, leave_out, residuals
from planner.hardware.catalog import read_device
from planner.latency.transfer.effects import state_of
from planner.latency.transfer.kernels import CLASSES
from planner.latency.transfer.prediction import parameter_values
from planner.latency.transfer.published import COLUMNS, PublishedRow
from planner.latency.transfer.scope import same_unit
from planner.latency.transfer.store import covers
from planner.schema.fitted.transfer import FittedRows, Parameter, Transfer

MATERIAL = 0.05
"""A class of kernels is fitted where it takes this share of the time of some observation."""


def observed(transfer: Transfer, joined: Join) -> tuple[Observation, ...]:
    """The observations that a model is fitted on: its engine, on units that it covers."""
    found, _ = observations(row for row in joined.matched if row.engine == transfer.engine)
    return tuple(item for item in found if covers(transfer, item.point))


def refitted(transfer: Transfer, found: Sequence[Observation]) -> tuple[Transfer, tuple[LeftOut, ...]]:
    """The model with new values, bands from what was left out, and its rows; and the left-out predictions."""
    values = fit_transfer(transfer, found)
    by_device = leave_out(transfer, found, "device")
    by_family, by_publisher = (leave_out(transfer, found, scheme) for scheme in ("family", "publisher"))
    left_out = (*by_device, *by_family, *by_publisher)
    fitted = transfer.model_copy(
        update={
            "parameters": {
                name: parameter.model_copy(update={"value": _rounded(values[name])})
                for name, parameter in transfer.parameters.items()
            },
            "scoped": [
                item.model_copy(update={"value": _rounded(values[item.name])}) for item in transfer.scoped
            ],
            "residuals": residuals(left_out, transfer.level),
            "anchoring": fit_anchoring(by_device or by_family, transfer.level, by_publisher),
            "fitted_classes": _material_classes(transfer, values, found),
            "rests_on": rests_on(found),
        }
    )
    return fitted, left_out


def rests_on(found: Sequence[Observation]) -> FittedRows:
    """What the rows behind observations have in common, and a digest of their ids."""
    rows = sorted(row for item in found for row in item.rows)
    return FittedRows(
        rows=len(rows),
        observations=len(found),
        devices=sorted({item.device for item in found}),
        networks=sorted({item.model for item in found}),
        precisions=sorted({item.point.precision.value for item in found}),
        sources=sorted({row.rpartition("-")[0] for row in rows}),
        sha256=hashlib.sha256("\n".join(rows).encode()).hexdigest(),
    )


def rows_text(transfer: Transfer, found: Sequence[Observation]) -> str:
    """All settings behind a model as CSV, each with what the model says of it, for estimates to anchor on."""
    values = parameter_values(transfer)
    predicted = predict(transfer, values, columns_of(found, transfer.scoped))
    lines = [",".join(COLUMNS)]
    for item, seconds in sorted(zip(found, predicted, strict=True), key=lambda pair: pair[0].rows[0]):
        row = PublishedRow(
            row=item.rows[0],
            model=item.model,
            device=item.device,
            unit=same_unit(read_device(item.device), item.point.unit),
            state=state_of(item.point),
            precision=item.point.precision.value,
            caller=caller_of(item.profile),
            macs=float(item.table.macs.sum()),
            batch=item.batch,
            threads=item.point.processors,
            latency_s=float(f"{item.latency_s:.5g}"),
            log_ratio=round(float(np.log(item.latency_s / seconds)), 4),
        )
        lines.append(",".join(_cell(getattr(row, name)) for name in COLUMNS))
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if "," in text else text


def as_text(transfer: Transfer, comment: str) -> str:
    """The model as YAML: one line a parameter, so that a review sees what a new fit moved."""
    lines = [f"# {comment}", "schema: 1", f"id: {transfer.id}", f"engine: {transfer.engine}"]
    lines.append(f"title: {json.dumps(transfer.title)}")
    lines.append(f"covers: {_flow(transfer.covers.model_dump())}")
    if transfer.constants:
        lines.append(f"constants: {_flow(transfer.constants)}")
    lines += ["parameters:", *(f"  {name}: {_flow(_of(item))}" for name, item in transfer.parameters.items())]
    if transfer.scoped:
        lines.append("scoped:")
        for item in transfer.scoped:
            head = {"name": item.name, "acts_on": item.acts_on, "when": item.when}
            lines.append(f"  - {_flow({**head, **_of(item)})}")
    for key, items in (("callers", transfer.callers), ("residuals", transfer.residuals)):
        if items:
            lines += [f"{key}:", *(f"  - {_flow(item.model_dump())}" for item in items)]
    if transfer.anchoring is not None:
        lines.append(f"anchoring: {_flow(transfer.anchoring.model_dump())}")
    lines.append(f"fitted_classes: {_flow(transfer.fitted_classes)}")
    lines.append(f"level: {transfer.level:g}")
    if transfer.rests_on is not None:
        lines += ["rests_on:"]
        lines += [f"  {key}: {_flow(value)}" for key, value in transfer.rests_on.model_dump().items()]
    return "\n".join(lines) + "\n"


def _of(parameter: Parameter) -> dict[str, object]:
    return {key: getattr(parameter, key) for key in ("value", "prior", "spread", "why")}


def _flow(value: object) -> str:
    """A value in YAML's flow style; strings in quotes, as JSON is YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _material_classes(
    transfer: Transfer, values: dict[str, float], found: Iterable[Observation]
) -> list[str]:
    """Classes of kernels that the fit could learn of: they weigh in some observation."""
    seen: set[str] = set()
    for item in found:
        times = predict_kernels(transfer, values, columns_of([item], transfer.scoped))
        total = float(times.sum())
        seen |= {
            name
            for index, name in enumerate(CLASSES)
            if float(times[item.table.kind == index].sum()) > MATERIAL * total
        }
    return [name for name in CLASSES if name in seen]
