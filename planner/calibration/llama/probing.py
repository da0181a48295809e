"""Models of the split are written, run and kept in a journal; a run that was stopped goes on where it was."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from planner.calibration.llama.fit import PassObservation
from planner.calibration.llama.split import SizedModel, lengths
from planner.engines.llama.free_processors import WAIT_S
from planner.engines.llama.random_gguf import ARCHITECTURES, RandomModel
from planner.engines.llama.run import (
    NAME,
    Passes,
    llama_version,
    passes_of,
    run_file,
    written,
)
from planner.engines.llama.timed_pass import TimedPass
from planner.engines.session import EngineError
from planner.errors import InputError, OutputError, Problem
from planner.files import write_bytes
from planner.hardware.processor import cpu_name
from planner.language.calibrated.work import TokenWork, work_of_tensors
from planner.language.sizes.decoder import Biases, Decoder
from planner.read_files import read_bounded

SPLIT_VERSION = 1
"""Raised when the models of the numbers change."""
MOST_TRIES = 3
"""Of a model some of whose passes other programs disturbed."""
_MOST_DISTURBED = 3
"""A model is run again where more than one in so many of its passes was disturbed."""
PASS_S = 0.06
"""How long each pass is repeated."""


class PassJournal:
    """Appends what was measured of each model to a file; reads what an earlier run has."""

    def __init__(self, path: Path, purpose: str, threads: Sequence[int]) -> None:
        self._path = path
        self._head: dict[str, object] = {
            "engine": NAME, "purpose": purpose, "split_version": SPLIT_VERSION, "cpu": cpu_name(),
            "engine_version": llama_version(), "threads": list(threads),
        }  # fmt: skip
        self._entries: list[Mapping[str, Any]] = list(self._earlier()) if path.exists() else []
        lines = [self._head, *self._entries]  # written again, for a killed run may have left a cut line
        write_bytes(path, "".join(json.dumps(line) + "\n" for line in lines).encode())

    @property
    def entries(self) -> list[Mapping[str, Any]]:
        """The answer of each model, of several that which was disturbed least."""
        found: dict[str, Mapping[str, Any]] = {}
        for entry in self._entries:
            name = str(entry["model"]["name"])
            if name not in found or _disturbed(entry) < _disturbed(found[name]):
                found[name] = entry
        return list(found.values())

    @property
    def done(self) -> frozenset[str]:
        """Names of the models most of whose passes nothing disturbed, or that were run often enough."""
        tries = Counter(str(entry["model"]["name"]) for entry in self._entries)
        quiet = {str(entry["model"]["name"]) for entry in self._entries if not _is_disturbed(entry)}
        return frozenset(quiet | {name for name, count in tries.items() if count >= MOST_TRIES})

    def add(self, entry: Mapping[str, object]) -> None:
        """One more answer, on the disk before this returns."""
        self._entries.append(entry)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(f"{self._path}: expected a place that can be written, got: {reason}") from None

    def remove(self) -> None:
        """When everything in it has gone where it belongs."""
        self._path.unlink(missing_ok=True)

    def _earlier(self) -> Iterator[Mapping[str, Any]]:
        lines = read_bounded(self._path).decode("utf-8", "replace").splitlines()
        if not lines or _parsed(lines[0]) != self._head:
            advice = f"remove {self._path} to begin again, or give another -o"
            problem = Problem("journal", "an unfinished run of this setting", "one of another", advice)
            raise InputError(str(self._path), [problem])
        for line in lines[1:]:
            entry = _parsed(line)
            if entry is not None and isinstance(entry.get("model"), dict):
                yield entry


def _disturbed(entry: Mapping[str, Any]) -> int:
    return sum(not item.undisturbed for item in measured_passes(entry))


def _is_disturbed(entry: Mapping[str, Any]) -> bool:
    return _MOST_DISTURBED * _disturbed(entry) > len(measured_passes(entry))


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def decoder_of(model: SizedModel) -> Decoder:
    """The decoder of a model of the split."""
    biased = model.architecture == "qwen2"
    return Decoder(
        name=model.name, layers=model.layers, hidden=model.hidden, heads=model.heads,
        key_heads=model.key_heads, head_width=model.head_width, feed_forward=model.feed_forward,
        vocabulary=model.vocabulary, tied=model.tied, context=4096,
        biases=Biases(query=biased, key=biased, value=biased),
        norms=4 if model.architecture == "gemma3" else 2,
        head_norm=model.architecture in ("qwen3", "gemma3"),
    )  # fmt: skip


def random_model(model: SizedModel) -> RandomModel:
    """The same with its format, to be written."""
    architecture = next(name for name in ARCHITECTURES if name == model.architecture)
    return RandomModel(architecture, decoder_of(model), model.format)


def work_of(model: SizedModel) -> TokenWork:
    """Work of a model of the split, by the tensors of its file."""
    written_as = random_model(model)
    tensors = ((item.name, item.extents, item.kind.name) for item in written_as.tensors())
    return work_of_tensors(written_as.decoder, tensors)


def collect(
    models: Sequence[SizedModel],
    journal: PassJournal,
    threads: Sequence[int],
    budget_s: float,
    progress: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the models that have no answer yet, until the budget is over; at least one each time.

    One that was disturbed is run again, when the processors are free. Raises `EngineError` where the budget
    was over first.
    """
    end = time.monotonic() + budget_s
    wait_s: float | None = max(WAIT_S, budget_s)
    while left := [model for model in models if model.name not in journal.done]:
        entry = _measured(left[0], threads, progress, wait_s=wait_s)
        journal.add(entry)
        progress(f"{len(journal.done)} of {len(models)} models")
        remaining = end - time.monotonic()
        if remaining <= 0:
            break
        # A look takes a while: the next comes when a pass was disturbed.
        wait_s = remaining if _is_disturbed(entry) else None
    missing = len(models) - len(journal.done)
    if missing:
        raise EngineError(
            f"{len(models) - missing} of {len(models)} models are measured and kept; the same command goes "
            "on from there, or give more time with --budget"
        )


def _measured(
    model: SizedModel, threads: Sequence[int], progress: Callable[[str], None], *, wait_s: float | None
) -> dict[str, object]:
    contexts, prompts = lengths(model)
    wanted = Passes(threads, contexts, prompts, PASS_S, limit_s=60.0)
    source = random_model(model)
    with written(source) as path:
        run = run_file(
            path, wanted, name=model.name, weights=model.format, weight_bytes=source.weight_bytes,
            progress=progress, wait_s=wait_s,
        )  # fmt: skip
    return {
        "model": asdict(model),
        "reason": run.reason,
        "reference_s": run.reference_s,
        "copy_s": run.copy_s,
        "passes": [asdict(item) for item in run.passes],
    }


def observations(
    entries: Sequence[Mapping[str, Any]], threads: int, reference_s: float | None
) -> list[PassObservation]:
    """Passes on so many threads that nothing disturbed, at the speed that the reference usually has."""
    found = []
    for entry in entries:
        model = SizedModel(**entry["model"])
        work = work_of(model)
        drift = 1.0 if reference_s is None else entry["reference_s"] / reference_s
        found += [
            PassObservation((model.architecture, model.format), work, item.kind, item.tokens,
                        item.seconds / drift)
            for item in measured_passes(entry)
            if item.threads == threads and item.undisturbed
        ]  # fmt: skip
    return found


def measured_passes(entry: Mapping[str, Any]) -> tuple[TimedPass, ...]:
    """All passes of an answer."""
    return passes_of(entry.get("passes"))
