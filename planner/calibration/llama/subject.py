"""What is to be run with llama.cpp: a GGUF file as it is, or the sizes of a model with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from planner.engines.llama.random_gguf import RandomModel, architecture_of
from planner.engines.llama.run import LlamaRun, Passes, run_file, run_random
from planner.errors import InputError, Problem
from planner.language.calibrated.work import TokenWork, work_by_recipe, work_of_file
from planner.language.formats.gguf_recipes import GGUF_FORMATS
from planner.language.sizes.model import LanguageModel
from planner.language.sources.gguf_header import read_header
from planner.language.sources.source import read_language_model

USUAL_FORMAT = "q4_k_m"
_OTHER_NAMES = {"fp16": "f16", "fp32": "f32", "int8": "q8_0", "int4": "q4_0"}


@dataclass(frozen=True, slots=True)
class Subject:
    """One model: `file` where its own weights are run, else the format of random ones."""

    model: LanguageModel
    format: str
    work: TokenWork
    file: Path | None
    random: RandomModel | None

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        stored = self.model.stored
        if self.random is not None:
            return self.random.weight_bytes
        return stored.total_bytes if stored is not None else 0


def subject_of(source: str | Path, weights: str | None) -> Subject:
    """A file or `zoo:NAME`; `InputError` for what is no model, and for a format that a file does not have."""
    model = read_language_model(source)
    path = Path(model.source)
    if path.suffix.lower() == ".gguf" and model.stored is not None:
        asked = None if weights is None else format_named(weights, str(source))
        if asked not in (None, model.stored.format):
            problem = Problem("--weights", f"{model.stored.format}, which the file holds", str(weights),
                              "leave --weights out, or give the model's config.json")  # fmt: skip
            raise InputError(str(source), [problem])
        work = work_of_file(model.decoder, read_header(path))
        return Subject(model, model.stored.format, work, path, None)
    form = format_named(weights or USUAL_FORMAT, str(source))
    random = RandomModel(architecture_of(model.decoder, model.name), model.decoder, form)
    return Subject(model, form, work_by_recipe(model.decoder, form), None, random)


def format_named(weights: str, source: str) -> str:
    """llama.cpp's name of a format; `InputError` with the known ones."""
    wanted = _OTHER_NAMES.get(weights.lower(), weights.lower())
    if wanted not in GGUF_FORMATS:
        raise InputError(source, [Problem("--weights", f"one of {', '.join(GGUF_FORMATS)}", repr(weights))])
    return wanted


def run_subject(
    subject: Subject, wanted: Passes, progress: Callable[[str], None] = lambda _: None
) -> LlamaRun:
    """Its passes, timed; lengths beyond the model's context are refused."""
    most = subject.model.decoder.context
    problems = [
        Problem(option, f"at most {most} tokens, what the model was made for", str(tokens))
        for option, asked in (("--context", wanted.contexts), ("--prompt", wanted.prompts))
        for tokens in asked
        if tokens > most
    ]
    if problems:
        raise InputError(subject.model.name, problems)
    if subject.random is not None:
        return run_random(subject.random, wanted, progress=progress)
    return run_file(
        subject.file or Path(subject.model.source), wanted, name=subject.model.name, weights=subject.format,
        weight_bytes=subject.weight_bytes, progress=progress,
    )  # fmt: skip
