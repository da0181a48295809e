"""Serve every case for real, simulate the same requests, and write docs/reality.md.

Cases that stand in the journal are not run again, so that an interrupted run goes on where it was:
.venv/bin/python -m benchmarks.reality [--seconds 25] [--cases NAME,NAME] [--again]
[--calibrate] [--replan] [--page]

--calibrate first learns this machine (a minute of kernels, a minute of serving), in a folder of its own in
`build`, so that what would have been planned from the network's file stands in the page as well. --page
only writes the page from the journal; --replan plans all its cases anew with what was learnt last, so that a
change of the model needs no new run. The cases take about half a minute each; nothing else should run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.reality.cases import Case, ServiceTimes

HERE = Path(__file__).resolve().parent
JOURNAL = HERE / "measured.jsonl"
SECOND = HERE / "second.jsonl"
"""Served later by `--again --calibrate --journal`; nothing of the model has changed since."""
LEARNT = HERE.parents[1] / "build" / "reality"
PICTURED = "cameras-95"
PICTURE = HERE.parents[1] / "docs" / "images" / "reality.svg"


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reality", description=__doc__)
    parser.add_argument("--seconds", type=int, default=25, help="how long each case is served")
    parser.add_argument("--cases", default="", help="names, separated by commas; all unless given")
    parser.add_argument("--again", action="store_true", help="run cases that stand in the journal as well")
    parser.add_argument("--calibrate", action="store_true", help="learn this machine first")
    parser.add_argument("--replan", action="store_true", help="plan the journal's cases anew, serve none")
    parser.add_argument("--page", action="store_true", help="write the page from the journal alone")
    parser.add_argument("--journal", type=Path, default=JOURNAL)
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "docs" / "reality.md")
    asked = parser.parse_args()
    os.environ["XDG_CONFIG_HOME"] = str(LEARNT)
    if asked.calibrate:
        _calibrate()
    if not asked.page and not asked.replan:
        _serve(
            asked.seconds, [name for name in asked.cases.split(",") if name], asked.journal, again=asked.again
        )
    from benchmarks.reality.page import page
    from benchmarks.reality.replan import replan, with_replanned

    if asked.replan:
        replan(journal_of(asked.journal))
    asked.out.write_text(
        page(with_replanned(journal_of(asked.journal)), journal_of(SECOND)), encoding="utf-8"
    )
    print(f"wrote {asked.out}")


def _calibrate() -> None:
    from benchmarks.reality.replan import keep_learnt
    from planner import api

    LEARNT.mkdir(parents=True, exist_ok=True)
    found = api.calibrate("onnxruntime", LEARNT / "calibration.yaml", budget_s=60.0, progress=print)
    api.register_calibration(found)
    api.calibrate_serving("onnxruntime", time_s=75.0, progress=print)
    keep_learnt("onnxruntime")


def journal_of(path: Path) -> dict[str, dict[str, object]]:
    """The last record of each case."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {row["scenario"]: row for row in rows}


def _serve(seconds: int, names: list[str], journal: Path, *, again: bool) -> None:
    from benchmarks.reality.cases import CASES
    from benchmarks.reality.pace import look

    known = {case.name for case in CASES}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"expected cases among {', '.join(sorted(known))}, got {', '.join(unknown)}")
    done = {} if again else journal_of(journal)
    wanted = [case for case in CASES if (not names or case.name in names) and case.name not in done]
    if not wanted:
        return
    print("looking how long requests take here")
    pace = look({key for case in wanted for key in case.asked})
    for key, value in pace.request_s.items():
        print(f"  {key[0]} batch {key[1]}, {key[2]} at work: {value * 1e3:.2f} ms a request")
    for case in wanted:
        begun_s = time.perf_counter()
        record = _one(case, pace, seconds)
        with journal.open("a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")
        print(_line(record), f"({time.perf_counter() - begun_s:.0f} s)", flush=True)


def _one(case: Case, pace: ServiceTimes, seconds: int) -> dict[str, object]:
    from benchmarks.reality.cases import written_case
    from benchmarks.reality.replan import pace_rows
    from planner import api

    with tempfile.TemporaryDirectory() as folder:
        source = api.read_scenario(written_case(case, pace, Path(folder), seconds))
        found = api.validate_serving(source)
        if case.name == PICTURED:
            api.plot_served(found, PICTURE)
    record = dict(api.serving_record(source.scenario.id, found))
    return {
        **record,
        "title": case.title,
        "workers": case.workers,
        "use_asked": sum(load.use for load in case.loads),
        "pace": pace_rows(pace),
        "at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
    }


def _line(record: dict[str, object]) -> str:
    from benchmarks.reality.page import sides_of

    texts = []
    for name, side in sides_of(record).items():
        p99s = [
            item["value_s"]
            for stream in side["streams"]
            for item in stream["latency"]
            if item["share"] == 0.99
        ]
        shown = ", ".join("-" if value is None else f"{value * 1e3:.1f}" for value in p99s)
        texts.append(f"{name} {shown}")
    use = sides_of(record)["measured"]["utilisation"]
    return f"{record['scenario']:20} use {use:.2f}  p99 [ms]: " + "; ".join(texts)


if __name__ == "__main__":
    main()
