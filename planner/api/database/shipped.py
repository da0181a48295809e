"""What is shipped beside parts: reference networks, engines, scenarios, published measurements.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from planner.hardware.measurements import Measurement
    from planner.plan.scenario.shipped import ShippedScenario
    from planner.schema.hardware.measurements import Correction
    from planner.zoo.reference import ReferenceNetwork


@dataclass(frozen=True, slots=True)
class AppliedCorrection:
    """A known mistake in published rows, and how many rows it touches."""

    correction: Correction
    rows: int


def list_networks() -> tuple[ReferenceNetwork, ...]:
    """The reference networks with the parameters and multiply-accumulates that others published.

    >>> list_networks()[0].parameters > 0
    True
    """
    from planner.zoo.registry import describe, names

    return tuple(describe(name) for name in names())


def export_network(
    name: str, path: str | Path, *, weights: Literal["none", "random"] = "none", seed: int = 0
) -> None:
    """Write a reference network (its name, with or without `zoo:`) as an ONNX file.

    Random weights, from `seed`, can be run by an engine. Raises `UnknownIdError` for an unknown name and
    `OutputError` where the file cannot be written.

    >>> export_network("zoo:squeezenet_v1.1", "squeezenet.onnx")
    """
    from planner.zoo.source import export

    export(name.removeprefix("zoo:"), Path(path), weights=weights, seed=seed)


def engine_ids() -> tuple[str, ...]:
    """Ids of the engines of the database, sorted.

    >>> "tensorrt" in engine_ids()
    True
    """
    from planner.data_files import database_dir

    return tuple(sorted(path.stem for path in (database_dir() / "engines").glob("*.yaml")))


def list_scenarios() -> tuple[ShippedScenario, ...]:
    """The scenarios that are shipped, by name, with what each asks.

    >>> "line-inspection" in [scenario.name for scenario in list_scenarios()]
    True
    """
    from planner.plan.scenario.shipped import shipped_scenarios

    return shipped_scenarios()


def scenario_text(name: str) -> str:
    """The file of a shipped scenario as it is. Raises `UnknownIdError` with the nearest names.

    >>> "id: theory-md1" in scenario_text("theory-md1")
    True
    """
    from planner.plan.scenario.shipped import shipped_scenario

    return shipped_scenario(name).path.read_text(encoding="utf-8")


def copy_scenario(name: str, path: str | Path = ".") -> Path:
    """Copy a shipped scenario to a new file, or into a folder under its own name; where it was written.

    Raises `UnknownIdError` with the nearest names, `OutputError` where a file is there already.

    >>> copy_scenario("line-inspection", "my-line.yaml")
    PosixPath('my-line.yaml')
    """
    from planner.plan.scenario import shipped

    return shipped.copy_scenario(name, Path(path))


def list_measurements(
    *,
    device: str | None = None,
    model: str | None = None,
    engine: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    metric: str | None = None,
    corrected: bool = False,
) -> tuple[Measurement, ...]:
    """Published measurements that match; `value_si` is in seconds, per second, watts or joules.

    Names are shell patterns; those of networks may begin with `zoo:`. `metric` is latency_ms,
    throughput_fps, power_w or energy_mj. With `corrected`, rows that are known to mislead are left out or
    repaired. Raises `UnknownIdError` for a pattern that leaves nothing of what the others chose.

    >>> list_measurements(device="t4", model="zoo:resnet50_v1.5")[0].part
    't4'
    """
    from planner.hardware.measurements import Selection, read_measurements, select

    network = model.removeprefix("zoo:") if model else None
    wanted = Selection(device, network, engine, precision, batch, metric)
    return select(read_measurements(corrected=corrected), wanted)


def list_corrections() -> tuple[AppliedCorrection, ...]:
    """Published rows that are known to mislead: what `corrected=True` does with them, and why.

    >>> list_corrections()[0].rows > 0
    True
    """
    from planner.hardware.measurements import read_corrections, read_measurements, rows_of

    ids = [row.id for row in read_measurements()]
    return tuple(AppliedCorrection(item, len(rows_of(item, ids))) for item in read_corrections())
