"""Questions about language models: what a part serves, for how many users, at what rate.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.database import own_part_notes

if TYPE_CHECKING:
    from planner.language.answer.question import Wishes
    from planner.language.answer.serving import ServingAnswer
    from planner.language.sizes.model import LanguageModel


def read_language_model(source: str | Path) -> LanguageModel:
    """The sizes of a language model: a `config.json` or its folder, a GGUF, safetensors or ONNX file, or
    `zoo:NAME`.

    Weights are not read. Raises `InputError` for a file that is none of these, is cut short or contradicts
    itself, and `UnknownIdError` for an unknown name.

    >>> read_language_model("zoo:llama3.2-1b").parameters
    1235814400
    """
    from planner.language.sources.source import read_language_model as read

    return read(source)


def language_models() -> dict[str, str]:
    """Name -> title of the language models that have one.

    >>> language_models()["qwen3-8b"]
    'Qwen3 8B'
    """
    from planner.language.sources.catalogue import named_models

    return {name: entry.title for name, entry in named_models().items()}


def serve(
    model: LanguageModel | str | Path,
    devices: Sequence[str],
    *,
    users: Sequence[int] = (1,),
    wishes: Wishes | None = None,
) -> list[ServingAnswer]:
    """What each part serves of a language model for each number of users: seconds, tokens, bytes, joules.

    `wishes` says formats, engine, lengths and limits; what it leaves open is what is usual. A model that does
    not fit is an answer. Raises `InputError` for what no engine of the part takes, a context beyond the
    model's, and users below one.

    >>> serve("zoo:llama3.1-8b", ["jetson-agx-orin-64"])[0].memory.fits
    True
    """
    from dataclasses import replace

    from planner.errors import InputError, Problem
    from planner.hardware.catalog import match_devices, read_device
    from planner.language.answer.question import Wishes as Question
    from planner.language.answer.serving import answers

    if not users or min(users) < 1:
        raise InputError("--users", [Problem("users", "whole numbers of one or more", repr(list(users)))])
    found = read_language_model(model) if isinstance(model, str | Path) else model
    result: list[ServingAnswer] = []
    for device_id in match_devices(list(devices)):
        notes = own_part_notes((device_id,))
        for answer in answers(found, read_device(device_id), users, wishes or Question()):
            result.append(replace(answer, warnings=(*answer.warnings, *notes)))
    return result
