"""Times of "this-machine" by its calibration of llama.cpp, in place of the model of published rates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planner.language.answer.question import Lengths
from planner.language.calibrated.calibration import LlamaCalibration, kept_calibration
from planner.language.calibrated.work import TokenWork, work_by_recipe, work_of_file
from planner.language.formats.gguf_recipes import GGUF_FORMATS
from planner.language.sizes.model import LanguageModel
from planner.language.sources.gguf_header import read_header
from planner.latency.band import Band
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.roofline import Bound
from planner.wording.message import message

ENGINE, CACHE = "llama-cpp", "fp16"
"""What was calibrated: the engine's id, and the format of keys and values."""


@dataclass(frozen=True, slots=True)
class OwnTimes:
    """What one user gets, from the calibration; `notes` are said with the answer."""

    step_s: Band
    prompt_s: Band
    bound: Bound
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunSetting:
    """The setting: part, engine, formats of weights (`recipe` as GGUF files have it) and cache, threads."""

    device: str
    engine: str
    recipe: str | None
    cache: str
    threads: int | None


def own_times(
    model: LanguageModel, lengths: Lengths, asked: RunSetting
) -> tuple[OwnTimes | None, tuple[str, ...]]:
    """Times by the calibration that is kept; None, and why, where it does not cover the question.

    Raises `InputError` for a calibration of another processor or of other numbers of threads.
    """
    if (asked.device, asked.engine) != (THIS_MACHINE, ENGINE):
        return None, ()
    calibration, stale = kept_calibration()
    if calibration is None:
        return None, (message("language.not_calibrated"),)
    unlike = _unlike(model, asked)
    work = None if unlike else _work(model, asked.recipe)
    if work is None:
        return None, (message("language.calibrated_otherwise"),)
    notes = [message("language.stale", text=text) for text in stale]
    if not calibration.costs(asked.threads).knows(work):
        notes.append(message("language.unknown_types"))
    if calibration.is_beyond_probes(work):
        notes.append(message("language.beyond_probes"))
    cached = lengths.prompt + lengths.output // 2
    times = OwnTimes(
        calibration.step_s(work, cached, asked.threads),
        calibration.prompt_s(work, lengths.prompt, asked.threads),
        _bound(calibration, work, cached, asked.threads),
        tuple(notes),
    )
    return times, ()


def _unlike(model: LanguageModel, asked: RunSetting) -> bool:
    """Whether probes had nothing of the kind: encoders, experts, latent attention, a cache of fewer bits."""
    own = model.decoder
    strange = (model.encoder, own.experts, own.latent, own.cross)
    return asked.cache != CACHE or any(item is not None for item in strange)


def _work(model: LanguageModel, recipe: str | None) -> TokenWork | None:
    path = Path(model.source)
    if path.suffix.lower() == ".gguf" and model.stored is not None:
        return work_of_file(model.decoder, read_header(path))
    return work_by_recipe(model.decoder, recipe) if recipe in GGUF_FORMATS else None


def _bound(calibration: LlamaCalibration, work: TokenWork, context: int, threads: int | None) -> Bound:
    """What takes longest of a step."""
    memory, compute, rest = calibration.costs(threads).step.parts(work, context)
    if rest > max(memory, compute):
        return "overhead"
    return "compute" if compute >= memory else "memory"
