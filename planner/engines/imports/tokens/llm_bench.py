"""Reports of OpenVINO GenAI's `llm_bench` (benchmark.py -r or -rj): CSV or JSON.

Latencies are in milliseconds: of the first token, and of the others in the mean. Iteration 0 is the warm-up;
rows `avg`, `mini` and `median`, and lines of comments at the end, are of the tool's own
(tools/llm_bench/llm_bench_utils/output_csv.py and output_json.py).
"""

from __future__ import annotations

import csv
import io
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from planner.engines.imports.profile import parse_json, read_text, refuse
from planner.engines.imports.tokens.rates import TokenImport, TokenRate, Values

ENGINE = "openvino-genai"
_NAMES = {"1st_latency(ms)": "first_latency", "2nd_avg_latency(ms)": "second_avg_latency"}
_EXPECTED = "a report of llm_bench in CSV or JSON"
_WEIGHTS = (
    ("INT4", "int4"), ("4BIT", "int4"), ("INT8", "int8"), ("8BIT", "int8"), ("FP16", "fp16"),
    ("BF16", "bf16"), ("FP32", "fp32"),
)  # fmt: skip
"""Words of precisions, the first that is there: activations are named beside packed weights."""
_ABSENT = ("", "NA", None)


def read(path: Path) -> TokenImport:
    """One rate for each prompt, the median of its iterations; `InputError` with everything that is wrong."""
    text = read_text(path).strip()
    values = Values(path)
    if text.startswith("{"):
        rows = list(_of_json(path, text, values))
    elif "1st_latency(ms)" in text.partition("\n")[0]:
        rows = list(_of_csv(path, text))
    else:
        raise refuse(path, _EXPECTED, "another text" if text else "an empty file")
    prompts: dict[str, list[tuple[int, str, Mapping[str, object]]]] = defaultdict(list)
    for where, row in rows:
        iteration = values.count(row, "iteration", where=where)
        if iteration is not None:
            prompts[str(row.get("prompt_idx", 0))].append((iteration, where, row))
    rates = []
    notes: tuple[str, ...] = ()
    for runs in prompts.values():
        timed = [run for run in runs if run[0] > 0]
        if not timed:
            notes = ("iteration 0, the warm-up, is all that the report has",)
        rates.append(_rate([(where, row) for _, where, row in timed or runs], values))
    return TokenImport("llm_bench", path.name, values.finish(rates, "at least one iteration"), notes)


def _of_json(path: Path, text: str, values: Values) -> Iterator[tuple[str, Mapping[str, object]]]:
    parsed = values.table(parse_json(path, text), "file")
    about = values.table(parsed.get("metadata"), "metadata")
    results = values.table(parsed.get("perfdata"), "perfdata").get("results")
    if not isinstance(results, list):
        values.problem("perfdata.results", "a list of iterations", "nothing" if results is None else results)
        return
    for place, result in enumerate(results):
        where = f"perfdata.results[{place}]"
        yield f"{where}.", {**about, **values.table(result, where)}


def _of_csv(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
            # Averages and comments have a word where runs have a number.
            if (row.get("iteration") or "").strip().lstrip("-").isdecimal():
                yield f"line {line}, ", {_NAMES.get(str(key), str(key)): cell for key, cell in row.items()}
    except csv.Error as error:
        raise refuse(path, "a table in CSV", str(error)) from None


def _rate(runs: list[tuple[str, Mapping[str, object]]], values: Values) -> TokenRate:
    where, row = runs[0]
    first = _median(runs, "first_latency", values)
    step = _median(runs, "second_avg_latency", values)
    users = values.count(row, "batch_size", where=where, needed=False) or 1
    prompt = values.count(row, "input_size", where=where)
    answer = values.number(row, "output_size", where=where, needed=False, least=-1e-9)
    if first is None and step is None:
        values.problem(f"{where}first_latency", "a latency of the first token or of the others", "neither")
    device = str(row.get("device") or "")
    return TokenRate(
        model=values.text(row, "model", where=where),
        engine=ENGINE,
        weights=weights_of(str(row.get("precision") or "")),
        users=users,
        prompt_tokens=prompt or None,
        context_tokens=None if prompt is None else prompt + round(answer or 0.0) // 2,
        output_tokens=None if answer is None else round(answer),
        ttft_s=None if first is None else first / 1e3,
        tokens_per_s=users * 1e3 / step if step else None,
        note=device,
    )


def _median(runs: list[tuple[str, Mapping[str, object]]], name: str, values: Values) -> float | None:
    found = [
        value
        for where, row in runs
        if row.get(name) not in _ABSENT and (value := values.number(row, name, where=where)) is not None
    ]
    return statistics.median(found) if found else None


def weights_of(precision: str) -> str | None:
    """The format by the words of a folder's name, such as `OV_FP16-4BIT_DEFAULT` or `INT8`."""
    wanted = precision.upper()
    return next((name for word, name in _WEIGHTS if word in wanted), None)
