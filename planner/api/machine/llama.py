"""llama.cpp on this machine: measured, learnt, judged; and rates of tokens that tools wrote elsewhere.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.calibration.llama.validate import LlamaAccuracy
    from planner.engines.llama.run import LlamaRun
    from planner.language.calibrated.calibration import LlamaCalibration

LLAMA_ENGINE = "llama.cpp"
"""Name of the engine in `--engine`."""


def measure_llama(
    model: str | Path,
    *,
    weights: str | None = None,
    threads: Sequence[int] = (1,),
    prompt_tokens: Sequence[int] = (128,),
    context_tokens: Sequence[int] = (128,),
    time_s: float = 0.5,
    limit_s: float = 120.0,
    progress: Callable[[str], None] = lambda _: None,
) -> LlamaRun:
    """Time prompts and single steps of a language model with llama.cpp, in a process of its own.

    A GGUF file is run as it is; of a `config.json` or `zoo:NAME` a file with random weights is written, in
    the format `weights` (q4_k_m). Each pass is repeated for `time_s` seconds, the whole stopped after
    `limit_s`. A model that cannot be run has no passes and says why. Raises `EngineError` where the package
    is missing or other programs use the processors, `InputError` for what is no model and lengths beyond its
    context.

    >>> measure_llama("zoo:smollm2-135m").passes[0].tokens_per_s  # doctest: +SKIP
    61.3
    """
    from planner.calibration.llama.subject import run_subject, subject_of
    from planner.engines.llama.run import Passes, require_llama

    require_llama()
    wanted = Passes(threads, context_tokens, prompt_tokens, time_s, limit_s)
    return run_subject(subject_of(model, weights), wanted, progress)


def calibrate_llama(
    path: str | Path,
    *,
    threads: Sequence[int] = (),
    budget_s: float = 300.0,
    progress: Callable[[str], None] = lambda _: None,
) -> LlamaCalibration:
    """Run 63 small models with random weights and fit what llama.cpp takes; written to `path` (YAML).

    `threads` are one and all processors unless given. A call that was stopped, or whose `budget_s` was over,
    goes on where it was. `register_llama` keeps it for answers of "this-machine". Raises `OutputError` for a
    path that cannot be written and `EngineError` where the package is missing, the machine busy or noisy, or
    the budget over before the last model.

    >>> calibrate_llama("llama.yaml").probes  # doctest: +SKIP
    63
    """
    from planner.calibration.llama.calibrate import calibrate_llama as probing
    from planner.errors import OutputError
    from planner.files import require_writable
    from planner.language.calibrated.calibration import write_llama_calibration

    path = Path(path)
    require_writable(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise OutputError(f"{path}: expected a name that ends in .yaml, got {path.suffix or 'no ending'!r}")
    journal = path.with_name(f".{path.name}.journal")
    found = probing(journal, threads=threads, budget_s=budget_s, progress=progress)
    write_llama_calibration(found, path)
    journal.unlink(missing_ok=True)
    return found


def register_llama(calibration: LlamaCalibration) -> tuple[Path, ...]:
    """Keep a calibration where `serve` finds it for "this-machine", with this machine as a part; the files.

    >>> register_llama(calibrate_llama("llama.yaml"))  # doctest: +SKIP
    """
    from planner.calibration.machine import register, this_machine
    from planner.language.calibrated.calibration import kept_file, write_llama_calibration
    from planner.latency.calibrated.store import THIS_MACHINE

    path = kept_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_llama_calibration(calibration, path)
    return (path, register(this_machine(), THIS_MACHINE, calibration.date))


def validate_llama(
    models: Iterable[str | Path] = (),
    *,
    calibration: str | Path | None = None,
    weights: str | None = None,
    threads: Sequence[int] = (),
    prompt_tokens: Sequence[int] = (128,),
    context_tokens: Sequence[int] = (128,),
    journal: str | Path | None = None,
    time_s: float = 0.5,
    limit_s: float = 180.0,
    budget_s: float = 300.0,
    progress: Callable[[str], None] = lambda _: None,
) -> LlamaAccuracy:
    """Measure language models with llama.cpp and put the calibrated predictions beside.

    Without models it is those of architectures and formats that no probe has; what was measured of them is in
    the file `journal`, from which a call that was stopped goes on. `calibration` is a file, or None for the
    one that is kept. Raises `InputError` where there is none, and what `measure_llama` raises.

    >>> validate_llama().scores()[0]["mape"]  # doctest: +SKIP
    0.06
    """
    from planner.calibration.llama.subject import subject_of
    from planner.calibration.llama.validate import validate_models, validate_split
    from planner.engines.llama.run import Passes
    from planner.errors import InputError, Problem
    from planner.language.calibrated.calibration import kept_calibration, kept_file, read_llama_calibration

    chosen = kept_calibration()[0] if calibration is None else read_llama_calibration(Path(calibration))
    if chosen is None:
        advice = "make one with `planner calibrate --engine llama.cpp`, or name its file"
        got = f"none in {kept_file().parent}"
        problem = Problem("--calibration", "a calibration of llama.cpp", got, advice)
        raise InputError("validate", [problem])
    counts = tuple(threads) or tuple(item.threads for item in chosen.threads)
    for count in counts:
        chosen.costs(count)
    asked = list(models)
    if not asked:
        kept = kept_file().with_name("validate.journal") if journal is None else Path(journal)
        kept.parent.mkdir(parents=True, exist_ok=True)
        found = validate_split(chosen, kept, budget_s=budget_s, progress=progress)
        kept.unlink(missing_ok=True)
        return found
    subjects = [subject_of(model, weights) for model in asked]
    wanted = Passes(counts, context_tokens, prompt_tokens, time_s, limit_s)
    return validate_models(subjects, chosen, wanted, progress)
