"""The well-known mistakes of planning as the database lists them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from planner.data_files import database_dir
from planner.schema.hardware.pitfall import Mistake
from planner.schema.reading.yaml_file import read_document, validate


@functools.cache
def known_mistakes() -> Mapping[str, Mistake]:
    """Each mistake of `hardware_db/pitfalls` by the name of its file."""
    files = sorted((database_dir() / "pitfalls").glob("*.yaml"))
    return MappingProxyType({path.stem: validate(read_document(path), Mistake) for path in files})


def names_to_accept() -> tuple[str, ...]:
    """What a scenario may accept: a whole mistake, or one rule of it as `mistake/rule`."""
    found = []
    for mistake_id, mistake in known_mistakes().items():
        found += [mistake_id, *(f"{mistake_id}/{rule}" for rule in mistake.rules)]
    return tuple(found)
