"""Engines by id, and the engine and unit of a part that serve a format."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from planner.data_files import database_dir
from planner.errors import InputError, Problem, UnknownIdError
from planner.language.formats.weights import Scheme
from planner.schema.hardware.device import ComputeUnit, Device
from planner.schema.language.engine import LanguageEngine, ServedUnits, WeightFormat
from planner.schema.reading.yaml_file import read_model

_OTHER_NAMES = {"llama.cpp": "llama-cpp", "llama.cpp-vulkan": "llama-cpp-vulkan", "tensorrt": "tensorrt-llm",
                "openvino": "openvino-genai", "onnxruntime": "onnxruntime-genai", "qnn": "genie"}  # fmt: skip


_KINDS = {"gpu": 0, "npu": 1, "cpu": 2}
_OPENS = {"onnx": "onnxruntime-genai", "gguf": "llama-cpp"}
"""Ending of a file -> the engine that opens it as it is."""


@functools.cache
def engine_names() -> tuple[str, ...]:
    """Ids of all engines for language models, sorted."""
    return tuple(path.stem for path in sorted((database_dir() / "language" / "engines").glob("*.yaml")))


@functools.cache
def language_engine(name: str) -> LanguageEngine:
    """One engine by its id or a usual spelling; `UnknownIdError` with the nearest."""
    wanted = _OTHER_NAMES.get(name.lower(), name.lower())
    if wanted not in engine_names():
        raise UnknownIdError("engine for language models", name, engine_names())
    return read_model(database_dir() / "language" / "engines" / f"{wanted}.yaml", LanguageEngine)


@dataclass(frozen=True, slots=True)
class Served:
    """An engine on a unit of a part."""

    engine: LanguageEngine
    unit: str
    units: ServedUnits


def served_by(device: Device, unit: str | None = None) -> tuple[Served, ...]:
    """Every engine on every unit of a part (or on one) that it runs on, the most usual first."""
    if unit is not None and unit not in device.units:
        raise UnknownIdError(f"unit of {device.id}", unit, device.units)
    found = [
        Served(engine, name, served)
        for engine in map(language_engine, engine_names())
        for name, compute in device.units.items()
        if unit in (None, name)
        for served in _matching(engine, compute, device.architecture)
    ]
    # A GPU or an NPU with an engine serves before a processor, and of two alike the first of the part does.
    return tuple(sorted(found, key=lambda item: (_KINDS.get(item.units.kind, 3), -item.units.usual)))


def _matching(engine: LanguageEngine, unit: ComputeUnit, architecture: str) -> Iterator[ServedUnits]:
    for served in engine.units:
        if served.kind == unit.kind and any(
            fnmatchcase(text, word) for word in served.words for text in (unit.name, architecture)
        ):
            yield served
            return


def chosen(
    device: Device, unit: str | None, engine: str | None, weights: str | None, file: str = ""
) -> tuple[Served, str]:
    """The engine and unit that serve, and the engine's own name of the format; else what is known.

    Of engines on one kind of unit the one that opens such a file comes first.
    """
    opens = _OPENS.get(file.rpartition(".")[2], "")
    found = tuple(
        sorted(
            served_by(device, unit),
            key=lambda item: (_KINDS.get(item.units.kind, 3), item.engine.id != opens),
        )
    )
    where = device.id if unit is None else f"{device.id}/{unit}"
    if not found:
        problem = Problem("device", "a unit that an engine for language models runs on", where,
                          f"engines: {', '.join(engine_names())}")  # fmt: skip
        raise InputError(where, [problem])
    if engine is not None:
        wanted = language_engine(engine)
        found = tuple(item for item in found if item.engine.id == wanted.id)
        if not found:
            others = sorted({item.engine.id for item in served_by(device, unit)})
            got = f"{wanted.id}, which runs on {_kinds(wanted)}"
            raise InputError(where, [Problem("engine", f"one of {', '.join(others)}", got)])
    if weights is None:
        return found[0], next(iter(found[0].engine.weights))
    for item in found:
        if (name := own_name(item.engine, weights)) is not None:
            return item, name
    taken = sorted({name for item in found for name in (*item.engine.weights, *item.engine.aliases)})
    who = ", ".join(dict.fromkeys(item.engine.name for item in found))
    raise InputError(
        where, [Problem("weights", f"a format that {who} takes ({', '.join(taken)})", repr(weights))]
    )


def _kinds(engine: LanguageEngine) -> str:
    return ", ".join(dict.fromkeys(f"{item.kind} ({', '.join(item.words)})" for item in engine.units))


def own_name(engine: LanguageEngine, weights: str) -> str | None:
    """The engine's name of a format; None where it does not take it."""
    wanted = weights.lower()
    if wanted in engine.weights:
        return wanted
    return engine.aliases.get(wanted)


def scheme_of(spec: WeightFormat) -> Scheme:
    """Bits by kind of matrix, as the engine keeps them."""
    return Scheme(spec.matrices, spec.last, spec.table, spec.experts, spec.recipe)
