"""The Python calls that mirror the commands; names and ids in, plain values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from planner.hardware import catalog
from planner.latency import estimate as latency
from planner.latency.choice import anchors_for, calibration_for
from planner.latency.overheads.around import with_overheads
from planner.latency.point import point_for
from planner.latency.result import Estimate
from planner.latency.units.split import Sent, Split, Wire, split_between
from planner.latency.variants.variants import Asked, Variant, variants
from planner.plan.compare import candidate as candidates
from planner.plan.compare import compare as comparison
from planner.plan.cost import study as costs
from planner.plan.pitfalls import lint as pitfalls
from planner.plan.record.study import study_record
from planner.plan.scenario import file as scenarios
from planner.plan.scenario.file import ScenarioFile
from planner.plan.sizing import sized as sizing
from planner.plan.study import study as studies
from planner.plan.sweep import run as sweeps
from planner.rack.counts.results import RackResult
from planner.schema.hardware.device import Device, Precision
from planner.schema.reading.quantity import Money
from planner.workload.workload import Workload
from planner.zoo.source import read_model


def read_onnx(
    path: str | Path, *, batch: int | None = None, shapes: Mapping[str, tuple[int, ...]] | None = None
) -> Workload:
    """A network counted: an ONNX file or `zoo:NAME`, at a batch size and with input shapes set by name."""
    return read_model(path, batch=batch, shapes=shapes)


def read_device(device: str | Path) -> Device:
    """A part of the database by id, or from a YAML file of one's own."""
    if isinstance(device, Path) or device.endswith((".yaml", ".yml")):
        return catalog.read_device_file(Path(device))
    return catalog.read_device(device)


def read_scenario(path: str | Path) -> ScenarioFile:
    """A scenario file, validated."""
    return scenarios.read_scenario(Path(path))


def estimate(
    workload: Workload | str | Path,
    device: Device | str,
    *,
    unit: str | None = None,
    mode: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    engine: str | None = None,
    threads: int | None = None,
    calibration: str | Path | None = None,
    anchor: str | Path | Sequence[str | Path] = (),
) -> Estimate:
    """Predict a network (counted, a file or `zoo:NAME`) on a part; see `planner.latency.estimate.estimate`.

    `calibration` may be None (the one kept for this machine, or a model fitted on published measurements,
    where there is one), the path of a calibration, or "none" (the roofline of the datasheet alone).
    `anchor` names files of measurements on this part or of this network that the model blends with, or is
    "published" for those of the database.
    """
    part = read_device(device) if isinstance(device, str) else device
    network = workload if isinstance(workload, Workload) else read_model(workload)
    asked = None if calibration is None else str(calibration)
    chosen, notes = calibration_for(asked, part.id, engine, threads, precision)
    files = [anchor] if isinstance(anchor, str | Path) else anchor
    anchors, published = anchors_for([str(file) for file in files])
    found = latency.estimate(
        network,
        part,
        unit=unit,
        mode=mode,
        precision=precision,
        batch=batch,
        engine=engine,
        threads=threads,
        transfer=calibration is None,
        calibration=chosen,
        anchors=anchors,
        published=published,
    )
    told = replace(found, warnings=(*found.warnings, *notes))
    return with_overheads(told, network, part, threads)


def what_if(
    workload: Workload | str | Path,
    device: Device | str,
    *,
    unit: str | None = None,
    mode: str | None = None,
    engine: str | None = None,
    threads: int | None = None,
    channels: float = 0.3,
) -> tuple[Variant, ...]:
    """A network in other precisions and compressions on one unit; see `planner.latency.variants.variants`."""
    part = read_device(device) if isinstance(device, str) else device
    network = workload if isinstance(workload, Workload) else read_model(workload)
    return variants(network, Asked(part, unit, mode, network.batch, engine, threads), channels)


