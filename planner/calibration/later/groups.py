"""The groups in which rows that came later are scored: engine, kind of part, class of network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from planner.calibration.later.score import CARDS, Score, ScoredRow, score_of
from planner.provenance import Provenance

Chosen = Callable[[ScoredRow], bool]


def _gpu(item: ScoredRow) -> bool:
    return item.engine == "tensorrt" and item.unit_kind == "gpu"


def _card(item: ScoredRow) -> bool:
    return _gpu(item) and item.form in CARDS


def _engine(engine: str, kind: str = "") -> Chosen:
    return lambda item: item.engine == engine and kind in ("", item.unit_kind)


def _half(item: ScoredRow) -> bool:
    # What the publisher names: TensorRT's "fp32" runs as TF32 where the part has it.
    return item.row.precision not in ("fp32", "tf32")


GROUPS: dict[str, Chosen] = {
    "all": lambda _: True,
    "all of trust A": lambda item: item.row.trust.startswith("A"),
    "tensorrt, Jetson": lambda item: _gpu(item) and item.form == "module",
    "tensorrt, cards": _card,
    "tensorrt, cards, CNN in FP16 or INT8": lambda item: _card(item) and _half(item) and not item.attention,
    "tensorrt, cards, attention": lambda item: _card(item) and _half(item) and item.attention,
    "tensorrt, cards, FP32": lambda item: _card(item) and not _half(item),
    "acl, Ascend": _engine("acl"),
    "rknn": _engine("rknn"),
    "qnn": _engine("qnn"),
    "hailort": _engine("hailort"),
    "pulsar2": _engine("pulsar2"),
    "voyager": _engine("voyager"),
    "openvino, CPU": _engine("openvino", "cpu"),
    "onnxruntime, CPU": _engine("onnxruntime", "cpu"),
    "ncnn, CPU": _engine("ncnn", "cpu"),
    "tflite, CPU": _engine("tflite", "cpu"),
    "roofline of a datasheet": lambda item: item.provenance is Provenance.DATASHEET,
    "roofline of assumed numbers": lambda item: item.provenance is Provenance.ASSUMED,
}
"""Name -> the rows in it."""


@dataclass(frozen=True, slots=True)
class GroupScore:
    """One group of rows with its errors."""

    group: str
    score: Score


def group_scores(rows: Sequence[ScoredRow]) -> tuple[GroupScore, ...]:
    """Every group that has rows."""
    found = []
    for name, chosen in GROUPS.items():
        score = score_of([item for item in rows if chosen(item)])
        if score is not None:
            found.append(GroupScore(name, score))
    return tuple(found)
