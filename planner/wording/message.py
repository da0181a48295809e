"""Text that remembers how it was made, so that a report can say it again in another language.

Reasons, risks and verdicts are worked out deep inside a plan, where nobody knows who will read them. A
`Message` is the English text, for all that prints, sorts or stores text, and carries the sentence's name
and its parts. It is a `str` for that reason alone; what cuts or joins one gets plain text back, so parts
are given to a sentence and never glued to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from planner.wording.catalog import Language, catalog, sentence, translation

Part = str | int | tuple[str, ...]
"""What fills a placeholder: text, a count, or a list that the language joins in its own way."""


class Message(str):
    """A sentence of the English catalog with its placeholders filled."""

    __slots__ = ("key", "parts")
    key: str
    parts: Mapping[str, Part]

    def __new__(cls, key: str, parts: Mapping[str, Part]) -> Self:
        """Fill the sentence of this name. Raises `MissingDataError` where there is none."""
        made = super().__new__(cls, _filled("en", key, parts))
        made.key = key
        made.parts = dict(parts)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles are made anew from name and parts."""
        return (Message, (self.key, self.parts))


def message(key: str, /, **parts: Part) -> Message:
    """The English sentence of this name; each placeholder is filled with the part of its name."""
    return Message(key, parts)


def word(kind: str, name: str) -> str:
    """The English word for one of a closed set, as a message; a name that the catalog lacks stays."""
    key = f"{kind}.{name}"
    return message(key) if key in catalog("en") else name


def counted(key: str, number: int, /, **parts: Part) -> Message:
    """`key.one` for one and `key.many` for any other number, which fills the placeholder `number`."""
    return Message(f"{key}.{'one' if number == 1 else 'many'}", {"number": f"{number:,}", **parts})


class Stored(str):
    """Text of the database, in English there, by a name under which another language may have it."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, key: str, text: str) -> Self:
        """The text as the database has it."""
        made = super().__new__(cls, text)
        made.key = key
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles keep the name."""
        return (Stored, (self.key, str(self)))


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language; call it with a name and parts."""

    language: Language

    def __call__(self, key: str, /, **parts: Part) -> str:
        """The sentence of this name, its placeholders filled; messages among the parts are translated too."""
        return _filled(self.language, key, parts)

    def counted(self, key: str, number: int, /, **parts: Part) -> str:
        """The sentence `key.one` or `key.many`, whose placeholder `number` is filled."""
        return self.of(counted(key, number, **parts))

    def of(self, text: str) -> str:
        """A message, or text of the database, in this language; other text as it is."""
        return _part(self.language, "", text)

    def term(self, kind: str, name: str) -> str:
        """The word for one of a closed set, such as a status; a name that nobody translated stays."""
        return catalog(self.language).get(f"{kind}.{name}", name)

    def all_of(self, value: object) -> object:
        """Plain values (mappings, lists, scalars) with every message in them said in this language."""
        if isinstance(value, str):
            return self.of(value)
        if isinstance(value, Mapping):
            return {key: self.all_of(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.all_of(inner) for inner in value]
        return value


def _filled(language: Language, key: str, parts: Mapping[str, Part]) -> str:
    filled = {name: _part(language, name, part) for name, part in parts.items()}
    return sentence(language, key).format_map(filled)


def _part(language: Language, name: str, part: Part) -> str:
    if isinstance(part, Message):
        return _filled(language, part.key, part.parts)
    if isinstance(part, Stored):
        return translation(language, part.key) or str(part)
    if isinstance(part, tuple):
        between = sentence(language, f"join.{name}")
        return between.join(_part(language, name, item) for item in part)
    return str(part)
