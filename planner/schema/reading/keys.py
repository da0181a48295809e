"""Every key that a file of a model may have, as people write it: `streams[0].rate`, `site.supply`.

Items of a list are named by their number or, where they have one, by their `name`.
"""

from __future__ import annotations

import copy
import difflib
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from planner.schema.reading.problems import KeyPath, dotted
from planner.schema.reading.quantity import EnergyPrice, Money
from planner.schema.reading.strict import StrictModel, yaml_key

ANY = "*"
"""Placeholder in a path for a key that the file chooses itself, such as a currency among exchange rates."""

_WRITTEN_AS_TEXT = (Money, EnergyPrice)
_NUMBER = re.compile(r"\.(\d+)(?=\.|\[|$)")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file: its path, and the name of its field with the unit (`supply_c` for `supply`)."""

    path: KeyPath
    field: str

    @property
    def column(self) -> str:
        """The path with the unit at its end: `site.supply_c`."""
        return dotted((*self.path[:-1], self.field)) if isinstance(self.path[-1], str) else dotted(self.path)


def keys_of(model: type[StrictModel], values: object) -> dict[str, Key]:
    """The keys of a file of this model with these values, by every way to write each."""
    return dict(_of_model(model, values, "", ()))


def find_key(asked: str, keys: dict[str, Key]) -> Key | None:
    """The key that is meant, where there is one; `streams.0.rate` is `streams[0].rate`."""
    for text in (asked, _NUMBER.sub(r"[\1]", asked)):
        if text in keys:
            return keys[text]
        parent, dot, own = text.rpartition(".")
        free = keys.get(f"{parent}.{ANY}")
        if dot and own and free is not None:
            return Key((*free.path[:-1], own), own)
    return None


def nearest_keys(asked: str, keys: dict[str, Key], most: int = 3) -> list[str]:
    """The keys whose text, or last word, is most like what was asked; none that is not like it at all."""
    word = asked.rpartition(".")[2]

    def likeness(text: str) -> float:
        whole = difflib.SequenceMatcher(None, asked, text).ratio()
        return max(whole, 0.85 * difflib.SequenceMatcher(None, word, text.rpartition(".")[2]).ratio())

    rated = sorted((-likeness(text), text) for text in keys if ANY not in text)
    found: dict[KeyPath, str] = {}
    for score, text in rated:
        if -score >= 0.6:
            found.setdefault(keys[text].path, text)
    return list(found.values())[:most]


def with_value(values: object, path: KeyPath, value: object) -> object:
    """A copy of the values with this one set; mappings on the way that are missing are made."""
    changed = copy.deepcopy(values)
    parent: Any = changed
    for part in path[:-1]:
        if isinstance(part, str) and parent.get(part) is None:
            parent[part] = {}
        parent = parent[part]
    parent[path[-1]] = value
    return changed


def value_at(model: StrictModel, path: KeyPath) -> object:
    """What a validated model holds at a path of its file, in SI; amounts of money without their currency."""
    here: Any = model
    for part in path:
        if isinstance(here, StrictModel):
            here = next(
                getattr(here, name)
                for name, info in type(here).model_fields.items()
                if (info.alias or yaml_key(name)) == part
            )
        else:
            here = here[part]
    if isinstance(here, Money):
        return here.amount
    return here.amount_per_joule if isinstance(here, EnergyPrice) else here


def _of_model(
    model: type[StrictModel], values: object, prefix: str, path: KeyPath
) -> Iterator[tuple[str, Key]]:
    held = values if isinstance(values, dict) else {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        text = f"{prefix}.{key}" if prefix else key
        yield text, Key((*path, key), name)
        yield from _of_type(info.annotation, held.get(key), text, (*path, key))


def _of_type(kind: Any, value: object, text: str, path: KeyPath) -> Iterator[tuple[str, Key]]:  # noqa: ANN401
    """The keys inside a field of this annotation."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _of_type(arguments[0], value, text, path)
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            yield from _of_type(argument, value, text, path)
    elif origin is list and isinstance(value, list):
        for number, item in enumerate(value):
            name = item.get("name") if isinstance(item, dict) else None
            for inner in [f"{text}[{number}]"] + ([f"{text}.{name}"] if name else []):
                yield inner, Key((*path, number), str(number))
                yield from _of_type(arguments[0], item, inner, (*path, number))
    elif origin is dict:
        held = value if isinstance(value, dict) else {}
        named = get_args(arguments[0]) if get_origin(arguments[0]) is Literal else [ANY]
        for key in dict.fromkeys([*held, *named]):
            yield f"{text}.{key}", Key((*path, str(key)), str(key))
            yield from _of_type(arguments[1], held.get(key), f"{text}.{key}", (*path, str(key)))
    elif isinstance(kind, type) and issubclass(kind, StrictModel) and not issubclass(kind, _WRITTEN_AS_TEXT):
        yield from _of_model(kind, value, text, path)
