"""Results of llama.cpp's `llama-bench`: -o json, jsonl, csv or md.

A test has `n_prompt` tokens read at once (pp), `n_gen` written one by one (tg), or both (pg), after `n_depth`
that are in the cache already; `avg_ts` is the mean of tokens a second over the repetitions
(tools/llama-bench/README.md of llama.cpp). The table has `pp512`, `tg128 @ d512`, `7340.20 ± 23.45`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from planner.engines.imports.profile import parse_json, read_text, refuse
from planner.engines.imports.tokens.rates import TokenImport, TokenRate, Values

ENGINE = "llama-cpp"
_TEST = re.compile(r"^(pp|tg|pg)\s*(\d+)(?:\s*\+\s*(?:tg)?\s*(\d+))?(?:\s*@\s*d\s*(\d+))?$")
_RATE = re.compile(r"^([^\s±]+)(?:\s*(?:±|\+/-|\+-)\s*\S+)?$")
_WEIGHTS = re.compile(
    r"\b(?:(IQ\d_[A-Z]+|Q\d_[01]|Q6_K|Q2_K|MXFP4|NVFP4|BF16|F16|F32)|(Q[345]_K) - (Small|Medium|Large))",
    re.IGNORECASE,
)
_FILE_WEIGHTS = re.compile(r"(IQ\d_[A-Z]+|Q\d_K_[SML]|Q\d_K|Q\d_[01]|MXFP4|BF16|F16|F32)", re.IGNORECASE)
_OF_PROCESSORS = ("CPU", "BLAS", "CPU,BLAS", "BLAS,CPU", "")
_EXPECTED = "results of llama-bench (-o json, jsonl, csv or md)"


def read(path: Path) -> TokenImport:
    """The rates of a file; `InputError` with everything that is wrong with it."""
    text = read_text(path).strip()
    values = Values(path)
    if text.startswith(("[", "{")):
        rows = list(_of_json(path, text, values))
    elif "|" in text and "t/s" in text:
        rows = list(_of_table(text, values))
    elif "n_prompt" in text.partition("\n")[0]:
        rows = list(_of_csv(path, text))
    else:
        raise refuse(path, _EXPECTED, "another text" if text else "an empty file")
    rates = [rate for where, row in rows if (rate := _rate(row, where, values)) is not None]
    found = values.finish(rates, "at least one test with a rate")
    notes: tuple[str, ...] = ()
    if any(rate.prompt_in_rate for rate in found):
        notes = ("tests of prompt and answer together (pg) have the time of the prompt in their rate",)
    return TokenImport("llama-bench", path.name, found, notes)


def _of_json(path: Path, text: str, values: Values) -> Iterator[tuple[str, Mapping[str, object]]]:
    if text.startswith("{"):  # one object a line
        entries: list[object] = [parse_json(path, line) for line in text.splitlines() if line.strip()]
    else:
        parsed = parse_json(path, text)
        entries = parsed if isinstance(parsed, list) else [parsed]
    for place, entry in enumerate(entries):
        where = f"[{place}]"
        yield f"{where}.", values.table(entry, where)


def _of_csv(path: Path, text: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        reader = csv.DictReader(io.StringIO(text))
        for line, row in enumerate(reader, start=2):
            yield f"line {line}, ", {str(key): value for key, value in row.items()}
    except csv.Error as error:
        raise refuse(path, "a table in CSV", str(error)) from None


def _of_table(text: str, values: Values) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Rows of the Markdown table in the form of the other outputs."""
    header: list[str] = []
    for line, content in enumerate(text.splitlines(), start=1):
        if not content.strip().startswith("|"):
            continue
        cells = [cell.strip() for cell in content.strip().strip("|").split("|")]
        if "t/s" in cells:
            header = cells
            continue
        if not header or set("".join(cells)) <= set("-: "):
            continue
        row = dict(zip(header, cells, strict=False))
        where = f"line {line}, "
        test, rate = _TEST.match(row.get("test", "")), _RATE.match(row.get("t/s", ""))
        if test is None:
            values.problem(f"{where}test", "a test such as pp512, tg128 or pp512+tg128", row.get("test", ""))
            continue
        kind, first, second, depth = test.groups()
        yield (
            where,
            {
                "model_type": row.get("model", ""),
                "n_prompt": 0 if kind == "tg" else first,
                "n_gen": first if kind == "tg" else second or 0,
                "n_depth": depth or 0,
                "n_threads": row.get("threads"),
                "avg_ts": rate[1] if rate else row.get("t/s"),
                "backends": row.get("backend"),
            },
        )


def _rate(row: Mapping[str, object], where: str, values: Values) -> TokenRate | None:
    prompt, written = (values.count(row, name, where=where) for name in ("n_prompt", "n_gen"))
    depth = values.count(row, "n_depth", where=where, needed=False) or 0
    rate = values.number(row, "avg_ts", where=where)
    threads = values.count(row, "n_threads", where=where, needed=False)
    if prompt is None or written is None or rate is None:
        return None
    if not prompt and not written:
        values.problem(f"{where}n_prompt", "a test with n_prompt or n_gen above zero", "neither")
        return None
    file, kind = str(row.get("model_filename") or ""), str(row.get("model_type") or "")
    if not file and not kind:
        values.problem(f"{where}model_filename", "the name of a model", "nothing")
        return None
    both, backend = bool(prompt and written), str(row.get("backends") or "")
    return TokenRate(
        model=file or kind,
        engine=ENGINE,
        weights=weights_of(file, kind),
        # With a GPU the number is of the program's own threads, not of what computes.
        threads=threads if backend in _OF_PROCESSORS and threads else None,
        prompt_tokens=prompt or None,
        context_tokens=depth + (prompt + written // 2 if written else 0),
        output_tokens=written or None,
        prompt_tokens_per_s=rate if not written else None,
        tokens_per_s=rate if written else None,
        prompt_in_rate=both,
        note=backend,
    )


def weights_of(file: str, kind: str) -> str | None:
    """The format as `planner llm --weights` names it, by the type that llama.cpp prints or the file."""
    if (found := _WEIGHTS.search(kind)) is not None:
        plain, mixed, size = found.groups()
        return _named(plain if plain else f"{mixed}_{size[0]}")
    found = _FILE_WEIGHTS.search(Path(file).name)
    return None if found is None else _named(found[1])


def _named(text: str) -> str:
    name = text.lower()
    return {"f16": "fp16", "f32": "fp32"}.get(name, name)
