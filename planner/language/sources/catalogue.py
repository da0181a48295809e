"""Language models by name: `zoo:NAME` of `hardware_db/language/models.yaml`."""

from __future__ import annotations

import functools

from planner.data_files import database_dir
from planner.errors import UnknownIdError
from planner.language.sizes.model import LanguageModel
from planner.language.sources.hf_config import model_of
from planner.schema.language.models import NamedModel, NamedModels
from planner.schema.reading.yaml_file import read_model as read_yaml


@functools.cache
def named_models() -> dict[str, NamedModel]:
    """Everything that has a name, in the order of the file."""
    return read_yaml(database_dir() / "language" / "models.yaml", NamedModels).models


@functools.cache
def named_model(name: str) -> LanguageModel:
    """One model; `UnknownIdError` with the nearest names. Underscores and hyphens are alike."""
    wanted = name.lower().replace("_", "-")
    models = named_models()
    if wanted not in models:
        raise UnknownIdError("language model", name, models, "`planner llm --list` shows all")
    entry = models[wanted]
    return model_of(wanted, entry.config, entry.source)
