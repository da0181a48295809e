"""What `size`, `simulate`, `cost` and `report` print of a scenario of conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from planner import api
from planner.api.texts import Said, parse_budget, parse_option
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import quantity, share
from planner.cli.text.tornado import tornado_lines
from planner.errors import InputError, Problem
from planner.units import format_number

if TYPE_CHECKING:
    from planner.plan.conversation.study import ConversationStudy
    from planner.report.pdf import Paper
    from planner.schema.record.commands.conversation import (
        ConversationOptionRecord,
        ConversationRecord,
        FramesRecord,
        PromiseRecord,
        TalkRecord,
    )
    from planner.schema.record.options import BandRecord
    from planner.wording.catalog import Language

_RIGHT = frozenset(
    {"count", "tokens/s", "first token", "a token", "answer", "power", "die", "to buy", "a year",
     "million tokens", "turns", "users", "refused", "p50", "p95", "reached", "asked", "a frame"}
)  # fmt: skip
_RANK = ("die", "a year", "power", "rests on", "mode", "weights")
_OF_CAMERAS = ("cameras", "fps", "latency", "quantile", "site", "video", "then")
_NAMES = {"ttft": "first token", "time_per_token": "a token", "answer": "answer", "frame": "a frame"}


def size(scenario: Path, simulator: str, *, output: Output) -> int:
    """Every part, the best first."""
    study = _study(scenario, simulator, output)
    record = _record(study, curves=False)
    lines = [f"{item['device']}: {text}" for item in record["options"] for text in item["reasons"]]
    lines += [f"{item['device']}: {text}" for item in record["options"] for text in item["warnings"]]
    lines = list(dict.fromkeys(lines))
    lines += _refused(record)
    lines.append(
        f"{record['settings']} settings simulated at both ends and the middle of their bands; the best of "
        "each part is shown"
    )
    rows = [_flat(item) for item in record["options"]]
    table = [_size_row(item) for item in record["options"]]
    output.write(CommandResult({**record}, rows, table, [record["question"]], lines, _RIGHT, _RANK))
    return _status(study, output)


def plan(said: Said, users: int | None, context: int | None, to: Path | None, *, output: Output) -> int:
    """People who converse with a model, from one line: the answer, and the scenario that gives it."""
    unused = [name for name in _OF_CAMERAS if said.get(name)]
    problems = [Problem(f"--{name}", "no such limit beside --users", "one") for name in unused]
    if users is None:
        problems.append(Problem("--users", "how many people, beside --context", "none"))
    if not said["model"]:
        problems.append(
            Problem("MODEL", "a language model", "none", "`planner llm --list` shows those with a name")
        )
    spares = said["spares"]
    if spares is not None and not spares.isdecimal():
        problems.append(Problem("--spares", "a whole number", repr(spares)))
    if problems:
        raise InputError("plan", problems)
    found = api.plan_conversations(
        said["model"] or "",
        users or 0,
        context_tokens=context,
        devices=said["devices"],
        max_power_w=parse_option("--max-power", said["max_power"], "w"),
        budget=parse_budget("--budget", said["budget"]),
        spares=None if spares is None else int(spares),
        to=to,
        progress=output.progress,
    )
    output.progress_done()
    record = _record(found.study, curves=False)
    table = [_size_row(item) for item in record["options"]]
    lines = [f"{item['device']}: {text}" for item in record["options"] for text in _first(item["reasons"])]
    lines += _refused(record)
    lines.append(f"Taken, as nobody said otherwise ({len(found.defaults)}):")
    lines += [f"  {key}: {why}" for key, why in found.defaults]
    lines.append(
        "-o plan.yaml writes the scenario, to change it and for `planner size`, `simulate`, `report`"
        if to is None
        else f"wrote {to}; `planner report {to} -o plan.pdf` writes the whole study"
    )
    rows = [_flat(item) for item in record["options"]]
    heading = [record["question"], _in_a_line(record)]
    output.write(CommandResult({**record}, rows, table, heading, lines, _RIGHT, _RANK))
    return _status(found.study, output, quiet=True)


def _first(reasons: list[str]) -> list[str]:
    return reasons[:1]


def _in_a_line(record: ConversationRecord) -> str:
    chosen = next((item for item in record["options"] if item["device"] == record["chosen"]), None)
    if chosen is None:
        return "No part keeps every limit; what is broken is below."
    row = _size_row(chosen)
    return (
        f"{row['count']} x {chosen['name']}, {chosen['engine']} {chosen['weights']}: {chosen['verdict']}; "
        f"first token {row.get('first token', '-')}, a token {row.get('a token', '-')}, {row['rests on']}; "
        f"{row['power']}, {row['to buy']} to buy, {row['a year']} a year"
    )


def simulate(
    scenario: Path, simulator: str, seed: int | None, replications: int | None, *, output: Output
) -> int:
    """The devices that the scenario gives, or the best that fit."""
    study = _study(scenario, simulator, output, seed=seed, replications=replications)
    record = _record(study, curves=True)
    chosen = next((item for item in record["options"] if item["device"] == record["chosen"]), None)
    if chosen is None:
        reasons = [
            {"device": item["device"], "mode": item["mode"], "reason": text}
            for item in record["options"]
            for text in item["reasons"]
        ]
        heading = ["no candidate keeps every limit:"]
        output.write(CommandResult({**record}, reasons, reasons, heading, _refused(record), prose={"reason"}))
        return _status(study, output)
    table = [row for talk in chosen["streams"] for row in _promise_rows(talk)]
    table += [_frames_row(frames) for frames in chosen["frames"]]
    footer = [
        *_device_lines(chosen),
        *(f"note: {text}" for text in (*chosen["reasons"], *chosen["warnings"])),
    ]
    rows: list[dict[str, object]] = [
        {"stream": talk["stream"], **item} for talk in chosen["streams"] for item in talk["promises"]
    ]
    rows += [{"stream": frames["stream"], **frames["promise"]} for frames in chosen["frames"]]
    output.write(CommandResult({**record}, rows, table, [_heading(chosen)], footer, _RIGHT))
    return _status(study, output, quiet=True)


def cost(scenario: Path, device: str | None, *, output: Output) -> int:
    """What each part costs, the best first."""
    study = _study(scenario, "compiled", output, device=device)
    record = _record(study, curves=False, basis=True)
    table = [
        {
            "part": item["device"],
            "count": _count(item),
            "to buy": _money(item["capital"], item["currency"]),
            "a year": _money(item["running_cost_per_year"], item["currency"]),
            f"{record['horizon_years']:g} years": _money(item["total_cost"], item["currency"]),
            "million tokens": _exact(item["cost_per_million_tokens"], item["currency"]),
            "a token": quantity(item["energy_per_token_j"], "j"),
            "verdict": item["verdict"],
        }
        for item in record["options"]
    ]
    lines = [f"{item['device']}: {text}" for item in record["options"] for text in item["reasons"]]
    lines += _refused(record)
    lines.append("energy is that of the whole installation over the tokens answered, idle time among it")
    lines += _depends_on(study)
    right = _RIGHT | {f"{record['horizon_years']:g} years"}
    output.write(
        CommandResult({**record}, [_flat(item) for item in record["options"]], table, [], lines, right)
    )
    return _status(study, output)


def _depends_on(study: ConversationStudy) -> list[str]:
    """The tornado of the best option, its carbon, and what to measure before ordering."""
    lines = [] if study.tornado is None else tornado_lines(study.tornado)
    if study.bill is not None and study.bill.carbon is not None:
        lines.append(
            f"carbon: {study.bill.carbon.kg_first_year:,.0f} kg in the first year, "
            f"{study.bill.carbon.kg_total:,.0f} kg in all"
        )
    found = study.to_measure
    if found is None or not (found.chance or found.decides_verdict):
        return lines
    worth = "" if found.worth is None else f", worth {found.worth:,.0f} {found.currency}"
    commands = [f"  {text}" for text in (*found.on_the_part, found.note, *found.here)]
    why = f"the count changes with a chance of {share(found.chance)}{worth}"
    if found.decides_verdict:
        why = "it settles the verdict"
    return [*lines, "", f"to measure on one {found.device} before ordering: {why}", *commands]


def report(
    scenario: Path, path: Path, data: Path | None, language: Language, paper: Paper, font: Path | None,
    *, output: Output,
) -> int:  # fmt: skip
    """The study as PDF."""
    study = api.write_conversations(
        scenario, path, data=data, language=language, paper=paper, font=font, progress=output.progress
    )
    output.progress_done()
    written = [str(file) for file in (path, data) if file is not None]
    output.say(f"{study.verdict}: wrote {' and '.join(written)}")
    return _status(study, output, quiet=True)


def _study(
    scenario: Path,
    simulator: str,
    output: Output,
    *,
    device: str | None = None,
    seed: int | None = None,
    replications: int | None = None,
) -> ConversationStudy:
    found = api.converse(
        scenario,
        engine="compiled" if simulator == "compiled" else "reference",
        device=device,
        seed=seed,
        replications=replications,
        progress=output.progress,
    )
    output.progress_done()
    return found


def _record(study: ConversationStudy, *, curves: bool, basis: bool = False) -> ConversationRecord:
    from planner.plan.record.conversation.record import conversation_record

    return conversation_record(study, curves=curves, basis=basis)


def _status(study: ConversationStudy, output: Output, *, quiet: bool = False) -> int:
    from planner.cli.main import INFEASIBLE, OK

    if study.verdict in ("INFEASIBLE", "FAIL"):
        if not quiet:
            output.say("planner: no option is feasible; the reasons stand below each other above")
        return INFEASIBLE
    return OK


def _refused(record: ConversationRecord) -> list[str]:
    return [f"cannot run: {item['device']}: {item['reason']}" for item in record["refusals"]]


def _count(item: ConversationOptionRecord) -> str:
    return f"{item['count']}" + (f" + {item['spares']}" if item["spares"] else "")


def _size_row(item: ConversationOptionRecord) -> dict[str, str]:
    reached = {
        promise["promise"]: promise for talk in item["streams"] for promise in talk["promises"]
    }  # of several streams the last; `simulate` shows all
    if item["frames"]:
        reached["frame"] = item["frames"][-1]["promise"]
    row = {
        "part": item["device"],
        "count": _count(item),
        "engine": item["engine"],
        "mode": item["mode"],
        "weights": item["weights"],
    }
    for name, head in _NAMES.items():
        if name in reached:
            row[head] = quantity(reached[name]["reached_s"], "s")
        elif not item["streams"] and name != "answer":
            row[head] = "-"
    row |= {
        "tokens/s": "-" if item["tokens_per_s"] is None else format_number(item["tokens_per_s"]["mid"], 3),
        "die": quantity(item["temperature_c"], "c") if item["temperature_c"] is not None else "-",
        "power": quantity(item["power_w"], "w") if item["power_w"] is not None else "-",
        "to buy": _money(item["capital"], item["currency"]),
        "a year": _money(item["running_cost_per_year"], item["currency"]),
        "rests on": item["latency_provenance"],
        "verdict": item["verdict"],
    }
    return row


def _money(amount: float | None, currency: str) -> str:
    return "unknown" if amount is None else f"{amount:,.0f} {currency}"


def _exact(amount: float | None, currency: str) -> str:
    return "unknown" if amount is None else f"{format_number(amount, 3)} {currency}"


def _heading(item: ConversationOptionRecord) -> str:
    chunk = item["chunk_tokens"]
    prompts = "whole prompts" if chunk is None else f"prompts in chunks of {chunk}"
    return (
        f"{_count(item)} x {item['device']} on {item['unit']} {item['engine']}, mode {item['mode']}, weights "
        f"{item['weights']}, cache {item['kv']}, up to {item['sessions']} sessions, {prompts} "
        f"[{item['latency_provenance']}]"
    )


def _promise_rows(talk: TalkRecord) -> list[dict[str, str]]:
    times = {"ttft": talk["ttft_s"], "time_per_token": talk["time_per_token_s"], "answer": talk["answer_s"]}
    return [
        {
            "stream": talk["stream"],
            "turns": str(talk["turns"]),
            "refused": str(talk["refused"]),
            "promise": _NAMES[promise["promise"]],
            "p50": quantity(times[promise["promise"]]["p50"], "s"),
            "quantile": f"{promise['quantile'] * 100:g} %",
            "reached": quantity(promise["reached_s"], "s"),
            "low - high": _band(promise),
            "asked": quantity(promise["within_s"], "s"),
            "verdict": promise["verdict"],
        }
        for promise in talk["promises"]
    ]


def _frames_row(frames: FramesRecord) -> dict[str, str]:
    promise = frames["promise"]
    return {
        "stream": frames["stream"],
        "turns": str(frames["frames"]),
        "refused": str(frames["dropped"]),
        "promise": _NAMES["frame"],
        "p50": quantity(frames["latency_s"]["p50"], "s"),
        "quantile": f"{promise['quantile'] * 100:g} %",
        "reached": quantity(promise["reached_s"], "s"),
        "low - high": _band(promise),
        "asked": quantity(promise["within_s"], "s"),
        "verdict": promise["verdict"],
    }


def _band(promise: PromiseRecord) -> str:
    return f"{quantity(promise['band_low_s'], 's')} - {quantity(promise['band_high_s'], 's')}"


def _per_second(rate: float | None) -> str:
    return "unknown" if rate is None else f"{format_number(rate, 4)} a second"


def _device_lines(item: ConversationOptionRecord) -> list[str]:
    if item["busy"] is None or item["tokens_per_s"] is None:
        return []
    rate = item["tokens_per_s"]
    return [
        f"tokens         {format_number(rate['mid'], 4)} a second over all devices "
        f"({format_number(rate['low'], 3)} - {format_number(rate['high'], 3)}), prompts "
        f"{_per_second(item['prompt_tokens_per_s'])}",
        f"devices        busy {share(item['busy'])}, at most {item['most_sessions']} sessions and "
        f"{quantity(item['most_cache_bytes'], 'bytes')} of "
        f"{quantity(item['cache_capacity_bytes'], 'bytes')} cache",
        f"power          {quantity(item['power_w'], 'w')} at the plug, at worst "
        f"{quantity(item['worst_power_w'], 'w')}; the hottest die {quantity(item['temperature_c'], 'c')}",
        f"energy         {quantity(item['energy_per_token_j'], 'j')} a token, of the whole installation",
        *_frame_lines(item),
        *_heat_lines(item),
    ]


def _frame_lines(item: ConversationOptionRecord) -> list[str]:
    if not item["frames"]:
        return []
    rule = {"turns": "frames and steps take turns", "frames_first": "frames go first",
            "steps_first": "steps go first"}[item["unit_share"]]  # fmt: skip
    names = ", ".join(f"{frames['model']} in {frames['precision']}" for frames in item["frames"])
    return [
        f"frames         {names}, on the same unit for {share(item['frames_busy'] or 0.0)} of the time; "
        f"{rule}, nothing is interrupted; {quantity(item['frames_memory_bytes'], 'bytes')} of memory beside "
        "the model",
    ]


def _heat_lines(item: ConversationOptionRecord) -> list[str]:
    seen = item["heat"]
    if seen is None:
        return []
    return [
        f"heat           at most {quantity(seen['temperature_c'], 'c')} in epochs of 1 s, throttled "
        f"{share(seen['throttled_share'])} of the time; {quantity(seen['power_per_device_w'], 'w')} a device"
    ]


def _flat(item: ConversationOptionRecord) -> dict[str, object]:
    """One CSV row: the option without its lists; a band as three columns."""
    row: dict[str, object] = {}
    for key, value in item.items():
        if isinstance(value, dict):
            row.update({f"{key}_{end}": number for end, number in _ends(value).items()})
        elif not isinstance(value, list):
            row[key] = value
    return row


def _ends(band: BandRecord | dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in band.items() if key != "level"}
