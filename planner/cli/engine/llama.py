"""`planner measure`, `calibrate` and `validate` with `--engine llama.cpp`: steps and prompts, timed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from planner import api
from planner.api.machine.llama import LLAMA_ENGINE
from planner.cli.output import CommandResult, Output
from planner.cli.text.numbers import quantity, share
from planner.errors import InputError, Problem

if TYPE_CHECKING:
    from planner.calibration.llama.validate import LlamaAccuracy
    from planner.engines.llama.run import LlamaRun
    from planner.engines.llama.timed_pass import TimedPass
    from planner.schema.record.commands.llama import (
        LeftOutRecord,
        LlamaAccuracyRecord,
        LlamaCalibrateRecord,
        LlamaMeasureRecord,
        LlamaRunRecord,
        TimedPassRecord,
    )

P = ParamSpec("P")
R = TypeVar("R")

NETWORK_OPTIONS = ("precision", "batch", "shapes", "dims", "extents", "values", "rounds")
"""Parameters of commands that say something of a network and nothing of a language model."""
_OPTION = {"shapes": "--shape", "dims": "--dim", "extents": "--extent", "values": "--input",
           "duration_text": "--duration"}  # fmt: skip
_QUIET, _NOISY = 0.05, 0.25
_RIGHT = frozenset({"tokens", "threads", "median", "p90", "tokens/s", "predicted", "measured", "error"})


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """What was said of a language model beside its name; empty for what was not."""

    weights: str | None
    prompts: tuple[int, ...]
    contexts: tuple[int, ...]

    @property
    def given(self) -> Mapping[str, object]:
        """Those that were given, by option."""
        named = {"--weights": self.weights, "--prompt": self.prompts, "--context": self.contexts}
        return {name: value for name, value in named.items() if value}


def token_options(command: Callable[P, R]) -> Callable[..., R]:
    """Add what --engine llama.cpp takes beside the model; the command takes it as one `tokens`."""

    @click.option("--weights", help="llama.cpp: format of random weights, such as q4_0; default: q4_k_m.")
    @click.option(
        "--prompt",
        "prompts",
        multiple=True,
        type=click.IntRange(1, 1_000_000),
        metavar="N",
        help="llama.cpp: tokens of a prompt; repeatable; default: 128.",
    )
    @click.option(
        "--context",
        "contexts",
        multiple=True,
        type=click.IntRange(0, 1_000_000),
        metavar="N",
        help="llama.cpp: tokens in the cache of a step; repeatable; default: 128.",
    )
    @functools.wraps(command)
    def wrapper(
        *args: Any,  # noqa: ANN401
        weights: str | None,
        prompts: tuple[int, ...],
        contexts: tuple[int, ...],
        **kwargs: Any,  # noqa: ANN401
    ) -> R:
        return command(*args, tokens=TokenOptions(weights, prompts, contexts), **kwargs)  # type: ignore[arg-type]

    return wrapper  # fmt: skip


def refuse_token_options(command: str, tokens: TokenOptions) -> None:
    """Refuse them beside another engine."""
    problems = [
        Problem(name, f"--engine {LLAMA_ENGINE} beside it", "another engine") for name in tokens.given
    ]
    if problems:
        raise InputError(command, problems)


def refuse_network_options(command: str, *names: str) -> None:
    """Refuse options of networks beside llama.cpp: the parameters of the command by these names."""
    context = click.get_current_context()
    problems = [
        Problem(_OPTION.get(name, f"--{name}"), f"none beside --engine {LLAMA_ENGINE}", "one",
                "it takes --weights, --prompt and --context")
        for name in names
        if context.get_parameter_source(name) not in (None, ParameterSource.DEFAULT)
    ]  # fmt: skip
    if problems:
        raise InputError(command, problems)


def threads_given(threads: int) -> tuple[int, ...]:
    """The number of threads where it was given; none where it is the default."""
    source = click.get_current_context().get_parameter_source("threads")
    return () if source in (None, ParameterSource.DEFAULT) else (threads,)


def measure_llama(
    models: Sequence[str],
    threads: int,
    tokens: TokenOptions,
    time_s: float | None,
    limit_s: float | None,
    output: Output,
) -> int:
    """Steps and prompts of each model, printed."""
    from planner.cli.main import INFEASIBLE, OK

    found = []
    for number, model in enumerate(models, start=1):
        output.progress(f"measuring {model} ({number} of {len(models)})")
        found.append(
            api.measure_llama(
                model, weights=tokens.weights, threads=(threads,), prompt_tokens=tokens.prompts or (128,),
                context_tokens=tokens.contexts or (128,), time_s=time_s or 0.5, limit_s=limit_s or 120.0,
                progress=output.progress,
            )
        )  # fmt: skip
    output.progress_done()
    record: LlamaMeasureRecord = {"measurements": [_run_record(run) for run in found]}
    rows = [
        {"model": run.model, "weights": run.weights, **item}
        for run, entry in zip(found, record["measurements"], strict=True)
        for item in entry["passes"]
    ]
    table = [cells for run in found for cells in _run_cells(run)]
    count = f"{threads} thread{'s' * (threads > 1)}"
    heading = [f"{LLAMA_ENGINE} ({found[0].engine_version}), {count}, {found[0].cpu}"]
    output.write(CommandResult(record, rows, table, heading, [], _RIGHT, ("p90",), {"noise"}))
    return OK if any(run.passes for run in found) else INFEASIBLE


def _run_record(run: LlamaRun) -> LlamaRunRecord:
    return {
        "model": run.model, "engine": LLAMA_ENGINE, "engine_version": run.engine_version, "cpu": run.cpu,
        "weights": run.weights, "weight_bytes": run.weight_bytes, "load_s": run.load_s,
        "passes": [_pass_record(item) for item in run.passes], "reason": run.reason,
    }  # fmt: skip


def _pass_record(item: TimedPass) -> TimedPassRecord:
    return {
        "kind": item.kind, "threads": item.threads, "tokens": item.tokens, "median_s": item.seconds,
        "p10_s": item.low_s, "p90_s": item.high_s, "runs": item.runs, "tokens_per_s": item.tokens_per_s,
        "verdict": _verdict(item),
    }  # fmt: skip


def _verdict(item: TimedPass) -> str:
    spread = (item.high_s - item.low_s) / item.seconds
    if not item.undisturbed or spread > _NOISY:
        return "too noisy"
    return "quiet" if spread <= _QUIET else "noisy"


def _run_cells(run: LlamaRun) -> list[dict[str, str]]:
    if not run.passes:
        return [{"model": run.model, "weights": run.weights, "noise": run.reason or "unknown"}]
    return [
        {
            "model": run.model, "weights": run.weights, "pass": item.kind, "tokens": str(item.tokens),
            "median": quantity(item.seconds, "s"), "p90": quantity(item.high_s, "s"),
            "tokens/s": f"{item.tokens_per_s:.4g}", "noise": _verdict(item),
        }
        for item in run.passes
    ]  # fmt: skip


def calibrate_llama(threads: int, budget_s: float, *, register: bool, output: Output) -> int:
    """Probes, fit and file; what it found, printed."""
    from planner.cli.main import OK

    if output.path is None:
        raise InputError("calibrate", [Problem("-o", "the file to write", "none", "add -o FILE.yaml")])
    found = api.calibrate_llama(
        output.path, threads=threads_given(threads), budget_s=budget_s, progress=output.progress
    )
    output.progress_done()
    places = [str(output.path)]
    if register:
        output.say("measuring this machine's ceilings")
        places += [str(place) for place in api.register_llama(found)]
    errors: list[LeftOutRecord] = [
        {"threads": item.threads, "kind": error.kind, "known_types": error.known, "rows": error.rows,
         "mape": error.mape, "low": error.low, "high": error.high}
        for item in found.threads
        for error in item.errors
    ]  # fmt: skip
    record: LlamaCalibrateRecord = {
        "engine": LLAMA_ENGINE, "engine_version": found.engine_version, "cpu": found.cpu,
        "threads": [item.threads for item in found.threads], "probes": found.probes,
        "rejected": found.rejected, "reference_spread": found.reference_spread, "errors": errors,
        "written": places,
    }  # fmt: skip
    heading = [
        f"{LLAMA_ENGINE} ({found.engine_version}), threads {', '.join(map(str, record['threads']))}",
        found.cpu,
        f"probes      {found.probes} models, {found.rejected} passes left out as disturbed",
        f"machine     reference {quantity(found.reference_s, 's')}, spread {share(found.reference_spread)}",
        *(f"wrote       {place}" for place in places),
    ]
    table = [
        {"threads": str(item["threads"]), "pass": item["kind"], "types": _types(item["known_types"]),
         "passes": str(item["rows"]), "MAPE": share(item["mape"]),
         "band": f"{item['low']:.3g} - {item['high']:.3g}"}
        for item in errors
    ]  # fmt: skip
    rows = [dict(item) for item in errors]
    answer = CommandResult(record, rows, table, heading, [], frozenset({"threads", "passes", "MAPE"}))
    Output(output.format, None, output.quiet).write(answer)
    return OK


def _types(known: bool | None) -> str:  # noqa: FBT001 - a value of the record
    return "all" if known is None else "known" if known else "unknown"


def validate_llama(
    models: Sequence[str],
    file: Path | None,
    threads: int,
    tokens: TokenOptions,
    limits: tuple[float, float, float],
    output: Output,
) -> int:
    """Predictions beside measurements, printed; `limits` are seconds of a pass, a model and all of it."""
    from planner.cli.main import INFEASIBLE, OK

    time_s, limit_s, budget_s = limits
    journal = None if output.path is None else output.path.with_name(f".{output.path.name}.journal")
    found = api.validate_llama(
        models, calibration=file, weights=tokens.weights, threads=threads_given(threads),
        prompt_tokens=tokens.prompts or (128,), context_tokens=tokens.contexts or (128,), journal=journal,
        time_s=time_s, limit_s=limit_s, budget_s=budget_s, progress=output.progress,
    )  # fmt: skip
    output.progress_done()
    record = found.record()
    rows = [dict(row) for row in record["rows"]]
    table = [
        {
            "model": row["model"], "weights": row["weights"], "pass": row["kind"],
            "tokens": str(row["tokens"]), "threads": str(row["threads"]),
            "predicted": quantity(row["predicted_s"], "s"), "measured": quantity(row["measured_s"], "s"),
            "error": f"{100 * row['error']:+.1f} %", "in band": "yes" if row["covered"] else "no",
        }
        for row in sorted(record["rows"], key=lambda row: -abs(row["error"]))
    ]  # fmt: skip
    heading = [_score_line(score) for score in record["scores"]]
    output.write(CommandResult(record, rows, table, heading, _footer(found), _RIGHT))
    return OK if found.rows else INFEASIBLE


def _score_line(score: LlamaAccuracyRecord) -> str:
    return (
        f"{score['kind']:8s}{_types(score['known_types']):8s} {score['rows']:4d} passes: MAPE "
        f"{share(score['mape'])}, p90 {share(score['p90_error'])}, bias {100 * score['bias']:+.1f} %; band "
        f"of 90 % holds {share(score['coverage'])}, half-width {share(score['half_width'])}"
    )


def _footer(found: LlamaAccuracy) -> list[str]:
    lines = [f"not run: {model}: {reason}" for model, reason in found.refused]
    if found.disturbed:
        lines.append(f"{found.disturbed} passes were disturbed by other programs and left out")
    return lines
