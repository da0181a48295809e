"""Tables of docs/transfer.md: anchoring on left-out devices, curves over batch with batch 1 given, modes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from planner.calibration.transfer.effects_fit import Blended, blended, ends, neighbours
from planner.calibration.transfer.validate import LeftOut
from planner.schema.fitted.transfer import Anchoring, RooflineAnchoring, Transfer

KINDS = {
    "one_other": "one other network on this part",
    "others": "all other networks on this part",
    "siblings": "this network on siblings",
    "both": "both",
}
LEVEL = 0.9
MOST_OF_A_BATCH = 32
MODE_RATIO = 1.05
"""Two clocks of one part closer than this are taken for one."""


def anchoring_table(
    judged: dict[str, tuple[Transfer, tuple[LeftOut, ...]]],
    groups: dict[str, tuple[str, Callable[[LeftOut], bool], str]],
    roofline: RooflineAnchoring,
    roofline_left_out: Sequence[LeftOut],
) -> Iterator[str]:
    """Accuracy with measurements beside the model; `groups`: name -> model, rows, target of the error."""
    yield "## With a measurement beside the model (anchoring)"
    yield ""
    yield "Each device is left out of the fit, then given some of its own rows or those of its siblings, as a"
    yield "user would by `planner estimate --anchor`. Rows of one precision. The share that the band holds is"
    yield "counted with ends from the other devices."
    yield ""
    yield "| rows | known beside | observations | error (target) | 90th perc. | within 2x | held, width |"
    yield "|---|---|---|---|---|---|---|"
    for name, (model, chosen, target) in groups.items():
        if model in judged:
            transfer, left_out = judged[model]
            yield from _anchored_rows(name, transfer.anchoring, left_out, chosen, target)
    yield from _anchored_rows("Roofline, all engines", roofline.anchoring, roofline_left_out, _every, "-")
    yield ""


def _every(_: LeftOut) -> bool:
    return True


def _anchored_rows(
    name: str,
    anchoring: Anchoring | None,
    left_out: Sequence[LeftOut],
    chosen: Callable[[LeftOut], bool],
    target: str,
) -> Iterator[str]:
    rows = neighbours([row for row in left_out if row.scheme == "device"])
    if not rows or anchoring is None:
        return
    plain = [item.row for item in rows if chosen(item.row)]
    yield f"| {name} | nothing | {len(plain)} | {_figures(np.abs([row.log_error for row in plain]))} | |"
    found = {which: blended(anchoring.effects, rows, which) for which in KINDS}
    fitted = [item for which in KINDS if which != "both" for item in found[which]]
    for which, title in KINDS.items():
        own = [item for item in found[which] if chosen(item.row)]
        if own:
            errors = np.abs([item.log_error for item in own])
            shown = f" ({target})" if which == "both" else ""
            yield f"| | {title} | {len(own)} | {_figures(errors, shown)} | {_held(own, fitted, LEVEL)} |"


def _figures(errors: np.ndarray[tuple[int], np.dtype[np.float64]], target: str = "") -> str:
    median, p90 = np.exp(np.quantile(errors, (0.5, 0.9)))
    return f"{median:.2f}{target} | {p90:.2f} | {np.mean(errors < np.log(2)) * 100:.0f} %"


def _held(own: Sequence[Blended], every: Sequence[Blended], level: float) -> str:
    inside, widths = [], []
    for group in sorted({item.row.group for item in own}):
        low, high = ends([item for item in every if item.row.group != group], level)
        for item in own:
            if item.row.group == group:
                inside.append(low <= item.standardised <= high)
                widths.append(np.exp((high - low) / 2 * item.blend.deviation))
    return f"{np.mean(inside) * 100:.0f} %, {np.median(widths):.2f}"


def batch_table(judged: dict[str, tuple[Transfer, tuple[LeftOut, ...]]]) -> Iterator[str]:
    """Curves over batch: the model's ratio to batch 1 compared with the published one."""
    yield "## Curves over batch, batch 1 given"
    yield ""
    yield "Latency at batch 2 to 32 over that at batch 1 of the same setting, as published and as predicted"
    yield "by a fit that saw nothing of the device (of the family, where there is one device). Target: 1.15."
    yield "Linear: batch times the latency of one."
    yield ""
    yield "| engine | curves | points | error | 90th perc. | within 2x | linear |"
    yield "|---|---|---|---|---|---|---|"
    for transfer, left_out in judged.values():
        schemes = {row.scheme for row in left_out}
        rows = [row for row in left_out if row.scheme == ("device" if "device" in schemes else "family")]
        curves = batch_curves(rows)
        points = [point for curve in curves.values() for point in curve]
        if not points:
            continue
        errors = np.abs([error for _, error, _ in points])
        linear = np.exp(np.median(np.abs([own for _, _, own in points])))
        yield f"| {transfer.engine} | {len(curves)} | {len(points)} | {_figures(errors)} | {linear:.2f} |"
    yield ""


