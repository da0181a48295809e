"""Keys of a JSON object with their types checked; all problems of a file are refused together."""

from __future__ import annotations

from collections.abc import Mapping

from planner.errors import InputError, Problem

_LARGEST = 2**40


class Keys:
    """Reads whole numbers, flags and words by any of their names; `refuse` raises what was wrong."""

    def __init__(self, values: Mapping[str, object], source: str, where: str = "") -> None:
        self._values = values
        self._source = source
        self._where = where
        self._problems: list[Problem] = []

    def count(self, *names: str, default: int | None = None) -> int:
        """A whole number above zero under the first of the names that is there; zero is a default alone."""
        for name in names:
            value = self._values.get(name)
            if value is None:
                continue
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST:
                return value
            if default is not None and value == 0:
                return default
            self._note(name, "a whole number above zero", repr(value))
            return 1
        if default is None:
            self._note(names[0], "a whole number above zero", "nothing")
            return 1
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._note(name, "true or false", repr(value))
            return default
        return value

    def text(self, name: str, default: str) -> str:
        """A word."""
        value = self._values.get(name)
        return value if isinstance(value, str) else default

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words; empty where it is not there."""
        value = self._values.get(name)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    def inner(self, name: str) -> Keys:
        """An object within; this object itself where older files have its keys one level up."""
        value = self._values.get(name)
        if isinstance(value, dict):
            return Keys(value, self._source, f"{self._where}{name}.")
        return Keys(self._values, self._source, self._where)

    def _note(self, name: str, expected: str, got: str) -> None:
        problem = Problem(f"{self._where}{name}", expected, got)
        if problem not in self._problems:
            self._problems.append(problem)

    def refuse(self) -> None:
        """Raise `InputError` with everything that was wrong, if anything was."""
        if self._problems:
            raise InputError(self._source, self._problems)
