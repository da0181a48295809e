"""What people call a part, its unit, its engine and its power mode, in place of the keys of a record."""

from __future__ import annotations

import re

from planner.schema.record import StudyRecord
from planner.wording.message import Wording


def part_name(study: StudyRecord, device: str) -> str:
    """The name of a part; its id where no option is of it."""
    named = (option["name"] for option in study["options"] if option["device"] == device)
    return next(named, device)


def setting_names(
    unit: str, engine: str | None, mode: str | None, say: Wording, units: int = 1
) -> tuple[str, ...]:
    """Unit, engine and mode in words, those that are known; names that nobody worded stay."""
    kind = say.term("unit_kind", unit) if unit else ""
    return tuple(
        name
        for name in (
            f"{units} × {kind}" if kind and units > 1 else kind,
            say.term("engine", engine) if engine else "",
            say.term("mode_name", mode) if mode else "",
        )
        if name
    )


_UNSAID = ("units",)
"""Parts of a path that say nothing beside the next one."""
_BETWEEN_KEYS = re.compile(r"(?<!_\d)\.")
"""Dots, but for the decimal point of a power mode such as ``20T_1.6GHz``."""


def number_name(path: str, say: Wording) -> str:
    """A number of the database or of a fitted model by the words of its path: ``GPU · peak · INT8 · 25W``.

    Names that nobody worded, such as power modes and rails, stay as they are written.
    """
    keys = [key for key in _BETWEEN_KEYS.split(path) if key not in _UNSAID]
    return " · ".join(say.term("ledger", key) for key in keys)