def split(
    workload: Workload | str | Path,
    device: Device | str,
    server: Device | str,
    *,
    up_bytes_per_s: float,
    round_trip_s: float,
    down_bytes_per_s: float | None = None,
    input_bytes: int | None = None,
    answer_bytes: int | None = None,
    precision: str | None = None,
    server_precision: str | None = None,
) -> Split:
    """Every cut of a network between a device and a server over a link; see `planner.latency.units.split`."""
    network = workload if isinstance(workload, Workload) else read_model(workload)
    here, there = (
        point_for(read_device(part) if isinstance(part, str) else part, precision=asked)
        for part, asked in ((device, precision), (server, server_precision))
    )
    wire = Wire(up_bytes_per_s, down_bytes_per_s or up_bytes_per_s, round_trip_s)
    return split_between(network, here, there, wire, Sent(input_bytes, answer_bytes))[0]


def compare(
    workload: Workload,
    devices: Iterable[str],
    *,
    modes: str | Sequence[str] = "default",
    precisions: Sequence[str] = (),
    batches: Sequence[int] = (1,),
    max_latency_s: float | None = None,
    max_power_w: float | None = None,
    budget: Money | None = None,
    rates: Mapping[str, float] | None = None,
) -> candidates.Comparison:
    """Rank a network on every part whose id matches one of the globs, against limits.

    `rates` has the price of one unit of another currency in that of the budget, as in ``{"CNY": 0.14}``.
    """
    parts = [catalog.read_device(device_id) for device_id in catalog.match_devices(list(devices))]
    return comparison.compare(
        workload,
        parts,
        modes=modes,
        precisions=[Precision(name) for name in precisions] or [None],
        batches=batches,
        limits=candidates.Limits(max_latency_s, max_power_w, budget, rates or {}),
    )


def size(scenario: str | Path | ScenarioFile, *, most_parts: int = sizing.MOST_PARTS) -> sizing.Sizing:
    """How many of which part a scenario takes, part by part, each simulated; see
    `planner.plan.sizing.sized`."""
    return sizing.size_scenario(_scenario_file(scenario), most_parts=most_parts)


def simulate(scenario: str | Path | ScenarioFile) -> RackResult | None:
    """Simulate a scenario's rack: the one it gives, or the best that fits; None when nothing is feasible."""
    simulated = studies.run_study(_scenario_file(scenario)).simulated
    return simulated.result if simulated else None


def cost(
    scenario: str | Path | ScenarioFile,
    *,
    device: str | None = None,
    draws: int = costs.DRAWS,
    seed: int | None = None,
) -> costs.CostStudy:
    """What a scenario costs: each part's bill, the tornado of the cheapest, Monte Carlo over all inputs."""
    return costs.cost_study(_scenario_file(scenario), device=device, draws=draws, seed=seed)


def sweep(
    scenario: str | Path | ScenarioFile,
    settings: Mapping[str, object],
    folder: str | Path,
    *,
    random: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    scheduler: str | None = None,
) -> sweeps.Sweep:
    """A scenario answered at every combination of values of its keys, or at `random` points drawn over them.

    `settings` are lists of values by key, as the scenario's file would hold them, or a text with a range such
    as `"5..20 FPS"`. Finished points are kept in `folder`; the same call goes on where an earlier one ended.
    A scenario that was read already is read again from its file.
    """
    path = scenario.folder / scenario.file if isinstance(scenario, ScenarioFile) else Path(scenario)
    return sweeps.run_sweep(
        path, settings, Path(folder), draws=random, seed=seed, workers=workers, scheduler=scheduler
    )


def lint(scenario: str | Path | ScenarioFile) -> tuple[pitfalls.Pitfall, ...]:
    """Which well-known mistakes the plan of a scenario walks into; see `planner.plan.pitfalls.lint`."""
    return pitfalls.lint_scenario(_scenario_file(scenario))


def write_report(
    scenario: str | Path | ScenarioFile,
    path: str | Path,
    *,
    progress: Callable[[str], None] | None = None,
) -> studies.Study:
    """Answer a scenario whole, write the PDF and return the study."""
    from planner.report.pdf import write_pdf

    study = studies.run_study(_scenario_file(scenario), progress=progress or (lambda _: None))
    write_pdf(study_record(study), Path(path))
    return study


def _scenario_file(scenario: str | Path | ScenarioFile) -> ScenarioFile:
    return scenario if isinstance(scenario, ScenarioFile) else scenarios.read_scenario(Path(scenario))
