"""Answers as pictures, SVG or PNG by the ending of the file.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from planner.api.database.parts import read_device
from planner.errors import InputError, Problem
from planner.files import require_writable, write_bytes

if TYPE_CHECKING:
    from planner.api.alternatives import UnitCurve
    from planner.calibration.serving.compare import ServedComparison
    from planner.latency.result import Estimate
    from planner.plan.compare.candidate import Comparison
    from planner.wording.catalog import Language

PICTURE_ENDINGS = (".svg", ".png")
"""Endings of the files that plots are written to."""


def picture_kind(path: str | Path) -> Literal["svg", "png"]:
    """Which picture a file is to be, by its ending, once it can be written; `InputError` for another ending.

    >>> picture_kind("roofline.png")
    'png'
    """
    ending = Path(path).suffix.lower()
    if ending not in PICTURE_ENDINGS:
        problem = Problem("plot", "a name that ends in .svg or .png", ending or "no ending")
        raise InputError(str(path), [problem])
    require_writable(Path(path))
    return cast("Literal['svg', 'png']", ending[1:])


def plot_served(comparison: ServedComparison, path: str | Path, *, language: Language = "en") -> None:
    """Draw the distribution of latencies of `validate_serving`, measured and simulated, one panel a stream.

    `language` is "en" or "zh", which needs a font of the system. Raises `InputError` for another ending than
    .svg and .png and where nothing was answered, and `OutputError` where the file cannot be written.

    >>> plot_served(validate_serving("one-worker.yaml"), "served.svg")  # doctest: +SKIP
    """
    from planner.plan.serving.record import sides_of
    from planner.report.plots.served import plot_served as plot
    from planner.wording.message import Wording

    kind = picture_kind(path)
    sides = sides_of(comparison)
    streams = [
        (stream.name, {name: side.streams[number].curve_s for name, side in sides.items()})
        for number, stream in enumerate(comparison.served.streams)
    ]
    write_bytes(Path(path), plot(streams, kind, Wording(language)))


def plot_estimate(estimate: Estimate, path: str | Path, *, language: Language = "en") -> None:
    """Draw the kernels under the roofs of their unit, and where the time goes.

    `language` is "en" or "zh", which needs a font of the system. Raises `InputError` for another ending than
    .svg and .png and where nothing fits, and `OutputError` where the file cannot be written.

    >>> from planner.api.networks import estimate
    >>> plot_estimate(estimate("zoo:resnet18", "t4"), "t4.svg")
    """
    from planner.plan.record.latency import roofline_record
    from planner.plan.study.latency_tables import roofline_of
    from planner.report.plots.estimate import plot_estimate as plot
    from planner.wording.message import Wording

    kind = picture_kind(path)
    if not estimate.fits:
        raise InputError(
            estimate.model, [Problem("plot", "a network that fits the part", "one that does not")]
        )
    record = roofline_record(roofline_of(read_device(estimate.device), estimate))
    write_bytes(Path(path), plot(record, kind, Wording(language)))


def plot_comparison(found: Comparison, path: str | Path, *, max_latency_s: float | None = None) -> None:
    """Draw candidates by latency and power with their bands and the front; raises as `plot_estimate`.

    >>> from planner.api.networks import compare
    >>> plot_comparison(compare("zoo:resnet18", ["jetson-nano-*"]), "front.png")
    """
    from planner.plan.record.options import comparison_record
    from planner.report.plots.comparison import plot_comparison as plot
    from planner.wording.message import Wording

    kind = picture_kind(path)
    write_bytes(Path(path), plot(comparison_record(found), kind, Wording("en"), max_latency_s))


def plot_curve(found: UnitCurve, path: str | Path) -> None:
    """Draw throughput and latency over batch, threads or streams, and the knee; raises as `plot_estimate`.

    >>> from planner.api.alternatives import curve
    >>> plot_curve(curve("zoo:resnet18", "t4", up_to=4), "curve.svg")
    """
    from planner.plan.compare.curve_record import curve_record
    from planner.report.plots.curve import plot_curve as plot
    from planner.wording.message import Wording

    kind = picture_kind(path)
    write_bytes(Path(path), plot(curve_record(found.first, found.curve), kind, Wording("en")))
