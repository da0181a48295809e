"""What an imported profile says, whatever tool wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from planner.errors import InputError, Problem
from planner.units import format_percent
from planner.workload.workload import Workload

LARGEST_FILE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class ProfileLatency:
    """Time of one inference over the runs of the profile."""

    median: float
    p10: float
    p90: float
    runs: int


@dataclass(frozen=True, slots=True)
class ProfileLayer:
    """Mean time of one layer in one inference; `operators` are the ONNX nodes it represents, where known."""

    name: str
    latency_s: float
    kind: str = ""
    operators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleSeries:
    """Mean and extremes of one quantity over a log; the name carries the unit."""

    name: str
    mean: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True, slots=True)
class EngineProfile:
    """One imported measurement; what the tool does not say is None or empty."""

    tool: str
    files: tuple[str, ...]
    latency_s: ProfileLatency | None = None
    device_s: ProfileLatency | None = None
    """The share on the device alone, without copies, where the tool reports it separately."""
    layers: tuple[ProfileLayer, ...] = ()
    series: tuple[SampleSeries, ...] = ()
    notes: tuple[str, ...] = ()

    def record(self) -> dict[str, object]:
        """The profile as JSON."""
        return asdict(self)


def latency_of(seconds: Sequence[float]) -> ProfileLatency | None:
    """Quantiles of single runs; None for no run."""
    if not seconds:
        return None
    p10, median, p90 = (float(value) for value in np.quantile(seconds, (0.1, 0.5, 0.9)))
    return ProfileLatency(median, p10, p90, len(seconds))


def read_text(path: Path) -> str:
    """The text of a profile, or a refusal that names what is wrong with the file."""
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise refuse(path, f"a profile of at most {LARGEST_FILE_BYTES:,} bytes", "a larger file")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise refuse(path, "text", "bytes that are not UTF-8 text") from None
    except OSError as error:
        raise refuse(path, "a readable file", error.strerror or str(error)) from None


def read_json(path: Path) -> object:
    """The JSON of a profile, or a refusal with the position of the mistake."""
    try:
        value: object = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise refuse(
            path, "valid JSON", f"{error.msg} in line {error.lineno}", "export the profile again"
        ) from None
    except RecursionError:
        # The decoder of the standard library calls itself for each level; profiles have three or four.
        raise refuse(path, "JSON of a few levels", "lists nested hundreds deep") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise refuse(path, "valid JSON", str(error).split(";")[0]) from None
    return value


def refuse(path: Path, expected: str, got: str, advice: str = "") -> InputError:
    """A refusal of one file."""
    return InputError(str(path), [Problem("file", expected, got, advice)])


_PART = re.compile(r"[A-Za-z0-9_./:\-]+")


def with_operators(profile: EngineProfile, workload: Workload) -> EngineProfile:
    """The profile with each layer mapped to the ONNX nodes that its name mentions.

    Fused layers list their nodes, as in `Conv_0 + PWN(Clip_3)`; a range `{ForeignNode[a...b]}` represents all
    nodes from a to b in file order. A profile in which no layer can be mapped is that of another network and
    is refused.
    """
    order = {operator.name: number for number, operator in enumerate(workload.operators)}
    names = [operator.name for operator in workload.operators]
    layers = tuple(replace(layer, operators=_named(layer.name, order, names)) for layer in profile.layers)
    if layers and not any(layer.operators for layer in layers):
        raise InputError(
            ", ".join(profile.files),
            [
                Problem(
                    "layers",
                    f"names of nodes of {workload.model}",
                    repr(layers[0].name),
                    "give its own network",
                )
            ],
        )
    lost = sum(layer.latency_s for layer in layers if not layer.operators)
    total = sum(layer.latency_s for layer in layers)
    notes = (
        (*profile.notes, f"{format_percent(lost / total, 1)} of layer time has no ONNX node")
        if lost
        else profile.notes
    )
    return replace(profile, layers=layers, notes=notes)


def _named(text: str, order: dict[str, int], names: list[str]) -> tuple[str, ...]:
    if text in order:
        return (text,)
    if text.startswith("Reformatting CopyNode"):
        return ()
    span = re.search(r"\[(.+?)\.\.\.(.+?)\]", text)
    if span and span[1] in order and span[2] in order:
        return tuple(names[order[span[1]] : order[span[2]] + 1])
    return tuple(_unique(part for part in _PART.findall(text) if part in order))


def _unique(parts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(parts))
