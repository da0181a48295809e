"""The result of NVIDIA's genai-perf and of AIPerf, which came after it: `profile_export_*.json`.

Metrics are objects with `unit`, `avg`, `p50` and others by their names (`time_to_first_token`,
`inter_token_latency`, `output_token_throughput`, ...); what was asked for is in `input_config`, whose form
changed from version to version: models and concurrency are looked for where each of them has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from planner.engines.imports.profile import read_json, refuse
from planner.engines.imports.tokens.rates import TokenImport, TokenRate, Values

_MARKS = ("output_token_throughput", "time_to_first_token", "inter_token_latency", "request_throughput")
_SECONDS = {"ms": 1e-3, "milliseconds": 1e-3, "s": 1.0, "sec": 1.0, "seconds": 1.0, "us": 1e-6, "ns": 1e-9}
_MODELS = (("endpoint", "model_names"), ("model_names",), ("model",), ("models",), ("formatted_model_name",))
_USERS = (
    ("loadgen", "concurrency"),
    ("concurrency",),
    ("perf_analyzer", "stimulus", "concurrency"),
    ("stimulus", "concurrency"),
)


def read(path: Path) -> TokenImport:
    """The rate of a file; `InputError` with everything that is wrong with it."""
    parsed = read_json(path)
    if not isinstance(parsed, Mapping) or not any(mark in parsed for mark in _MARKS):
        raise refuse(path, "a profile_export JSON of genai-perf or AIPerf", "another JSON")
    values = Values(path)
    config = parsed.get("input_config")
    config = config if isinstance(config, Mapping) else {}
    users = _users(config, values)
    first_s = _seconds(parsed, "time_to_first_token", values)
    step_s = _seconds(parsed, "inter_token_latency", values)
    whole_rate = _value(parsed, "output_token_throughput", values, ("avg",))
    prompt = _value(parsed, "input_sequence_length", values)
    answer = _value(parsed, "output_sequence_length", values)
    if step_s is None and whole_rate is None and first_s is None:
        values.problem("file", f"one of {', '.join(_MARKS[:3])}", "none")
    stepped = step_s is not None and users is not None
    rate = TokenRate(
        model=_model(config),
        users=users or 1,
        prompt_tokens=None if prompt is None else round(prompt),
        context_tokens=None if prompt is None else round(prompt + (answer or 0.0) / 2),
        output_tokens=None if answer is None else round(answer),
        ttft_s=first_s,
        tokens_per_s=(users or 1) / step_s if stepped and step_s else whole_rate,
        prompt_in_rate=not stepped,
        note="" if users is not None else "concurrency is not stated: how many read along is not known",
    )
    return TokenImport("aiperf", path.name, values.finish([rate], "at least one rate"))


def _value(
    parsed: Mapping[str, object], name: str, values: Values, keys: Sequence[str] = ("p50", "avg")
) -> float | None:
    """The middle of a metric; None where the file has none."""
    if parsed.get(name) is None:
        return None
    metric = values.table(parsed[name], name)
    if not metric:
        return None
    key = next((key for key in keys if metric.get(key) is not None), keys[-1])
    return values.number(metric, key, where=f"{name}.")


def _seconds(parsed: Mapping[str, object], name: str, values: Values) -> float | None:
    found = _value(parsed, name, values)
    metric = parsed.get(name)
    unit = metric.get("unit", "ms") if isinstance(metric, Mapping) else "ms"
    factor = _SECONDS.get(unit) if isinstance(unit, str) else None
    if factor is None:
        values.problem(f"{name}.unit", f"one of {', '.join(_SECONDS)}", unit)
    return None if found is None or factor is None else found * factor


def _inside(config: Mapping[str, object], path: Sequence[str]) -> object:
    value: object = config
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _model(config: Mapping[str, object]) -> str:
    for path in _MODELS:
        found = _inside(config, path)
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, str) and found:
            return found
    return ""


def _users(config: Mapping[str, object], values: Values) -> int | None:
    for path in _USERS:
        found = _inside(config, path)
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if found is not None:
            users = values.count({"concurrency": found}, "concurrency", where="input_config.")
            if users == 0:
                values.problem("input_config.concurrency", "a whole number above zero", "0")
            return users or None
    return None
