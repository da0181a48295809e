"""What is worked out for a visitor, in a process of its own: each call is one of `planner.api`.

A call gets the settings as text, a folder for files, and whom to report progress to. It returns a record
in the visitor's language and writes the same numbers, as the command line has them, beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict, cast

from planner.api import answers, language, networks, plans, plots, reports, texts
from planner.api.database.parts import device_ids, read_device
from planner.errors import InputError, MissingDataError, Problem
from planner.wording.catalog import Language
from planner.wording.message import Wording, message

Record = dict[str, Any]
Tell = Callable[[str], None]
PICTURE, PLAN, RECORD = "roofline.svg", "plan.yaml", "answer.json"
PDF, PAGE, STUDY = "report.pdf", "report.html", "report.json"


class Task(TypedDict):
    """One call: its name, the network (a path or zoo:NAME), texts by name, the language, the folder."""

    call: str
    model: str
    texts: dict[str, str]
    language: Language
    folder: str


def answer(task: Task, tell: Tell) -> Record:
    """The record of a task. Raises `PlannerError` with a sentence for the visitor."""
    say = Wording(task["language"])
    texts_of_all = {**task["texts"], "language": task["language"]}
    said = {name: text.strip() for name, text in texts_of_all.items() if text.strip()}
    found = _CALLS[task["call"]](task["model"], said, Path(task["folder"]), lambda text: tell(say.of(text)))
    return cast("Record", say.all_of(found))


def _network(model: str, said: Mapping[str, str], folder: Path, tell: Tell) -> Record:
    """Counts, and every part by latency, best first."""
    if language.is_language_model(model):
        return _language_model(model, said, folder, tell)
    batch, precision = _batch(said), said.get("precision")
    tell(message("web.counting"))
    counted = answers.inspected(model, batch=batch, precision=precision)
    compared = answers.compared(
        model,
        ["*"],
        batch=batch,
        modes=said.get("modes", "default"),
        precisions=[precision] if precision else (),
        max_latency_s=texts.parse_option("max_latency", said.get("max_latency"), "s"),
        max_power_w=texts.parse_option("max_power", said.get("max_power"), "w"),
        budget=texts.budget(said["budget"]) if "budget" in said else None,
        rates=_rates(said),
        progress=lambda device: tell(message("web.estimating", part=device)),
    )
    record = {"kind": "network", "inspect": counted, "compare": compared}
    _write(folder / RECORD, record)
    return {**record, "names": _names(), "partial": networks.inspect(model, batch=batch).partial}


def _picture(model: str, said: Mapping[str, str], folder: Path, tell: Tell) -> Record:
    """One part: its estimate, and the picture of its kernels."""
    from planner.latency.record import estimate_record

    part, speaks = said.get("part"), _language(said)
    if part is None:
        raise InputError("part", [Problem("part", "the id of a part", "none")])
    tell(message("web.estimating", part=part))
    found = networks.estimate(
        networks.read_onnx(model, batch=_batch(said)),
        part,
        mode=said.get("mode"),
        precision=said.get("precision"),
    )
    try:
        plots.plot_estimate(found, folder / PICTURE, language=speaks)
    except MissingDataError:  # no font with Chinese letters here
        plots.plot_estimate(found, folder / PICTURE)
    record = {"kind": "picture", **estimate_record(found, layers=True)}
    _write(folder / RECORD, record)
    return {**record, "layers": [], "names": _names()}


def _language_model(model: str, said: Mapping[str, str], folder: Path, tell: Tell) -> Record:
    """Sizes, and what every part that has an engine for it serves."""
    sizes = answers.inspected(model)
    users = _whole("users", said.get("users", "1"))
    ttft_s = texts.parse_option("ttft", said.get("ttft"), "s")
    served: list[Record] = []
    refused: list[Record] = []
    for device in device_ids():
        tell(message("web.estimating", part=device))
        try:
            served += answers.served(
                model, [device], users=[users], weights=said.get("weights"), most_ttft_s=ttft_s
            )
        except InputError as error:
            why = "; ".join(f"{item.expected}, {item.got}" for item in error.problems)
            refused.append({"device": device, "reason": why})
    fits = [item for item in served if _fits(item)]
    fits.sort(key=lambda item: -float(item["tokens_per_s_per_user"]["mid"]))
    rest = [item for item in served if not _fits(item)]
    record = {"kind": "language", "inspect": sizes, "served": [*fits, *rest], "refused": refused}
    _write(folder / RECORD, record)
    return {**record, "names": _names()}


def _plan(model: str, said: Mapping[str, str], folder: Path, tell: Tell) -> Record:
    """Which part for these cameras, how many, will it hold; and the scenario that says so."""
    from planner.plan.record.sizing import plan_record

    question = texts.question_of(
        {
            "model": model,
            "cameras": said.get("cameras"),
            "fps": said.get("fps"),
            "latency": said.get("latency"),
            "quantile": said.get("quantile"),
            "devices": (said["devices"],) if "devices" in said else (),
            "max_power": said.get("rack_power"),
            "budget": said.get("money"),
            "site": said.get("site"),
            "spares": said.get("spares"),
        }
    )
    found = plans.plan(question, to=folder / PLAN, progress=tell)
    record = dict(plan_record(found, Path(PLAN)))
    _write(folder / RECORD, record)
    return {"kind": "plan", **record}


def _report(_model: str, said: Mapping[str, str], folder: Path, tell: Tell) -> Record:
    """The whole study of a plan that was made before, as PDF, page and data."""
    speaks = _language(said)
    page: Path | None = folder / PAGE
    try:
        from planner.report.page.page import require_plotly

        require_plotly()
    except MissingDataError:  # plotly is another extra
        page = None
    study = reports.write_report(
        folder / PLAN, folder / PDF, data=folder / STUDY, html=page, language=speaks, progress=tell
    )
    return {"kind": "report", "verdict": str(study.verdict), "page": page is not None}


_CALLS: Mapping[str, Callable[[str, Mapping[str, str], Path, Tell], Record]] = {
    "network": _network,
    "picture": _picture,
    "plan": _plan,
    "report": _report,
}
CALLS = tuple(_CALLS)


def _language(said: Mapping[str, str]) -> Language:
    return "zh" if said.get("language") == "zh" else "en"


def _fits(item: Record) -> bool:
    memory = item["memory_bytes"]
    return bool(memory["total"] <= memory["capacity"])


def _names() -> dict[str, str]:
    """Name of each part by its id."""
    return {device: read_device(device).name for device in device_ids()}


def _batch(said: Mapping[str, str]) -> int | None:
    return _whole("batch", said["batch"]) if "batch" in said else None


def _rates(said: Mapping[str, str]) -> Mapping[str, float] | None:
    """Prices of other currencies in that of the budget, at the round figures that a short plan takes."""
    if "budget" not in said:
        return None
    known = plans.plan_template().currencies.value
    own = texts.budget(said["budget"]).currency
    if own not in known:
        expected = f"an amount in {', '.join(known)}"
        raise InputError("budget", [Problem("value", expected, own)])
    return {name: rate / known[own] for name, rate in known.items() if name != own}


def _whole(name: str, text: str) -> int:
    try:
        number = texts.whole_number(text)
    except InputError as error:
        raise InputError(name, error.problems) from None
    if number < 1:
        raise InputError(name, [Problem("value", "one or more", text)])
    return number


def _write(path: Path, record: Record) -> None:
    path.write_text(
        json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
