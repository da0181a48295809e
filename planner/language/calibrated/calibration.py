"""A calibration of llama.cpp as a value: times with their bands, and the file that keeps it."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from planner.data_files import config_dir
from planner.errors import InputError, Problem
from planner.files import write_bytes
from planner.hardware.processor import cpu_name
from planner.language.calibrated.model import PromptCosts, SmallCosts, StepCosts, TypeCosts
from planner.language.calibrated.work import TokenWork
from planner.latency.band import Band
from planner.process.trust import distrusted
from planner.schema.language.calibrated import (
    LeftOutErrors,
    LlamaCalibrationFile,
    PromptCostsFile,
    SmallCostsFile,
    StepCostsFile,
    TypeCostsFile,
)
from planner.schema.reading.yaml_file import read_model, write_document

PACKAGE = "cyllama"
BEYOND_PROBES = 4.0
"""Models of more than so many times the bytes of the largest probe are beyond what was tried."""
_NAME = "this-machine.llama.cpp.yaml"
_LEAST_DRIFT = 0.01
_NORMAL_90, _SPREAD_90 = 1.645, 3.29
"""Deviations from the middle of a normal variable to its 95 % quantile, and from 5 to 95 %."""


@dataclass(frozen=True, slots=True)
class ThreadCosts:
    """Times of one number of threads, and how far off they were where they had not looked."""

    threads: int
    step: StepCosts
    prompt: PromptCosts
    main_types: tuple[str, ...]
    """Types that most of the weights of some probe had."""
    errors: tuple[LeftOutErrors, ...]

    def knows(self, work: TokenWork) -> bool:
        """Whether probes had blocks of every type of it, and some were mostly of its main type."""
        return work.types <= set(self.step.types.own) and work.main_type in self.main_types

    def ends(self, kind: str, work: TokenWork) -> LeftOutErrors:
        """The errors of its like; of a kind without them those that are widest."""
        own = [item for item in self.errors if item.kind == kind]
        alike = [item for item in own if item.known == self.knows(work)]
        return max(alike or own or self.errors, key=lambda item: item.high / item.low)


@dataclass(frozen=True, slots=True)
class LlamaCalibration:
    """All that was found, and where."""

    engine_version: str
    cpu: str
    date: str
    probes: int
    rejected: int
    reference_s: float
    reference_spread: float
    largest_probe_bytes: float
    level: float
    threads: tuple[ThreadCosts, ...]

    def costs(self, threads: int | None) -> ThreadCosts:
        """Those of a number of threads, of the most unless asked; `InputError` for one not calibrated."""
        if threads is None:
            return max(self.threads, key=lambda item: item.threads)
        for item in self.threads:
            if item.threads == threads:
                return item
        known = ", ".join(str(item.threads) for item in self.threads)
        problem = Problem("--threads", f"a number that was calibrated ({known})", str(threads),
                          "calibrate again with --threads")  # fmt: skip
        raise InputError("calibration of llama.cpp", [problem])

    def step_s(self, work: TokenWork, context: int, threads: int | None = None) -> Band:
        """Time of a step with so many cached tokens."""
        own = self.costs(threads)
        return self._band(own, "step", work, own.step.seconds(work, context))

    def prompt_s(self, work: TokenWork, tokens: int, threads: int | None = None) -> Band:
        """Time of a prompt."""
        own = self.costs(threads)
        return self._band(own, "prompt", work, own.prompt.seconds(work, tokens, own.step))

    def _band(self, own: ThreadCosts, kind: str, work: TokenWork, mid: float) -> Band:
        ends = own.ends(kind, work)
        low, high = (self._with_drift(end) for end in (ends.low, ends.high))
        return Band(mid * low, mid, mid * high, self.level)

    def _with_drift(self, end: float) -> float:
        """An end of the band with the machine's own speed, which moves from run to run.

        Left-out errors are free of it, for all rows are of one run and its reference was divided out.
        Independent deviations add in their squares.
        """
        drift = _NORMAL_90 * max(_LEAST_DRIFT, self.reference_spread / _SPREAD_90)
        size = math.hypot(math.log(end), drift)
        return math.exp(math.copysign(size, math.log(end)))

    def is_beyond_probes(self, work: TokenWork) -> bool:
        """Whether a model is so much larger than any probe that nobody tried its like."""
        return work.step_bytes > BEYOND_PROBES * self.largest_probe_bytes


def kept_file() -> Path:
    """Where the calibration of this machine is kept."""
    return config_dir() / "calibrations" / "language" / _NAME


def kept_calibration() -> tuple[LlamaCalibration | None, tuple[str, ...]]:
    """The one that is kept, and what has changed since; None where there is none.

    Raises `InputError` for one of another processor, and for one that others can write.
    """
    path = kept_file()
    if not path.exists():
        return None, ()
    if (reason := distrusted(path)) is not None:
        advice = f"look into it, then take it back (chown, chmod go-w) or remove it: {path}"
        raise InputError(
            str(path), [Problem("calibration", "a file that nobody else can write", reason, advice)]
        )
    found = read_llama_calibration(path)
    if found.cpu != cpu_name():
        problem = Problem("calibration", f"one of {cpu_name()}", found.cpu, "calibrate again")
        raise InputError(str(path), [problem])
    try:
        installed = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return found, ()
    stale = f"it was made with {PACKAGE} {found.engine_version}, installed is {installed}"
    return found, () if installed == found.engine_version else (stale,)


def read_llama_calibration(path: Path) -> LlamaCalibration:
    """A calibration from its file; `InputError` with every problem of an edited one."""
    return _value(read_model(path, LlamaCalibrationFile))


def write_llama_calibration(calibration: LlamaCalibration, path: Path) -> None:
    """Write the file."""
    values: dict[str, object] = {
        "schema": 1,
        "engine": "llama.cpp",
        "engine_version": calibration.engine_version,
        "cpu": calibration.cpu,
        "date": calibration.date,
        "probes": calibration.probes,
        "rejected": calibration.rejected,
        "reference": f"{1e6 * calibration.reference_s:.6g} us",
        "reference_spread": f"{100 * calibration.reference_spread:.3g} %",
        "largest_probe": f"{calibration.largest_probe_bytes / 1e6:.6g} MB",
        "level": calibration.level,
        "threads": [
            {
                "threads": item.threads,
                "main_types": list(item.main_types),
                "step": _shown(asdict(item.step)),
                "prompt": _shown(asdict(item.prompt)),
                "errors": [error.model_dump(mode="json") for error in item.errors],
            }
            for item in calibration.threads
        ],
    }
    heading = "# What llama.cpp reaches on this machine, by number of threads; times in seconds.\n"
    write_bytes(path, (heading + write_document(values)).encode())


_UNITS = (("_bytes_per_s", 1e-9, "GB/s"), ("_bytes", 1e-6, "MB"), ("_s", 1e9, "ns"))


def _shown(values: Mapping[str, object]) -> dict[str, object]:
    """Numbers with the unit that their names end in, as files have them; others as they are."""
    found: dict[str, object] = {}
    for name, value in values.items():
        unit = next((item for item in _UNITS if name.endswith(item[0])), None)
        if isinstance(value, Mapping):
            found[name] = _shown(value)
        elif unit is None or not isinstance(value, float):
            found[name] = value
        else:
            ending, factor, text = unit
            found[name.removesuffix(ending)] = f"{factor * value:.6g} {text}"
    return found


def _value(file: LlamaCalibrationFile) -> LlamaCalibration:
    return LlamaCalibration(
        file.engine_version, file.cpu, file.date, file.probes, file.rejected, file.reference_s,
        file.reference_spread_ratio, file.largest_probe_bytes, file.level,
        tuple(
            ThreadCosts(
                item.threads,
                _step(item.step),
                _prompt(item.prompt),
                tuple(item.main_types),
                tuple(item.errors),
            )
            for item in file.threads
        ),
    )  # fmt: skip


def _types(file: TypeCostsFile) -> TypeCosts:
    return TypeCosts(
        file.number_s, file.bits_power, file.blocks_of_256, file.floats, file.bits_apart, dict(file.own)
    )


def _small(file: SmallCostsFile) -> SmallCosts:
    return SmallCosts(
        file.pass_s, file.node_s, file.element_s, file.attention_mac_s, file.attention_byte_s,
        file.attention_token_s,
    )  # fmt: skip


def _step(file: StepCostsFile) -> StepCosts:
    return StepCosts(
        _types(file.types), _small(file.small), file.bandwidth_bytes_per_s, file.cache_bytes, file.overlap,
        file.sharpness, file.last_factor, file.repacked_factor, file.unshared_factor,
    )  # fmt: skip


def _prompt(file: PromptCostsFile) -> PromptCosts:
    return PromptCosts(_types(file.types), _small(file.small), file.step_share)
