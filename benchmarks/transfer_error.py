"""How good transferred models are on devices and families of networks left out of the fit: docs/transfer.md.

Every published row that matches a network of the zoo, a part of the catalogue and an engine is predicted by a
fit that saw nothing of its device, and by one that saw nothing of its family; beside it the plain roofline.
With --fit the models are fitted anew first and written to hardware_db/transfers/: their priors and constants
are read from the files, values, bands and rows are written. Run so after every change of measurements,
corrections, parts, engines or networks of the zoo: .venv/bin/python benchmarks/transfer_error.py [--fit]
With names of models behind --fit (hailort-npu rknn-npu) only those are fitted, and the page stays as it is.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from transfer_anchoring import anchoring_table, batch_table, mode_table
from transfer_dla import dla_tables

from planner.calibration.transfer.accuracy import FitAccuracy, accuracy, plain_roofline_s
from planner.calibration.transfer.join import Join, join
from planner.calibration.transfer.observations import Observation, observations
from planner.calibration.transfer.refit import as_text, observed, refitted, rows_text
from planner.calibration.transfer.roofline_effects import fit_roofline, roofline_rows, roofline_text
from planner.calibration.transfer.validate import SCHEMES, LeftOut, held_bands
from planner.files import write_bytes
from planner.latency.transfer.store import read_transfer, transfer_files
from planner.schema.fitted.transfer import Transfer

PAGE = Path(__file__).resolve().parents[1] / "docs" / "transfer.md"
INTRODUCTION = Path(__file__).resolve().parent / "transfer_introduction.md"
MOST_MISSES = 6
DLA = "tensorrt-dla"

Band = tuple[LeftOut, float, float]


def fit_only(ids: Sequence[str]) -> None:
    """Fit some models anew and write their files; the page and the rooflines' errors stay as they are."""
    joined = join()
    for file in transfer_files():
        if file.stem in ids:
            transfer = read_transfer(file)
            found = observed(transfer, joined)
            fitted, left_out = refitted(transfer, found)
            write_fit(file, fitted, found)
            bands = held_bands(left_out, fitted.level)
            for scheme in ("device", "family"):
                rows = [row for row in left_out if row.scheme == scheme]
                if rows:
                    print(line(fitted.id, scheme, accuracy(rows, bands), {}))
            for item in fitted.residuals:
                print(
                    f"{fitted.id:16} {item.kind:12} {item.observations:5} {item.low:.3f} to {item.high:.3f}"
                )


def write_fit(file: Path, fitted: Transfer, found: Sequence[Observation]) -> None:
    """A model's file and the rows behind it."""
    write_bytes(file, as_text(fitted, comment_of(file.read_text())).encode())
    write_bytes(file.parent / "rows" / f"{fitted.id}.csv", rows_text(fitted, found).encode())


def main(*, fit: bool) -> None:
    """Judge every model, after fitting it where that is asked for, and write the page."""
    joined = join()
    judged: dict[str, tuple[Transfer, tuple[LeftOut, ...], tuple[Band, ...]]] = {}
    for file in transfer_files():
        transfer = read_transfer(file)
        found = observed(transfer, joined)
        fitted, left_out = refitted(transfer, found)
        if fit:
            write_fit(file, fitted, found)
        judged[fitted.id] = (fitted, left_out, held_bands(left_out, fitted.level))
        for item in fitted.residuals:
            print(f"{fitted.id:16} {item.kind:12} {item.observations:5} {item.low:.3f} to {item.high:.3f}")
    lines = [INTRODUCTION.read_text().rstrip(), "", *summary(judged), ""]
    seen = {name: (transfer, left_out) for name, (transfer, left_out, _) in judged.items()}
    everything, _ = observations(joined.matched)
    roofline = fit_roofline(everything)
    if fit:
        write_bytes(transfer_files()[0].parent / "roofline.yaml", roofline_text(roofline).encode())
    lines += anchoring_table(seen, ANCHORED, roofline, roofline_rows(everything)[1])
    lines += [*batch_table(seen), *mode_table(seen), *dla_tables(judged[DLA][0], joined)]
    for transfer, left_out, bands in judged.values():
        lines += section(transfer, left_out, bands)
    lines += matched_rows(joined)
    write_bytes(PAGE, ("\n".join(lines).rstrip() + "\n").encode())


def comment_of(text: str) -> str:
    """The comment that heads a file."""
    return text.splitlines()[0].removeprefix("# ")


