"""What an imported profile says, whatever tool wrote it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from planner.errors import InputError, Problem
from planner.read_files import read_bounded

LARGEST_FILE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class ProfileLatency:
    """Time of one inference over the runs of the profile; None for what the tool does not say."""

    median: float
    p10: float | None
    p90: float | None
    runs: int | None


@dataclass(frozen=True, slots=True)
class ProfileLayer:
    """Mean time of one layer in one inference; `operators` are the ONNX nodes it represents, where known.

    `mentions` are nodes that the tool's own metadata names for it.
    """

    name: str
    latency_s: float
    kind: str = ""
    operators: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


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
    throughput_per_s: float | None = None
    """Inferences per second, where the tool reports them."""
    mapped_share: float | None = None
    """Of the layers' time, how much has ONNX nodes; None where no network was given."""

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
    """The text of a profile, or a refusal that names what is wrong with the file.

    A mark of its encoding at the start is taken off; shells of Windows write logs in UTF-16.
    """
    try:
        content = read_bounded(path, LARGEST_FILE_BYTES)
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise refuse(path, "text", "bytes that are not UTF-8 text") from None
    except OSError as error:
        raise refuse(path, "a readable file", error.strerror or str(error)) from None


def read_json(path: Path) -> object:
    """The JSON of a profile, or a refusal with the position of the mistake."""
    return parse_json(path, read_text(path))


def parse_json(path: Path, text: str) -> object:
    """The JSON in the text of a file, or a refusal with the position of the mistake."""
    try:
        value: object = json.loads(text)
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
