"""Pages and parts of pages, set from templates that escape whatever they are given."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from planner.api.database.parts import precision_names
from planner.api.database.shipped import list_networks
from planner.api.plans import plain_text, plan_template
from planner.visible import shortened_words, visible
from planner.web.jobs import VisitorJob
from planner.web.settings import UPLOAD, Settings
from planner.web.views import (
    LANGUAGE_COLUMNS,
    NETWORK_COLUMNS,
    language_facts,
    language_rows,
    network_facts,
    network_rows,
    plan_rows,
)
from planner.web.work import PAGE, PDF, PICTURE, PLAN, RECORD, STUDY
from planner.wording.message import Wording

_FOLDER = Path(__file__).resolve().parent
STATIC = _FOLDER / "static"


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["shown"] = _shown
    return made


def _shown(text: object) -> str:
    """Text with nothing hidden in it and no word longer than a name."""
    return shortened_words(visible(str(text)))


def _render(name: str, settings: Settings, **more: Any) -> str:  # noqa: ANN401
    values = {"say": Wording(settings.language), "settings": settings, "language": settings.language}
    return _environment().get_template(name).render(**values, **more)


def front_page(settings: Settings, csrf: str, most_bytes: int, dropped: str | None) -> str:
    """The page itself, its forms filled in as the settings say; nothing is worked out yet."""
    others = {"en": "zh", "zh": "en"}
    link = settings.link.replace(f"lang={settings.language}", f"lang={others[settings.language]}")
    return _render(
        "front.html",
        settings,
        csrf=csrf,
        most_bytes=most_bytes,
        dropped=dropped,
        networks=[entry.name for entry in list_networks()],
        precision_choices=_precisions(settings),
        sites=list(plan_template().sites),
        other_language=others[settings.language],
        other_link=f"/?{link}",
    )


def _precisions(settings: Settings) -> list[tuple[str, str]]:
    usual = Wording(settings.language)("web.usual")
    return [("", usual), *((name, name.upper()) for name in precision_names())]


def waiting_page(job: VisitorJob, csrf: str) -> str:
    """For browsers without scripts: how far a job is, renewed by itself, and its answer at the end."""
    answer = fragment(job) if job.state == "done" else ""
    return _render("waiting.html", job.settings, job=job, csrf=csrf, answer=answer)


def refusal_page(settings: Settings, text: str) -> str:
    """One sentence, and a way back."""
    return _render("refusal.html", settings, text=text)


def fragment(job: VisitorJob) -> str:
    """The answer of a job that is done, to be put into the page."""
    record = job.result or {}
    kind = record.get("kind", "")
    return _render(f"{kind}.html", job.settings, job=job, record=record, **_MORE[kind](job, record))


def _network(job: VisitorJob, record: Mapping[str, Any]) -> dict[str, Any]:
    say = Wording(job.settings.language)
    model = job.settings["model"]
    return {
        "columns": NETWORK_COLUMNS,
        "rows": network_rows(record["compare"], record["names"], say),
        "facts": network_facts(record["inspect"], say),
        "file": RECORD,
        "dropped": model.startswith(UPLOAD),
    }


def _language(job: VisitorJob, record: Mapping[str, Any]) -> dict[str, Any]:
    say = Wording(job.settings.language)
    return {
        "columns": LANGUAGE_COLUMNS,
        "rows": language_rows(record, say),
        "facts": language_facts(record["inspect"], say),
        "file": RECORD,
    }


def _picture(job: VisitorJob, record: Mapping[str, Any]) -> dict[str, Any]:
    from planner.report.numbers import band, percent

    latency, bound = record["latency_s"], record["bound"]
    return {
        "latency": band(latency["low"], latency["mid"], latency["high"], "s"),
        "bounds": {name: percent(bound[name]) for name in ("compute", "memory", "overhead")},
        "picture": f"/jobs/{job.id}/files/{PICTURE}",
        "part": record["names"].get(record["device"], record["device"]),
    }


def _plan(job: VisitorJob, record: Mapping[str, Any]) -> dict[str, Any]:
    say = Wording(job.settings.language)
    return {
        "rows": plan_rows(record, say),
        "defaults": [(item["key"], plain_text(item["value"]), item["why"]) for item in record["defaults"]],
        "scenario": PLAN,
        "file": RECORD,
    }


def _report(_job: VisitorJob, _record: Mapping[str, Any]) -> dict[str, Any]:
    return {"pdf": PDF, "page": PAGE, "study": STUDY}


_MORE = {
    "network": _network,
    "language": _language,
    "picture": _picture,
    "plan": _plan,
    "report": _report,
}
