"""Calibrations of this machine: where they are kept, which one fits a question, and whether it is stale."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from planner.data_files import config_dir
from planner.errors import InputError, PlannerError, Problem
from planner.hardware.catalog import device_ids, read_device
from planner.hardware.operating_point import OperatingPoint
from planner.hardware.processor import cpu_name, this_processor
from planner.latency.calibrated.calibration import Calibration, CalibrationSetting
from planner.latency.calibrated.file import read_calibration
from planner.process.trust import distrusted

THIS_MACHINE = "this-machine"


def folder() -> Path:
    """Where `planner calibrate` keeps what it learnt, for `planner estimate` to find."""
    return config_dir() / "calibrations"


def file_of(setting: CalibrationSetting) -> Path:
    """The path of one setting's calibration."""
    name = f"{setting.device}.{setting.engine}.{setting.precision}.{setting.threads}t.yaml"
    return folder() / name


def stored(engine: str, threads: int, precision: str, device: str = THIS_MACHINE) -> Calibration | None:
    """The calibration kept for this setting; None where there is none."""
    path = file_of(CalibrationSetting(engine, "", "", device, "cpu", threads, precision, ""))
    return _kept(path) if path.exists() else None


def _kept(path: Path) -> Calibration:
    """A calibration that was kept, unless others can write it: its figures would be theirs."""
    for file in (path, path.with_suffix(".csv")):
        if (reason := distrusted(file)) is not None:
            advice = f"look into it, then take it back (chown, chmod go-w) or remove it: {file}"
            problem = Problem("calibration", "a file that nobody else can write", reason, advice)
            raise InputError(str(path), [problem])
    return read_calibration(path)


def of_this_machine(
    engine: str | None, threads: int | None, precision: str | None
) -> tuple[Calibration | None, tuple[str, ...]]:
    """The calibration that an estimate for this machine uses by itself, and what to say of it.

    Without a number of threads it is the one with the most. Raises `InputError` for one of another processor:
    its figures say nothing about this one.
    """
    found = [
        path
        for path in sorted(folder().glob(f"{THIS_MACHINE}.{engine or '*'}.{precision or '*'}.*t.yaml"))
        if threads is None or path.stem.endswith(f".{threads}t")
    ]
    if not found:
        return None, ()
    best = max(found, key=_float_with_most_threads)
    calibration = _kept(best)
    changed = staleness(calibration, cpu_name())
    if calibration.setting.cpu != cpu_name():
        problem = Problem(
            "calibration", f"one of {cpu_name()}", calibration.setting.cpu,
            "calibrate again, or ask with --calibration none",
        )  # fmt: skip
        raise InputError(str(best), [problem])
    notes = [f"the calibration is stale: {text}; calibrate again" for text in changed]
    if threads is None:
        count = calibration.setting.threads
        notes.append(f"for {count} thread{'s' if count > 1 else ''}, as calibrated")
    return calibration, tuple(notes)


def _float_with_most_threads(path: Path) -> tuple[bool, int]:
    *_, precision, threads = path.stem.split(".")
    return precision == "fp32", int(threads.removesuffix("t"))


def settings() -> tuple[str, ...]:
    """The settings that calibrations are kept for, as text."""
    return tuple(path.stem for path in sorted(folder().glob("*.yaml")))


def for_validation(path: Path | None, engine: str, threads: int, precision: str) -> Calibration:
    """The calibration to validate: from a file, or the one kept for this setting."""
    calibration = read_calibration(path) if path else stored(engine, threads, precision)
    if calibration is None:
        have = ", ".join(settings()) or "none"
        problem = Problem(
            "--calibration",
            f"a calibration of {engine} in {precision} with {threads} threads",
            have,
            "make one with `planner calibrate`, or name its file",
        )
        raise InputError("validate", [problem])
    own = calibration.setting
    problems = [
        Problem(name, str(mine), str(asked), "give the value that was calibrated, or calibrate for this one")
        for name, mine, asked in (
            ("--engine", own.engine, engine),
            ("--threads", own.threads, threads),
            ("--precision", own.precision, precision),
        )
        if mine != asked
    ]
    if problems:
        raise InputError(str(path or "validate"), problems)
    return calibration


_CHANGED = {
    "cores": "a number of usable cores of",
    "threads_per_core": "a number of threads a core of",
    "kinds": "cores of each kind",
    "quota": "a limit of processors of",
    "extensions": "the extensions",
}


def staleness(calibration: Calibration, cpu: str) -> tuple[str, ...]:
    """What has changed since: another processor, its cores and limits, or the version of the engine."""
    own = calibration.setting
    found = []
    if cpu != own.cpu:
        found.append(f"it was made on {own.cpu}, this is {cpu}")
    elif own.processor is not None:
        for name, then, now in own.processor.differences(this_processor()):
            found.append(f"it was made with {_CHANGED[name]} {then}, now it is {now}")
    try:
        version = importlib.metadata.version(own.engine).split("-")[0]
    except importlib.metadata.PackageNotFoundError:
        return tuple(found)
    if version != own.engine_version:
        found.append(f"it was made with {own.engine} {own.engine_version}, installed is {version}")
    return tuple(found)


def roofline_point(calibration: Calibration) -> OperatingPoint | None:
    """The datasheet roofline's view of the calibrated machine; None where it is not in the catalogue."""
    from planner.latency.point import point_for

    own = calibration.setting
    if own.device not in device_ids():
        return None
    try:
        return point_for(
            read_device(own.device),
            unit=own.unit,
            precision=own.precision,
            engine=own.engine,
            threads=own.threads,
        )
    except PlannerError:
        return None
