"""What a visitor has set, as it is in a form and in a link: text by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from planner.wording.catalog import Language

UPLOAD = "upload:"
"""What a dropped file is called in a form: this and its id."""
ZOO = "zoo:"
_LONGEST = 200
_NETWORK = (
    "precision", "batch", "modes", "max_latency", "max_power", "budget", "users", "ttft", "weights",
)  # fmt: skip
_PLAN = ("cameras", "fps", "latency", "quantile", "site", "devices", "rack_power", "money", "spares")
FIELDS = ("model", "part", "mode", *_NETWORK, *_PLAN)
_WEIGHT = re.compile(r"\s*([\w-]+)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Texts of the forms; a name that is not set is an empty text."""

    language: Language
    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """One text, empty where nothing was said."""
        return self.values.get(name, "")

    def asked(self, name: str) -> str | None:
        """One text, None where nothing was said."""
        return self[name].strip() or None

    @property
    def link(self) -> str:
        """A query that sets all again; a dropped file is not in it, as it stays on this machine."""
        kept = {name: text for name, text in self.values.items() if text and not text.startswith(UPLOAD)}
        return urlencode({**kept, "lang": self.language})


def settings_of(pairs: Iterable[tuple[str, str]], accepted: str = "") -> Settings:
    """Settings of a query or a form; unknown names are passed over, texts cut at a length that no value has.

    The language is that of `lang`, else the first of the browser's that there is.
    """
    found = {name: text[:_LONGEST] for name, text in pairs if name in (*FIELDS, "lang")}
    return Settings(_language(found.pop("lang", ""), accepted), MappingProxyType(found))


def _language(asked: str, accepted: str) -> Language:
    if asked == "en":
        return "en"
    if asked == "zh":
        return "zh"
    found = [match for part in accepted[:_LONGEST].split(",") if (match := _WEIGHT.fullmatch(part))]
    ranked = sorted(found, key=lambda match: -_weight(match[2]))
    for match in ranked:
        if match[1].lower().startswith("zh"):
            return "zh"
        if match[1].lower().startswith("en"):
            return "en"
    return "en"


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
