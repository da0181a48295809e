"""The result of vLLM's `vllm bench serve` (before: benchmark_serving.py) with --save-result: one JSON object.

Rates of steps follow from the time per output token, which has no prompt in it; `output_throughput`, over the
whole run, has (vllm/benchmarks/serve.py). How many read along is `max_concurrency`; without it and at an
unlimited rate all requests are there at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from planner.engines.imports.profile import parse_json, read_text, refuse
from planner.engines.imports.tokens.rates import TokenImport, TokenRate, Values

_MARKS = ("total_input_tokens", "total_output_tokens", "output_throughput")
_EXPECTED = "a result of `vllm bench serve --save-result`"


def read(path: Path) -> TokenImport:
    """The rates of a file, of which one written with --append-result has several."""
    values = Values(path)
    entries = list(_entries(path, read_text(path).strip()))
    if not any(isinstance(entry, Mapping) and any(mark in entry for mark in _MARKS) for entry in entries):
        raise refuse(path, _EXPECTED, "another JSON")
    several = len(entries) > 1
    rates = [
        _rate(values.table(entry, f"[{place}]"), f"[{place}]." if several else "", values)
        for place, entry in enumerate(entries)
    ]
    return TokenImport("vllm", path.name, values.finish(rates, "at least one result"))


def _entries(path: Path, text: str) -> Iterator[object]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.startswith("{") and line.rstrip().endswith("}") for line in lines):
        yield from (parse_json(path, line) for line in lines)
        return
    parsed = parse_json(path, text)
    yield from parsed if isinstance(parsed, list) else [parsed]


def _rate(row: Mapping[str, object], where: str, values: Values) -> TokenRate:
    model = values.text(row, "model_id", where=where)
    done = values.count(row, "completed", where=where)
    if done == 0:
        values.problem(f"{where}completed", "at least one request that was answered", "0")
    read_in = values.number(row, "total_input_tokens", where=where)
    written = values.number(row, "total_output_tokens", where=where)
    whole_rate = values.number(row, "output_throughput", where=where)
    ttft_ms = _first(row, ("median_ttft_ms", "mean_ttft_ms"), where, values)
    step_ms = _first(row, ("median_tpot_ms", "mean_tpot_ms"), where, values, least=-1e-9)
    users = _users(row, where, values)
    prompt = round(read_in / done) if read_in and done else None
    answer = round(written / done) if written and done else None
    stepped = users is not None and step_ms
    return TokenRate(
        model=model,
        engine="vllm",
        users=users or 1,
        prompt_tokens=prompt,
        context_tokens=None if prompt is None else prompt + (answer or 0) // 2,
        output_tokens=answer,
        ttft_s=None if ttft_ms is None else ttft_ms / 1e3,
        tokens_per_s=(users or 1) * 1e3 / step_ms if stepped and step_ms else whole_rate,
        prompt_in_rate=not stepped,
        note="" if users is not None else "requests came at a rate: how many read along is not stated",
    )


def _first(
    row: Mapping[str, object], names: tuple[str, ...], where: str, values: Values, least: float = 0.0
) -> float | None:
    name = next((name for name in names if row.get(name) is not None), None)
    if name is None:
        return None
    return values.number(row, name, where=where, least=least)


def _users(row: Mapping[str, object], where: str, values: Values) -> int | None:
    users = values.count(row, "max_concurrency", where=where, needed=False)
    rate = row.get("request_rate")
    if users is None and (rate == "inf" or rate == float("inf")):
        users = values.count(row, "num_prompts", where=where)
    if users == 0:
        values.problem(f"{where}max_concurrency", "a whole number above zero", "0")
        return None
    return users