def summary(judged: dict[str, tuple[Transfer, tuple[LeftOut, ...], tuple[Band, ...]]]) -> Iterator[str]:
    """One row for each kind of part or network that the targets tell apart."""
    yield "## Targets and what was reached"
    yield ""
    yield "Error is a factor at the median: 1.10 is 10 % off, up or down. Width: the band is the middle times"
    yield "or over it. Plain: the roofline of the datasheet on the same rows. Spearman: within a device."
    yield ""
    yield (
        "| rows | left out | observations, groups | error (target) | 90th perc. | within 2x (target) "
        "| Spearman | band of 90 % held, width | plain error, 90th perc., within 2x |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, (model, chosen, targets) in GROUPS.items():
        if model not in judged:
            continue
        _, left_out, bands = judged[model]
        for scheme in SCHEMES:
            rows = [row for row in left_out if row.scheme == scheme and chosen(row)]
            if rows:
                yield line(name, scheme, accuracy(rows, bands), targets)


def line(name: str, scheme: str, found: FitAccuracy, targets: dict[str, str]) -> str:
    """One row of the table."""
    error = targets.get(scheme, "-")
    return (
        f"| {name} | {scheme} | {found.observations}, {found.groups} | {found.median:.2f} ({error}) | "
        f"{found.p90:.2f} | {found.within_two * 100:.0f} % ({targets.get('two', '-')}) | "
        f"{_number(found.spearman)} | {_share(found.coverage)}, {_number(found.half_width)} | "
        f"{found.plain_median:.2f}, {found.plain_p90:.2f}, {found.plain_within_two * 100:.0f} % |"
    )


def section(transfer: Transfer, left_out: Sequence[LeftOut], bands: Sequence[Band]) -> Iterator[str]:
    """One model: its rows, groups, misses and parameters."""
    yield f"## {transfer.title}"
    yield ""
    rests = transfer.rests_on
    if rests is not None:
        counts = f"{rests.rows} rows in {rests.observations} settings"
        yield f"`hardware_db/transfers/{transfer.id}.yaml`: {counts},"
        yield f"{len(rests.networks)} networks, {len(rests.devices)} parts. Left out one by one:"
        yield ""
    yield "| left out | observations | error | 90th perc. | measured / predicted | within 2x | plain error |"
    yield "|---|---|---|---|---|---|---|"
    for scheme in SCHEMES:
        for group in sorted({row.group for row in left_out if row.scheme == scheme}):
            rows = [row for row in left_out if row.scheme == scheme and row.group == group]
            found = accuracy(rows, bands)
            name = (
                ", ".join(sorted({row.observation.device for row in rows})) if scheme == "device" else group
            )
            yield (
                f"| {name} | {found.observations} | {found.median:.2f} | {found.p90:.2f} | {bias(rows):.2f} "
                f"| {found.within_two * 100:.0f} % | {found.plain_median:.2f} |"
            )
    yield ""
    yield from misses(left_out)
    yield from parameters(transfer)


def misses(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """The observations that were predicted worst with their device left out."""
    rows = [row for row in left_out if row.scheme == "device"] or list(left_out)
    worst = sorted(rows, key=lambda row: -abs(row.log_error))[:MOST_MISSES]
    yield "Worst with its device left out (its family, where there is one device): measured over predicted."
    yield ""
    for row in worst:
        item = row.observation
        threads = f", {item.threads} threads" if item.threads else ""
        yield (
            f"- {item.rows[0]}: {item.model} {item.point.precision}, batch {item.batch}{threads}, "
            f"{item.device}: {item.latency_s * 1e3:.3g} ms, {item.latency_s / row.predicted_s:.2f} "
            f"(plain {item.latency_s / plain_roofline_s(item):.2f})"
        )
    yield ""


def parameters(transfer: Transfer) -> Iterator[str]:
    """Every parameter with what was thought before."""
    yield "| parameter | fitted | before, spread | why |"
    yield "|---|---|---|---|"
    named = {**transfer.parameters, **{item.name: item for item in transfer.scoped}}
    for name, item in named.items():
        yield f"| {name} | {item.value:.3g} | {item.prior:.3g}, {item.spread:g} | {item.why} |"
    yield ""


def matched_rows(joined: Join) -> Iterator[str]:
    """How many rows were matched, and why the others were not."""
    rows = len(joined.matched) + len(joined.unmatched)
    yield "## Rows matched"
    yield ""
    yield f"Of {rows:,} published latencies and rates, {len(joined.matched):,} name a network of the zoo, a"
    yield "unit and mode of the catalogue and an engine of the database:"
    yield ""
    yield "| engine | rows |"
    yield "|---|---|"
    yield from (
        f"| {engine} | {count:,} |"
        for engine, count in Counter(row.engine for row in joined.matched).most_common()
    )
    yield ""
    yield "| not matched because | rows | engines |"
    yield "|---|---|---|"
    engines: dict[str, Counter[str]] = defaultdict(Counter)
    for row in joined.unmatched:
        engines[row.reason][row.engine] += 1
    for reason, count in joined.reasons():
        listed = ", ".join(name for name, _ in engines[reason].most_common(4))
        yield f"| {reason} | {count:,} | {listed} |"


def bias(rows: Sequence[LeftOut]) -> float:
    """The middle of measured over predicted."""
    ratios = sorted(row.observation.latency_s / row.predicted_s for row in rows)
    return ratios[len(ratios) // 2]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.0f} %"


def _module(row: LeftOut) -> bool:
    return row.observation.point.form == "module"


def _always(_: LeftOut) -> bool:
    return True


def _kind(kind: str) -> Callable[[LeftOut], bool]:
    return lambda row: row.observation.kind == kind


_ARM = {"device": "1.20", "family": "1.22", "two": "95 %"}
_NPU = {"device": "1.30", "family": "1.35", "two": "93 %"}
GROUPS: dict[str, tuple[str, Callable[[LeftOut], bool], dict[str, str]]] = {
    "TensorRT, Jetson": (
        "tensorrt-gpu", _module, {"device": "1.10", "family": "1.12", "two": "99 %"}),
    "TensorRT, cards and servers": (
        "tensorrt-gpu", lambda row: not _module(row), {"device": "1.15", "family": "1.18", "two": "97 %"}),
    "TensorRT, DLA": (DLA, _always, {}),
    "AscendCL, CNNs": ("acl-ascend", _kind("cnn"), {"family": "1.16", "two": "97 %"}),
    "AscendCL, transformers": ("acl-ascend", _kind("transformer"), {"family": "1.30", "two": "90 %"}),
    "ncnn, Arm": ("ncnn-arm", _always, _ARM),
    "LiteRT, Arm": ("tflite-arm", _always, _ARM),
    "Arm NN, Arm": ("armnn-arm", _always, _ARM),
    "OpenVINO, x86": ("openvino-x86", _always, {}),
    "ONNX Runtime, x86": ("onnxruntime-x86", _always, {}),
    "ncnn, x86": ("ncnn-x86", _always, {}),
    "RKNN": ("rknn-npu", _always, _NPU),
    "HailoRT": ("hailort-npu", _always, _NPU),
    "QNN": ("qnn-npu", _always, _NPU),
    "Pulsar2": ("pulsar2-npu", _always, _NPU),
    "Voyager": ("voyager-npu", _always, _NPU),
}  # fmt: skip
"""Name -> model, rows of it, and the targets that were set before the work."""

ANCHORED: dict[str, tuple[str, Callable[[LeftOut], bool], str]] = {
    "TensorRT, Jetson": ("tensorrt-gpu", _module, "1.08"),
    "TensorRT, cards and servers": ("tensorrt-gpu", lambda row: not _module(row), "-"),
    "TensorRT, DLA": (DLA, _always, "-"),
    "ncnn, Arm": ("ncnn-arm", _always, "1.15"),
    "LiteRT, Arm": ("tflite-arm", _always, "1.15"),
    "Arm NN, Arm": ("armnn-arm", _always, "1.15"),
    "OpenVINO, x86": ("openvino-x86", _always, "-"),
    "ONNX Runtime, x86": ("onnxruntime-x86", _always, "-"),
    "ncnn, x86": ("ncnn-x86", _always, "-"),
    "HailoRT": ("hailort-npu", _always, "-"),
    "QNN": ("qnn-npu", _always, "-"),
    "RKNN": ("rknn-npu", _always, "-"),
    "Pulsar2": ("pulsar2-npu", _always, "-"),
    "Voyager": ("voyager-npu", _always, "-"),
}
"""Name -> model, rows of it, and the target of the error with both kinds of neighbours."""


if __name__ == "__main__":
    asked = sys.argv[1:]
    if "--fit" in asked and len(asked) > 1:
        fit_only([name for name in asked if name != "--fit"])
    else:
        main(fit="--fit" in asked)
