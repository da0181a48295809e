"""`planner llm MODEL --device ID`: what parts serve of a language model, for how many users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from planner import api
from planner.cli.arguments import parse_budget, parse_option
from planner.cli.completion import device_ids
from planner.cli.model_options import engine_option, mode_option, threads_option, unit_option
from planner.cli.output import CommandResult, Output, output_options_with
from planner.cli.own_parts import hardware_option
from planner.cli.text.numbers import band, quantity
from planner.errors import InputError, Problem
from planner.units import format_percent

if TYPE_CHECKING:
    from planner.language.answer.serving import ServingAnswer

_MILLION = 1e6
_MOST_USERS = 1000
_JOULES_OF_A_KWH = 3.6e6


@click.command("llm")
@click.argument("model", required=False)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="ID",
    help="Repeatable; globs are taken.",
    shell_complete=device_ids,
)
@click.option(
    "--weights", help="Number format: q4_k_m, awq, int4, nvfp4, fp8, fp16, ...; default: the engine's."
)
@click.option(
    "--kv", "cache", help="Format of keys and values: fp16, q8_0, q4_0, fp8, int8; default: the engine's."
)
@engine_option
@unit_option
@mode_option
@threads_option
@click.option("--prompt", type=click.IntRange(min=1), help="Tokens of a prompt; default: 512.")
@click.option("--output", "answer", type=click.IntRange(min=1),
              help="Tokens of an answer; default: 128.")  # fmt: skip
@click.option("--context", type=click.IntRange(min=1), help="Longest session in tokens; default: 4096.")
@click.option("--users", default="1", show_default=True, metavar="1,2,4", help="Sessions at once.")
@click.option("--ttft", metavar="2s", help="Limit: time to the first token.")
@click.option("--rate", metavar="10/s", help="Limit: tokens a second for each user.")
@click.option(
    "--anchor", "anchors", multiple=True, metavar="FILE|published",
    help="Move the model by rates measured on the part; repeatable.",
)  # fmt: skip
@click.option("--electricity", metavar="'0.20 USD'", help="Price of a kWh, for the cost of a million tokens.")
@click.option("--list", "listed", is_flag=True, help="Names that `zoo:NAME` takes.")
@hardware_option
@output_options_with("-o", "--to")
def command(
    model: str | None,
    devices: tuple[str, ...],
    weights: str | None,
    cache: str | None,
    engine: str | None,
    unit: str | None,
    mode: str | None,
    threads: int | None,
    prompt: int | None,
    answer: int | None,
    context: int | None,
    users: str,
    ttft: str | None,
    rate: str | None,
    anchors: tuple[str, ...],
    electricity: str | None,
    listed: bool,  # noqa: FBT001 - click passes it by name
    *,
    output: Output,
) -> int:
    """What parts serve of a language model: first token, rate, memory, what fits, energy.

    MODEL is a config.json or its folder, a GGUF, safetensors or ONNX file, or zoo:NAME. Exit status 3 when no
    part fits it or keeps the limits.
    """
    from planner.cli.main import INFEASIBLE, OK
    from planner.language.answer.record import serving_record

    if listed:
        names = [{"name": name, "title": title} for name, title in api.language_models().items()]
        output.write(CommandResult({"models": names}, names, names))
        return OK
    if model is None or not devices:
        expected = "a model and at least one --device"
        raise InputError(
            "planner llm", [Problem("arguments", expected, f"{model!r} on {len(devices)} parts")]
        )
    money = parse_budget("--electricity", electricity)
    found = api.serve(
        model, devices, users=_numbers(users), weights=weights, cache=cache, engine=engine, unit=unit,
        mode=mode, prompt_tokens=prompt, output_tokens=answer, context_tokens=context,
        most_ttft_s=parse_option("--ttft", ttft, "s"),
        least_rate_per_s=parse_option("--rate", rate, "per_s"), threads=threads, anchor=anchors,
    )  # fmt: skip
    records = [serving_record(item) for item in found]
    record = dict(records[0]) if len(records) == 1 else {"answers": records}
    price = None if money is None else (money.amount / _JOULES_OF_A_KWH, money.currency)
    lines = [line for item in found for line in _lines(item, price)] if len(found) == 1 else []
    table = [] if len(found) == 1 else [_row(item) for item in found]
    notes = [line for item in found for line in _notes(item, alone=len(found) == 1)]
    rows = [_flat(dict(item)) for item in records]
    numbers = frozenset({"users", "first token", "tokens/s each", "tokens/s", "memory", "most users"})
    output.write(CommandResult(record, rows, table, lines, notes, numbers))
    return OK if any(item.feasible for item in found) else INFEASIBLE


def _notes(answer: ServingAnswer, *, alone: bool) -> list[str]:
    """One line a note of a single answer; of several one line an answer."""
    if alone:
        return [f"note: {text}" for text in answer.warnings]
    where = f"{answer.device}, {answer.users} user{'s' * (answer.users > 1)}"
    return [f"{where}: {'; '.join(answer.warnings)}"] if answer.warnings else []


def _numbers(text: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1 or len(found) > _MOST_USERS:
        expected = f"1 to {_MOST_USERS} whole numbers such as 1,2,4"
        raise InputError("--users", [Problem("value", expected, repr(text)[:60])])
    return found


def _lines(answer: ServingAnswer, price: tuple[float, str] | None) -> list[str]:
    memory, spans = answer.memory, answer.lengths
    level = "" if answer.ttft_s.level is None else f", bands of {format_percent(answer.ttft_s.level)}"
    heading = (
        f"{answer.model} on {answer.device}/{answer.unit}, mode {answer.mode}, {answer.engine}, weights "
        f"{answer.weights}, cache {answer.cache}, {answer.users} user{'s' * (answer.users > 1)}, "
        f"{spans.prompt} + {spans.output} tokens of at most {spans.context}"
    )
    kept = (
        f"memory         weights {quantity(memory.weights, 'bytes')}, cache {quantity(memory.kv, 'bytes')}, "
        f"work space {quantity(memory.workspace, 'bytes')}: {quantity(memory.total, 'bytes')} of "
        f"{quantity(memory.capacity, 'bytes')}" + ("" if memory.fits else "   DOES NOT FIT")
    )
    most = (
        f"fits           {answer.max_context_tokens} tokens for {answer.users}, {answer.max_users} users of "
        f"{spans.context}"
    )
    if not memory.fits:
        return [heading, kept, most]
    each, every, read = answer.tokens_per_s_per_user, answer.tokens_per_s, answer.prompt_tokens_per_s
    first, step, joules = answer.ttft_s, answer.time_per_token_s, answer.energy_per_token_j
    lines = [
        heading,
        f"first token    {band(first.low, first.mid, first.high, 's')}   [{answer.provenance}{level}]",
        f"a token        {band(step.low, step.mid, step.high, 's')}",
        f"each user      {each.mid:.4g} tokens/s ({each.low:.3g} - {each.high:.3g})",
        f"all users      {every.mid:.4g} tokens/s ({every.low:.3g} - {every.high:.3g})",
        f"prompts        {read.mid:.4g} tokens/s ({read.low:.3g} - {read.high:.3g})",
        kept,
        most,
        f"energy         {band(joules.low, joules.mid, joules.high, 'j')} a token, "
        f"{quantity(joules.mid * _MILLION, 'j')} a million   [{answer.power_provenance}]",
        f"bound by       {answer.bound}",
    ]
    if price is not None:
        ends = (joules.low * _MILLION * price[0], joules.high * _MILLION * price[0])
        middle = joules.mid * _MILLION * price[0]
        lines.append(
            f"electricity    {middle:.3g} {price[1]} a million tokens ({ends[0]:.3g} - {ends[1]:.3g})"
        )
    return lines


def _row(answer: ServingAnswer) -> dict[str, str]:
    memory = answer.memory
    fits = memory.fits
    return {
        "device": answer.device,
        "unit": answer.unit,
        "engine": answer.engine,
        "weights": answer.weights,
        "users": str(answer.users),
        "first token": quantity(answer.ttft_s.mid, "s") if fits else "-",
        "tokens/s each": f"{answer.tokens_per_s_per_user.mid:.3g}" if fits else "-",
        "tokens/s": f"{answer.tokens_per_s.mid:.3g}" if fits else "-",
        "memory": f"{quantity(memory.total, 'bytes')} of {quantity(memory.capacity, 'bytes')}",
        "most users": str(answer.max_users),
        "verdict": "fits" if answer.feasible else "too slow" if fits else "does not fit",
    }


def _flat(record: dict[str, object], within: str = "") -> dict[str, object]:
    """One CSV row: nested numbers as `ttft_s_low` and so on, lists left out."""
    row: dict[str, object] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            row.update(_flat(value, f"{within}{key}_"))
        elif not isinstance(value, list):
            row[f"{within}{key}"] = value
    return row
