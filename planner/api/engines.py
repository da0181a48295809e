"""Engines on this machine: measured, learnt, judged; and profiles that tools wrote elsewhere.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.calibration.beside import MeasuredNow
    from planner.calibration.later.record import LaterScores
    from planner.calibration.serving.compare import ServedComparison
    from planner.calibration.validate import CalibrationAccuracy
    from planner.engines.imports.profile import EngineProfile
    from planner.engines.measure import EngineRun
    from planner.latency.calibrated.calibration import Calibration
    from planner.latency.result import Estimate
    from planner.plan.field.score import FieldScore
    from planner.plan.options.fitted_cooler import HeatFit
    from planner.plan.scenario.file import ScenarioFile
    from planner.schema.hardware.serving import MeasuredServing
    from planner.schema.record.commands.validate import ServeRecord
    from planner.workload.asked import Asked

PROFILE_TOOLS = ("trtexec", "onnxruntime", "openvino", "msprof", "tegrastats")
"""Tools whose profiles `import_profile` reads."""
SEVERAL_FILES = ("trtexec", "openvino")
"""Those that write several files for one measurement."""
HEAT_LOG_TOOLS = ("tegrastats", "csv")
"""Tools whose logs `import_heat` reads."""


def measure(
    model: str | Path,
    engine: str,
    *,
    threads: int = 1,
    precision: str = "fp32",
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    asked: Asked | None = None,
    time_s: float = 2.0,
    limit_s: float = 120.0,
) -> EngineRun:
    """Run a network (a file or `zoo:NAME`) on an engine of this machine, in a process of its own.

    Samples for `time_s` seconds and stops after `limit_s`. Gives median and percentiles (s), first-run cost
    (s), memory (bytes) and a verdict on the noise; a network that cannot be run has no timing and says why.
    Raises `UnknownIdError` for an engine that is not installed.

    >>> measure("zoo:mobilenet_v2_1.0", "onnxruntime").timing.median_s  # doctest: +SKIP
    0.0101
    """
    from planner.engines import measure as runs
    from planner.zoo.source import read_model

    workload = read_model(model, batch=batch, shapes=shapes, asked=asked)
    file = None if str(model).startswith("zoo:") else Path(model)
    return runs.measure(
        workload,
        engine,
        file=file,
        threads=threads,
        precision=precision,
        seconds=time_s,
        limit_s=limit_s,
    )


def measure_beside(
    predicted: Estimate,
    model: str | Path,
    *,
    threads: int | None = None,
    calibration: str | None = None,
    asked: Asked | None = None,
    time_s: float = 2.0,
    limit_s: float = 120.0,
) -> MeasuredNow:
    """Run the network of an estimate of this machine here and now, and compare.

    `threads` and `calibration` are those that the estimate was asked with. Gives the median (s), the
    relative error of the prediction, whether the measurement lies in its band, and how much a reference
    kernel has moved since the calibration. Raises `InputError` for an estimate of another part, and
    `EngineError` for an engine that is missing or refuses the network.

    >>> found = estimate("zoo:resnet18", "this-machine")  # doctest: +SKIP
    >>> measure_beside(found, "zoo:resnet18").inside_band  # doctest: +SKIP
    True
    """
    from planner.calibration.beside import measured_now
    from planner.latency.choice import calibration_for
    from planner.zoo.source import read_model

    workload = read_model(model, asked=asked)
    file = None if str(model).startswith("zoo:") else Path(model)
    chosen, _ = calibration_for(
        calibration, predicted.device, predicted.engine, threads, str(predicted.precision)
    )
    return measured_now(workload, file, predicted, threads, chosen, seconds=time_s, limit_s=limit_s)


def calibrate(
    engine: str,
    path: str | Path,
    *,
    threads: int = 1,
    precision: str = "fp32",
    budget_s: float = 300.0,
    progress: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Run random small networks on an engine of this machine and fit what its kernels take.

    Takes `budget_s` seconds. Writes the calibration to `path` (YAML) and a table of measured kernels beside
    it (CSV); `register_calibration` keeps it for estimates of "this-machine". A call that was stopped goes on
    where it was. Raises `OutputError` for a path that cannot be written and `EngineError` for an engine that
    is missing or a machine too noisy to measure on.

    >>> calibrate("onnxruntime", "ort.yaml").conditions.probes  # doctest: +SKIP
    214
    """
    from planner.calibration import calibrate as probing
    from planner.errors import OutputError
    from planner.files import require_writable
    from planner.latency.calibrated.file import write_calibration

    path = Path(path)
    require_writable(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise OutputError(f"{path}: expected a name that ends in .yaml, got {path.suffix or 'no ending'!r}")
    journal = path.with_name(f".{path.name}.journal")
    found = probing.calibrate(probing.Request(engine, threads, precision, budget_s, journal), progress)
    write_calibration(found, path)
    journal.unlink(missing_ok=True)
    return found


def validate_serving(
    scenario: str | Path | ScenarioFile,
    engine: str = "onnxruntime",
    *,
    precision: str | None = None,
    duration_s: float | None = None,
    seed: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> ServedComparison:
    """Serve a scenario's requests on this machine, a core for each unit, and simulate the same requests.

    `engine` runs the networks that the streams name; `precision` is the first of the candidates' unless
    given, `duration_s` the scenario's. Nothing of a part or of heat is in it. Times are in seconds. Raises
    `InputError` for a scenario with steps, chains, events or policies, `EngineError` for a network that the
    engine refuses.

    >>> validate_serving("one-worker.yaml", duration_s=30).serving_factor  # doctest: +SKIP
    1.18
    """
    from planner.api.scenarios import scenario_file
    from planner.calibration.serving.loaded import ServingEngine
    from planner.plan.serving.serve import serve_scenario

    source = scenario_file(scenario)
    given = ServingEngine(engine, 1, precision or source.scenario.candidates.precisions[0])
    return serve_scenario(source, given, duration_s=duration_s, seed=seed, progress=progress)


def serving_record(
    scenario: str, comparison: ServedComparison, engine: str = "onnxruntime", precision: str = "fp32"
) -> ServeRecord:
    """What `validate_serving` has found, as JSON.

    >>> serving_record("one-worker", validate_serving("one-worker.yaml"))["serving_factor"]  # doctest: +SKIP
    1.18
    """
    from planner.calibration.serving.loaded import ServingEngine
    from planner.plan.serving.record import serve_record as record

    return record(scenario, ServingEngine(engine, 1, precision), comparison)


def calibrate_serving(
    engine: str = "onnxruntime",
    *,
    precision: str = "fp32",
    time_s: float = 60.0,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[MeasuredServing, Path]:
    """Measure how service in a server differs from a benchmark loop on this machine, and keep it.

    Serves networks of the zoo at a use of about a half for `time_s` seconds in all. Scenarios with
    `variation: measured` take what is kept; the file is the second value. Raises `EngineError` for an engine
    that is missing.

    >>> calibrate_serving()[0].variation.serving_factor  # doctest: +SKIP
    1.18
    """
    from planner.plan.serving.calibrate import calibrate_serving as measure_serving

    return measure_serving(engine, precision, time_s, progress)


def register_calibration(calibration: Calibration) -> tuple[Path, ...]:
    """Keep a calibration where estimates of "this-machine" find it, with this machine as a part; the files.

    Measures the machine's ceilings for about two seconds.

    >>> register_calibration(calibrate("onnxruntime", "ort.yaml"))  # doctest: +SKIP
    """
    from planner.calibration import machine

    return machine.register_calibration(calibration)


def validate(
    models: Iterable[str | Path],
    engine: str,
    *,
    calibration: str | Path | None = None,
    threads: int = 1,
    precision: str = "fp32",
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    asked: Asked | None = None,
    time_s: float = 1.5,
    limit_s: float = 180.0,
    progress: Callable[[str], None] = lambda _: None,
) -> CalibrationAccuracy:
    """Measure networks on this machine and put the calibrated prediction, and the roofline's, beside them.

    `calibration` is a file, or None for the one kept for this setting. Each network is sampled for `time_s`
    seconds and stopped after `limit_s`. Raises `InputError` where there is no calibration of this engine,
    precision and number of threads.

    >>> validate(["zoo:resnet18"], "onnxruntime").rows[0].error  # doctest: +SKIP
    0.03
    """
    from planner.calibration import validate as judging
    from planner.engines.measure import require_engine
    from planner.latency.calibrated.store import for_validation, roofline_point
    from planner.zoo.source import read_model

    require_engine(engine)
    chosen = for_validation(None if calibration is None else Path(calibration), engine, threads, precision)
    networks = [
        (
            read_model(model, batch=batch, shapes=shapes, asked=asked),
            None if str(model).startswith("zoo:") else Path(model),
        )
        for model in models
    ]
    return judging.validate(
        networks, chosen, roofline_point(chosen), seconds=time_s, limit_s=limit_s, progress=progress
    )


def validate_plan(
    scenario: str | Path | ScenarioFile,
    logs: Iterable[str | Path],
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> FieldScore:
    """A plan that runs in the field beside its logs: latency (s), power (W), temperature (degC).

    A log of requests is a CSV with `stream` and `latency_s` or `latency_ms`, empty where one was dropped; one
    of a device is of tegrastats, or a CSV with `power`, `temperature` and `ambient`. Raises `InputError` for
    logs that are neither, and where the scenario has no rack.

    >>> validate_plan("line-inspection", ["requests.csv"]).agreeing  # doctest: +SKIP
    2
    """
    from planner.api.scenarios import scenario_file
    from planner.plan.field.score import score_plan
    from planner.plan.scenario.file import lines_named

    source = scenario_file(scenario)
    with lines_named(source):
        return score_plan(source, [Path(log) for log in logs], progress=progress)


def import_profile(
    tool: str,
    files: Iterable[str | Path],
    *,
    model: str | Path | None = None,
    asked: Asked | None = None,
) -> EngineProfile:
    """Read what a tool wrote: latency and layers (s), power (W), temperatures (degC).

    `tool` is one of `PROFILE_TOOLS`; those of `SEVERAL_FILES` take several files, the others one. With
    `model`, read as `asked` says, layers are mapped to its nodes where their names allow. Raises
    `UnknownIdError` for another tool and `InputError` for files that are not its own, or too many.

    >>> import_profile("trtexec", ["times.json", "profile.json"]).latency_s.median  # doctest: +SKIP
    0.0021
    """
    import importlib

    from planner.engines.imports.node_names import with_operators
    from planner.engines.imports.recognised import other_tool
    from planner.errors import InputError, Problem, UnknownIdError
    from planner.zoo.source import read_model

    if tool not in PROFILE_TOOLS:
        raise UnknownIdError("tool", tool, PROFILE_TOOLS)
    paths = [Path(file) for file in files]
    if tool not in SEVERAL_FILES and len(paths) != 1:
        problem = Problem("files", f"one file of {tool}", str(len(paths)), "import them one by one")
        raise InputError("import", [problem])
    reader = importlib.import_module(f"planner.engines.imports.{tool}")
    try:
        profile: EngineProfile = reader.read(paths)
    except InputError as error:
        known = next((found for path in paths if (found := other_tool(path, tool)) is not None), None)
        if known is None:
            raise
        problem = Problem("file", f"a profile of {tool}", *known)
        raise InputError(error.source, [problem]) from error
    return profile if model is None else with_operators(profile, read_model(model, asked=asked))


def import_heat(
    tool: str, file: str | Path, *, ambient_c: float | None = None, interval_s: float | None = None
) -> HeatFit:
    """Fit a cooler to a log of power and temperature over time, as tegrastats or a CSV file has them.

    `ambient_c` is the air's temperature, for a log without it; `interval_s` is that between samples, for one
    without times. The result has the resistance, two heat stores, the fan where the log has its speed,
    leakage where it has the load, each with an interval of 90 %, and `scenario_text`, the cooler that a
    scenario can state. Raises `UnknownIdError` for another tool, `InputError` for a log that does not do.

    >>> import_heat("csv", "soak.csv", ambient_c=24.0).cooler.resistance_k_per_w.value  # doctest: +SKIP
    2.31
    """
    from planner.engines.imports.heat_log import read_heat_log
    from planner.errors import InputError, Problem, UnknownIdError
    from planner.plan.options.fitted_cooler import heat_fit

    if tool not in HEAT_LOG_TOOLS:
        raise UnknownIdError("tool", tool, HEAT_LOG_TOOLS)
    log = read_heat_log(tool, Path(file), interval_s)
    if ambient_c is None and not log.ambient_c:
        advice = "--ambient 24degC, or a column `ambient` of a CSV file"
        raise InputError(str(file), [Problem("ambient", "the temperature of the air", "none", advice)])
    return heat_fit(tool, log, ambient_c)


def validate_published(
    tables: Sequence[str | Path] = (), *, networks: str | Path | None = None, published: bool = False
) -> LaterScores:
    """Published rows that no fit has seen, each predicted as the product is now, in the mode of publishers.

    `tables` are CSVs of the form of the shipped ones (`hardware_db/later`), which are taken where none is
    given; `networks` is a folder with ONNX files of the networks that the zoo lacks. `published` lets
    measurements of the same kind move the estimates. Raises `InputError` with every problem of a table.

    >>> validate_published().now[0].score.median  # doctest: +SKIP
    1.4
    """
    from planner.calibration.later.groups import group_scores
    from planner.calibration.later.kept import KeptScore, kept_scores
    from planner.calibration.later.record import LaterScores
    from planner.calibration.later.rows import later_files, read_later, timed
    from planner.calibration.later.score import scored
    from planner.latency.anchoring.possible import refuse_impossible

    files = [Path(table) for table in tables] or list(later_files())
    rows = [row for file in files for row in read_later(file)]
    for table in tables:
        refuse_impossible(str(table), map(timed, read_later(Path(table))))
    folder = None if networks is None else Path(networks)
    found, refused = scored(rows, "likely", networks=folder, published=published)
    came = files[0].stem.removeprefix("rows-") if len(files) == 1 else "all"
    now = tuple(KeptScore(came, "", "now", "likely", item.group, item.score) for item in group_scores(found))
    return LaterScores(() if tables else kept_scores(), now, found, refused)