Curve = list[tuple[LeftOut, float, float]]


def batch_curves(rows: Sequence[LeftOut]) -> dict[tuple[object, ...], Curve]:
    """Setting -> its rows at batch 2 to 32 with the errors of both ratios to batch 1, in logarithms."""
    by_setting: dict[tuple[object, ...], dict[int, LeftOut]] = defaultdict(dict)
    for row in rows:
        item = row.observation
        by_setting[
            item.model, item.shape, item.device, item.point.precision, item.point.clock_hz, item.point.mode,
            item.threads, item.profile,
        ][item.batch] = row  # fmt: skip
    found: dict[tuple[object, ...], Curve] = {}
    for key, curve in by_setting.items():
        one = curve.get(1)
        points = [
            (row, row.log_error - one.log_error, float(np.log(_ratio(row, one) / batch)))
            for batch, row in sorted(curve.items())
            if one is not None and 1 < batch <= MOST_OF_A_BATCH
        ]
        if points:
            found[key] = points
    return found


def _ratio(row: LeftOut, other: LeftOut) -> float:
    return row.observation.latency_s / other.observation.latency_s


def mode_table(judged: dict[str, tuple[Transfer, tuple[LeftOut, ...]]]) -> Iterator[str]:
    """Ratios between two modes or clocks of one part, as published and as predicted."""
    yield "## Modes and clocks"
    yield ""
    yield "Latency of one setting at two clocks of a part, slower over faster, as published and as predicted"
    yield "with the part left out. Clock: ratio of the unit's clocks."
    yield ""
    yield "| part, network | slower, faster | clock | published | predicted | error |"
    yield "|---|---|---|---|---|---|"
    errors = []
    for _, left_out in judged.values():
        for slow, fast in mode_pairs([row for row in left_out if row.scheme == "device"]):
            one, two = slow.observation, fast.observation
            published, predicted = _ratio(slow, fast), slow.predicted_s / fast.predicted_s
            errors.append(abs(np.log(published / predicted)))
            yield (
                f"| {one.device}, {one.model} {one.point.precision}, batch {one.batch} | {one.rows[0]}, "
                f"{two.rows[0]} | {two.point.clock_hz / one.point.clock_hz:.2f} | {published:.2f} | "
                f"{predicted:.2f} | {np.exp(errors[-1]):.2f} |"
            )
    if errors:
        yield ""
        yield f"Median {np.exp(np.median(errors)):.2f} over {len(errors)} pairs."
    yield ""


def mode_pairs(rows: Sequence[LeftOut]) -> list[tuple[LeftOut, LeftOut]]:
    """Each row at a lower clock beside the same setting at the part's highest published clock."""
    by_setting: dict[tuple[object, ...], list[LeftOut]] = defaultdict(list)
    for row in rows:
        item = row.observation
        key = (
            item.model, item.shape, item.device, item.point.unit, item.point.precision, item.batch,
            item.threads, item.profile,
        )  # fmt: skip
        by_setting[key].append(row)
    found = []
    for own in by_setting.values():
        fast = max(own, key=lambda row: row.observation.point.clock_hz)
        found += [
            (row, fast)
            for row in own
            if row.observation.point.clock_hz * MODE_RATIO < fast.observation.point.clock_hz
        ]
    return found
