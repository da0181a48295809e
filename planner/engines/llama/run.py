"""Prompts and steps of a GGUF file, or of random weights, on this machine, with its processors free."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.distribution import install_command
from planner.engines.llama.free_processors import WAIT_S, free_for
from planner.engines.llama.random_gguf import RandomModel, write_gguf
from planner.engines.llama.timed_pass import TimedPass
from planner.engines.own_process import answer_of
from planner.engines.session import EngineError
from planner.hardware.processor import cpu_name
from planner.process.temporary import temporary_folder

NAME = "llama.cpp"
_PACKAGES = ("cyllama", "gguf")
_ROOM = 1.05


@dataclass(frozen=True, slots=True)
class LlamaRun:
    """What was found for one file; `reason` says why there are no passes."""

    model: str
    engine_version: str
    cpu: str
    weights: str
    weight_bytes: int
    passes: tuple[TimedPass, ...] = ()
    load_s: float | None = None
    reference_s: float | None = None
    copy_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Passes:
    """What to time, each for about so many seconds; the whole is stopped after a limit."""

    threads: Sequence[int]
    contexts: Sequence[int]
    prompts: Sequence[int]
    seconds: float = 0.3
    limit_s: float = 120.0


def require_llama() -> None:
    """Refuse where the packages are missing, with what to install."""
    for package in _PACKAGES:
        if importlib.util.find_spec(package) is None:
            install = install_command("llama")
            raise EngineError(f"{NAME} needs the package {package}, which is not installed; run: {install}")


def llama_version() -> str:
    """The version of the package, which holds llama.cpp."""
    return importlib.metadata.version(_PACKAGES[0])


def run_file(
    path: Path,
    wanted: Passes,
    *,
    name: str,
    weights: str,
    weight_bytes: int,
    progress: Callable[[str], None] = lambda _: None,
    wait_s: float | None = WAIT_S,
) -> LlamaRun:
    """Time the passes of a file; `EngineError` where the processors do not become free in time.

    Without a time to wait nobody looks whether they are: the share that its threads had tells afterwards.

    A file that llama.cpp refuses, that crashes it or that takes too long is answered with its reason.
    """
    if wait_s is not None:
        free_for(max(wanted.threads), wait_s, progress)
    job = {
        "model": str(path),
        "threads": list(wanted.threads),
        "contexts": list(wanted.contexts),
        "prompts": list(wanted.prompts),
        "seconds": wanted.seconds,
    }
    # Threads of numpy would be taken for others'.
    quiet = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with temporary_folder("llama") as folder:
        answer = answer_of("planner.engines.llama.worker", job, quiet, wanted.limit_s, folder)
    return LlamaRun(
        name, llama_version(), cpu_name(), weights, weight_bytes, passes_of(answer.get("passes")),
        _number(answer.get("load_s")), _number(answer.get("reference_s")), _number(answer.get("copy_s")),
        str(answer["reason"]) if "reason" in answer else None,
    )  # fmt: skip


def run_random(
    model: RandomModel, wanted: Passes, *, progress: Callable[[str], None] = lambda _: None,
    wait_s: float = WAIT_S,
) -> LlamaRun:  # fmt: skip
    """The same of a file with random weights, which is removed again."""
    with written(model) as path:
        return run_file(
            path, wanted, name=model.decoder.name, weights=model.format, weight_bytes=model.weight_bytes,
            progress=progress, wait_s=wait_s,
        )  # fmt: skip


@contextmanager
def written(model: RandomModel) -> Iterator[Path]:
    """The file of random weights, in memory where it has room there."""
    needed = _ROOM * model.weight_bytes
    with temporary_folder("gguf", in_memory=True) as fast, temporary_folder("gguf") as slow:
        places = [folder for folder in (fast, slow) if shutil.disk_usage(folder).free > 2 * needed]
        if not places:
            raise EngineError(
                f"{model.decoder.name}: expected room for {needed / 1e9:.3g} GB twice in {slow.parent}, got "
                "less; ask for fewer bits or a smaller model, or set TMPDIR"
            )
        path = places[0] / "random.gguf"
        write_gguf(model, path)
        yield path


def passes_of(entries: object) -> tuple[TimedPass, ...]:
    """Passes that came as JSON."""
    return tuple(_pass(entry) for entry in entries) if isinstance(entries, list) else ()


def _pass(entry: Mapping[str, Any]) -> TimedPass:
    return TimedPass(**entry)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
