"""One point of a sweep, answered: a scenario's values in, a flat row of plain values out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from planner.data_files import own_parts_from
from planner.errors import PlannerError
from planner.plan.density.study import density_curve
from planner.plan.options.estimator import Estimator
from planner.plan.record.density import density_record
from planner.plan.record.options import infeasible_record, option_record
from planner.plan.record.simulated import rack_record
from planner.plan.scenario.beside import with_whole_paths
from planner.plan.scenario.climate import with_climate
from planner.plan.scenario.evidence import EvidenceKey, asked_of, with_coolers
from planner.plan.scenario.file import ScenarioFile, network_at
from planner.plan.sizing.synthetic_run import simulate_synthetic
from planner.plan.study.study import run_study
from planner.plan.sweep.columns import density_columns, option_columns, plain, rack_columns
from planner.schema.reading.yaml_file import Document, validate
from planner.schema.scenario.scenario import Scenario
from planner.zoo.source import read_model

REFUSED = "REFUSED"
"""The verdict of a point whose scenario is valid but asks for what cannot be, with the reason beside it."""


class PointTask(TypedDict):
    """A point as it is sent to a worker, plain enough for JSON."""

    point: str
    """Digest of all that the answer depends on; see `planner.plan.sweep.tasks`."""
    file: str
    folder: str
    values: object
    """The whole scenario, as its file would hold it."""
    hardware: list[str]
    """Folders of own parts."""


def answer_point(task: PointTask) -> dict[str, object]:
    """The answer's columns of one point.

    The question is the one that the scenario asks: its density where it has that section, else its rack
    simulated - the one given, or the best that fits. What a scenario asks in vain is a row with its reason.
    """
    with own_parts_from(tuple(Path(folder) for folder in task["hardware"])):
        try:
            row = _answered(source_of(task))
        except PlannerError as error:
            row = {"verdict": REFUSED, "reasons": str(error)}
    return {name: plain(value) for name, value in row.items()}


def source_of(task: PointTask) -> ScenarioFile:
    """The scenario of a point; `InputError` with every problem of its values."""
    folder = Path(task["folder"])
    document = with_climate(Document(task["file"], task["values"], {}, task["point"]), folder)
    scenario = with_whole_paths(validate(document, Scenario), folder)
    return with_coolers(ScenarioFile(scenario, task["file"], folder, task["point"]))


def _answered(source: ScenarioFile) -> dict[str, object]:
    if source.scenario.density is not None:
        curve = density_curve(source)
        columns = density_columns(density_record(curve))
        return {"verdict": "INFEASIBLE" if curve.limit.devices == 0 else "PASS", "reasons": "", **columns}
    if source.scenario.synthetic is not None:
        run = simulate_synthetic(source)
        columns = rack_columns(rack_record(run.rack, run.result))
        return {"verdict": run.verdict, "reasons": "; ".join(run.reasons), **columns}
    models = source.scenario.models
    study = run_study(source, estimator=estimator_of(source.folder, models, asked_of(source)))
    if study.simulated is None:
        reasons = dict.fromkeys(
            f"{row['device']}: {row['reason']}" for row in infeasible_record(study)["reasons"]
        )
        return {"verdict": study.verdict, "reasons": "; ".join(reasons)}
    run = study.simulated
    return {
        "verdict": run.verdict,
        "reasons": "; ".join(run.reasons),
        **option_columns(option_record(run.option)),
        **rack_columns(rack_record(run.rack, run.result)),
    }


@lru_cache(maxsize=8)
def estimator_of(folder: Path, models: tuple[str, ...], asked: EvidenceKey) -> Estimator:
    """One estimator for all points with the same networks and measurements.

    Each network is counted and fused once a worker.
    """
    workloads = {model: read_model(network_at(folder, model), batch=1) for model in models}
    return Estimator(workloads, asked.read())
