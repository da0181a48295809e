"""How good predicted watts are on devices left out of the fit: docs/power.md.

With --fit the model in hardware_db/power/system.yaml is fitted anew first: priors are read from it, values,
bands and rows are written. Run so after every change of measurements, parts or latency models:
.venv/bin/python benchmarks/power_error.py [--fit]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from planner.calibration.power.fit import (
    LeftOutPower,
    held_band,
    leave_out_devices,
    leave_out_publishers,
    refitted,
)
from planner.calibration.power.groups import Group, group_scores
from planner.calibration.power.published import power_split, published_file, read_published
from planner.calibration.power.rows import MLPERF, PowerRow, power_rows, published_rows
from planner.calibration.power.score import scored_power
from planner.calibration.transfer.join import Join
from planner.files import write_bytes
from planner.hardware.measurements import read_measurements
from planner.latency.power.draw import serving_power_w
from planner.latency.power.model import clock_key, power_model
from planner.schema.fitted.power_model import PowerModel
from planner.schema.fitted.transfer import Parameter

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "hardware_db" / "power" / "system.yaml"
PAGE = ROOT / "docs" / "power.md"
INTRODUCTION = ROOT / "benchmarks" / "power_introduction.md"


def main(*, fit: bool) -> None:
    """Judge the model, after fitting it where that is asked for, and write the page."""
    model = power_model()
    logs, joined = power_rows()
    rows = (*logs, *published_rows())
    left_out = leave_out_devices(model, rows)
    if fit:
        model, left_out = refitted(model, rows)
        write_bytes(MODEL, as_text(model).encode())
        power_model.cache_clear()
    lines = [
        INTRODUCTION.read_text().rstrip(),
        "",
        *blind(),
        "",
        *publishers(rows, model),
        "",
        *accuracy(left_out, model),
        "",
    ]
    lines += [*parameters(model), ""]
    lines += [*energies(left_out), "", *matched(joined)]
    write_bytes(PAGE, ("\n".join(lines).rstrip() + "\n").encode())
    print("\n".join(accuracy(left_out, model)))


def blind() -> Iterator[str]:
    """The product as it is beside all published rows, and beside those of publishers that no fit uses."""
    found, _ = scored_power(read_published(published_file()))
    apart = frozenset(item.publisher for item in power_split().left_out)
    yield "## Published watts and joules"
    yield ""
    yield "| rows | n | error, median | 90th perc. | in the band | measured / predicted | half-width |"
    yield "|---|---|---|---|---|---|---|"
    for group in group_scores(found, apart):
        yield _scored_line(group)


def _scored_line(group: Group) -> str:
    own = group.factors
    return (
        f"| {group.name} | {own.rows} | {own.median:.2f} | {own.p90:.2f} | {own.held * 100:.0f} % "
        f"| {own.bias:.2f} | {own.half_width:.2f} |"
    )


def publishers(rows: Sequence[PowerRow], model: PowerModel) -> Iterator[str]:
    """One row a publisher whose rows are fitted, each left out in turn."""
    left_out = leave_out_publishers(model, rows)
    yield "## Watts of publishers left out in turn"
    yield ""
    yield "| publisher left out | runs | error, median | 90th perc. | measured / predicted |"
    yield "|---|---|---|---|---|"
    names = sorted({item.row.publisher for item in left_out})
    for name in [*names, ""]:
        chosen = [item for item in left_out if item.row.publisher == (name or item.row.publisher)]
        if not name:
            chosen = [item for item in chosen if item.row.publisher != MLPERF]
        errors = np.array([item.log_error for item in chosen])
        yield (
            f"| {name or 'all but MLPerf'} | {len(chosen)} | {_factor(np.abs(errors), 0.5)} "
            f"| {_factor(np.abs(errors), 0.9)} | {np.exp(np.median(errors)):.2f} |"
        )


def accuracy(left_out: Sequence[LeftOutPower], model: PowerModel) -> Iterator[str]:
    """One row a device and family, and one for all."""
    yield "## Watts of devices left out"
    yield ""
    yield (
        "| device left out | unit | runs | error, median | 90th perc. | measured / predicted "
        "| band of 90 % held, width | judgement before |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for device in sorted({item.row.device for item in left_out}):
        for family in sorted({item.row.family for item in left_out if item.row.device == device}):
            chosen = [i for i in left_out if (i.row.device, i.row.family) == (device, family)]
            yield _line(device, family, chosen, left_out, model)
    yield _line("all runs (target: 1.20, 85-95 %)", "", left_out, left_out, model)
    groups = sorted({(item.row.device, item.row.family) for item in left_out})
    medians = [
        float(np.median([abs(i.log_error) for i in left_out if (i.row.device, i.row.family) == group]))
        for group in groups
    ]
    middle = np.exp(np.median(medians))
    yield f"| each device and unit alike | | {len(groups)} groups | {middle:.2f} | | | | |"


def _line(
    device: str,
    family: str,
    chosen: Sequence[LeftOutPower],
    left_out: Sequence[LeftOutPower],
    model: PowerModel,
) -> str:
    errors = np.array([item.log_error for item in chosen])
    bands = [held_band(left_out, item, model.level) for item in chosen]
    held = [np.log(low) <= e <= np.log(high) for e, (low, high) in zip(errors, bands, strict=True)]
    width = float(np.median([np.sqrt(high / low) for low, high in bands]))
    before = np.abs([np.log(i.row.power_w / _judged(i)) for i in chosen])
    return (
        f"| {device} | {family} | {len(chosen)} | {_factor(np.abs(errors), 0.5)} "
        f"| {_factor(np.abs(errors), 0.9)} | {np.exp(np.median(errors)):.2f} "
        f"| {np.mean(held) * 100:.0f} %, {width:.2f} | {_factor(before, 0.5)} |"
    )


def _judged(item: LeftOutPower) -> float:
    return serving_power_w(item.row.point.idle_w, item.row.point.power_limit_w).mid


def _factor(errors: np.ndarray, share: float) -> str:  # type: ignore[type-arg]
    return f"{np.exp(np.quantile(errors, share)):.2f}"


def energies(left_out: Sequence[LeftOutPower]) -> Iterator[str]:
    """Energy of an inference beside the published one of the same setting."""
    rows = read_measurements(corrected=True)
    by_source = {row.source: row for row in rows if row.metric == "power_w" and row.statistic == "mean"}
    by_row = {row_id: item for item in left_out for row_id in item.row.rows}
    found: dict[str, list[float]] = {}
    for row in rows:
        power = by_source.get(row.source)
        item = by_row.get(power.id) if row.metric == "energy_mj" and power else None
        if item is None:
            continue
        inferences = item.row.batch if "MultiStream" in (row.note or "") else 1
        predicted_j = item.predicted_w * item.row.latency_s / item.row.batch
        found.setdefault(item.row.family, []).append(float(np.log(row.value_si / inferences / predicted_j)))
    yield "## Energy of an inference"
    yield ""
    yield "Watts of a device left out times the latency as the planner predicts it, beside published joules."
    yield ""
    yield "| unit | runs | error, median | 90th perc. | measured / predicted |"
    yield "|---|---|---|---|---|"
    for family, errors in sorted(found.items()):
        column = np.array(errors)
        yield (
            f"| {family} | {len(column)} | {_factor(np.abs(column), 0.5)} | {_factor(np.abs(column), 0.9)} "
            f"| {np.exp(np.median(column)):.2f} |"
        )


def parameters(model: PowerModel) -> Iterator[str]:
    """Every parameter with what was thought before."""
    yield "## Parameters"
    yield ""
    yield "| parameter | fitted | before, spread | why |"
    yield "|---|---|---|---|"
    named: dict[str, Parameter] = {**model.parameters, **{f.name: f.share for f in model.families}}
    named |= {clock_key(clock.part): clock.factor for clock in model.clocks}
    for name, item in named.items():
        yield f"| {name} | {item.value:.3g} | {item.prior:.3g}, {item.spread:g} | {item.why} |"
    yield ""
    yield "| family | runs, devices | band: measured / predicted |"
    yield "|---|---|---|"
    for family in model.families:
        if family.residuals:
            found = family.residuals
            counts = f"{found.observations}, {found.devices}"
            yield f"| {family.name} | {counts} | {found.low:.2f} to {found.high:.2f} |"


def matched(joined: Join) -> Iterator[str]:
    """How many published rows were used, and why the others were not."""
    yield "## Rows used"
    yield ""
    rows = len(joined.matched) + len(joined.unmatched)
    yield f"{len(joined.matched)} of {rows} published mean powers of runs."
    yield ""
    yield "| not used because | rows |"
    yield "|---|---|"
    for reason, count in joined.reasons():
        yield f"| {reason} | {count} |"


def as_text(model: PowerModel) -> str:
    """The model as YAML, a line a parameter, so that a review sees what a new fit moved."""
    lines = [MODEL.read_text().splitlines()[0], "schema: 1", f"id: {model.id}"]
    lines += [f"title: {json.dumps(model.title)}", f"boundary: {json.dumps(model.boundary)}", "parameters:"]
    lines += [f"  {name}: {_flow(item.model_dump())}" for name, item in model.parameters.items()]
    lines.append("clocks:")
    lines += [f"  - {_flow(clock.model_dump())}" for clock in model.clocks]
    lines.append("families:")
    lines += [f"  - {_flow(family.model_dump(exclude_none=True))}" for family in model.families]
    lines.append(f"anywhere: {_flow(model.anywhere.model_dump())}")
    lines.append(f"level: {model.level:g}")
    if model.rests_on is not None:
        lines += ["rests_on:"]
        lines += [f"  {key}: {_flow(value)}" for key, value in model.rests_on.model_dump().items()]
    return "\n".join(lines) + "\n"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main(fit="--fit" in sys.argv[1:])
