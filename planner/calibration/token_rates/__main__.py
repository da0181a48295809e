"""Fit, score and write: `python -m planner.calibration.token_rates [FILE]`; about a minute."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from planner.calibration.token_rates.fit import Fit
from planner.calibration.token_rates.observations import RateObservation, observations
from planner.calibration.token_rates.score import blind_errors, effects, summaries
from planner.data_files import database_dir
from planner.files import write_bytes
from planner.language.rates.model import CLASS_SPREAD, ENGINE_FACTORS
from planner.language.rates.published import published_rates
from planner.schema.language.rates import BlindErrors, RateEffects


def main(arguments: list[str]) -> None:
    """Write the fitted model and print what it was off by where it had not looked."""
    rows = observations(published_rates())
    fit = Fit(rows)
    values = fit.run()
    errors = blind_errors(rows)
    found, common = summaries(errors), effects(errors)
    text = _document(fit, values, rows, found, common)
    path = Path(arguments[0]) if arguments else database_dir() / "language" / "rates.yaml"
    write_bytes(path, text.encode())
    sys.stdout.write("kind    unit  rows  parts  median   p90  coverage\n")
    for item in found:
        figures = f"{item.median:7.2f} {item.p90:5.2f} {item.coverage:8.0%}"
        sys.stdout.write(f"{item.kind:7} {item.unit_kind:4} {item.rows:5} {item.parts:6} {figures}\n")
    sys.stdout.write("with rates of other architectures measured on the same part:\n")
    for one in common:
        sys.stdout.write(
            f"{one.kind:12} {one.rows:5} {one.median:14.2f} {one.p90:5.2f} {one.coverage:8.0%}\n"
        )


def _document(
    fit: Fit,
    values: dict[str, float],
    rows: list[RateObservation],
    found: list[BlindErrors],
    common: list[RateEffects],
) -> str:
    ids = sorted({row.row.id for row in rows})
    lines = [
        "# Fitted on rates.csv by `python -m planner.calibration.token_rates`.",
        "# docs/llm.md says how it was scored.",
        "schema: 1",
        "level: 0.9",
        f"rows: {len(ids)}",
        f"sha256: {hashlib.sha256(chr(10).join(ids).encode()).hexdigest()}",
        "engines:",
    ]
    for engine in sorted({row.engine for row in rows}):
        kinds = sorted({row.unit_kind for row in rows if row.engine == engine})
        lines.append(f"  {engine}: [{', '.join(kinds)}]")
    for name, items in (("blind", found), ("effects", common)):
        lines.append(f"{name}:")
        lines += [f"  - {{{_flow(item.model_dump())}}}" for item in items]
    lines.append("parameters:")
    for name, prior in zip(fit.names, fit.priors, strict=True):
        own = name.rsplit(".", 1)[1]
        spread = CLASS_SPREAD[own] if name.count(".") == 1 else ENGINE_FACTORS[own]
        lines.append(f"  {name}: {{value: {values[name]:.6g}, prior: {prior:g}, spread: {spread:g}}}")
    return "\n".join(lines) + "\n"


def _flow(values: dict[str, object]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in values.items())


if __name__ == "__main__":
    main(sys.argv[1:])
