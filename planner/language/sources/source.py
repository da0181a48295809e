"""Any description of a language model -> the model: which reader takes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from planner.errors import InputError, Problem
from planner.language.sizes.model import LanguageModel
from planner.language.sources.catalogue import named_model
from planner.language.sources.gguf_model import read_gguf
from planner.language.sources.hf_config import read_config
from planner.language.sources.onnx_export import read_export
from planner.language.sources.safetensors_header import read_shards, read_tensors, stored_weights
from planner.read_files import read_bounded_json

_ZOO = "zoo:"
_INDEX = ".safetensors.index.json"
_KINDS = "a config.json or its folder, a .gguf, .safetensors or .onnx file, an index of shards, or zoo:NAME"


def read_language_model(text: str | Path) -> LanguageModel:
    """A language model from any of its descriptions; `InputError` for what is none."""
    if isinstance(text, str) and text.startswith(_ZOO):
        return named_model(text.removeprefix(_ZOO))
    path = Path(text)
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise InputError(str(path), [Problem("model", _KINDS, "no such file")])
    if path.name.endswith(_INDEX):
        return _of_index(path)
    match path.suffix.lower():
        case ".gguf":
            return read_gguf(path)
        case ".safetensors":
            return _of_safetensors(path)
        case ".onnx":
            return read_export(path)
        case ".json":
            return _of_folder(path.parent) if path.name == "genai_config.json" else read_config(path)
    raise InputError(str(path), [Problem("model", _KINDS, f"a file that ends in {path.suffix!r}")])


def _of_folder(folder: Path) -> LanguageModel:
    """The export, the single GGUF file or the configuration in a folder."""
    if (folder / "genai_config.json").is_file():
        return read_export(_exported(folder))
    if (folder / "config.json").is_file():
        index = folder / f"model{_INDEX}"
        weights = folder / "model.safetensors"
        if index.is_file():
            return _of_index(index)
        return _of_safetensors(weights) if weights.is_file() else read_config(folder / "config.json")
    files = sorted(folder.glob("*.gguf"))
    if len(files) == 1:
        return read_gguf(files[0])
    got = f"{len(files)} GGUF files and no config.json" if files else "none of these"
    raise InputError(str(folder), [Problem("folder", "config.json, genai_config.json or one GGUF file", got)])


def _exported(folder: Path) -> Path:
    """The file of the decoder that `genai_config.json` names."""
    try:
        values: Any = read_bounded_json(folder / "genai_config.json")
        name = str(values["model"]["decoder"].get("filename", "model.onnx"))
    except (KeyError, TypeError, AttributeError):
        problem = Problem("model.decoder", "an object with the decoder's sizes", "none")
        raise InputError(str(folder / "genai_config.json"), [problem]) from None
    path = folder / name
    if Path(name).name != name or not path.is_file():
        raise InputError(str(folder), [Problem("model.decoder.filename", "a file of the folder", repr(name))])
    return path


def _of_index(path: Path) -> LanguageModel:
    model = read_config(_config_beside(path))
    tensors = read_shards(path)
    if tensors is None:
        note = "the shards are not beside their index: bytes are those of the format asked for"
        return replace(model, notes=(*model.notes, note))
    values: Any = read_bounded_json(_config_beside(path))
    return replace(model, stored=stored_weights(tensors, model.decoder, values, 0))


def _of_safetensors(path: Path) -> LanguageModel:
    model = read_config(_config_beside(path))
    values: Any = read_bounded_json(_config_beside(path))
    stored = stored_weights(read_tensors(path), model.decoder, values, path.stat().st_size)
    return replace(model, stored=stored)


def _config_beside(path: Path) -> Path:
    config = path.parent / "config.json"
    if not config.is_file():
        advice = "put the model's config.json beside it"
        raise InputError(str(path), [Problem("folder", "config.json beside the weights", "none", advice)])
    return config
