"""The catalogs: name of a sentence -> its text in one language, with placeholders for what differs.

A language is a folder of files, each with sections of its own. A text is set with `str.format` and named
placeholders alone, so that a translator can reorder them; numbers arrive as text, rounded and with their
unit, and read the same in every language.

What the database says in English (names of fitted models, mistakes and advice) is only there; other
languages have it in `database.<language>.yaml`, by its path.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from planner.errors import MissingDataError
from planner.schema.reading.yaml_file import read_document

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_FOLDER = Path(__file__).resolve().parent


@functools.cache
def catalog(language: Language) -> Mapping[str, str]:
    """Every sentence of a language by its dotted name.

    Raises `InputError` for a file that is no plain YAML.
    """
    files = sorted((_FOLDER / language).glob("*.yaml"))
    return MappingProxyType(
        {key: text for file in files for key, text in _leaves(read_document(file).values, "")}
    )


@functools.cache
def translations(language: Language) -> Mapping[str, str]:
    """What a language has of the database's own text, by name; empty for the language that it is in."""
    path = _FOLDER / f"database.{language}.yaml"
    return MappingProxyType(dict(_leaves(read_document(path).values, "")) if path.exists() else {})


def translation(language: Language, key: str) -> str | None:
    """Text of the database in a language; None where the language has none of its own."""
    return translations(language).get(key)


def sentence(language: Language, key: str) -> str:
    """One sentence with its placeholders. Raises `MissingDataError` for a name that the catalog lacks."""
    try:
        return catalog(language)[key]
    except KeyError:
        raise MissingDataError(
            f"planner/wording/{language}: no sentence {key!r}; add it to a file there"
        ) from None


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, str(value)
