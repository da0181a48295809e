"""The plans of all cases anew, from what was learnt of the machine: a change of the model needs no new run.

`learnt.json` keeps, oldest first, what the machine was calibrated as: estimates of the cases' networks, and
what `planner calibrate --serving` had found. Its first entry is what the journal's own plans were made with.
A case's rates follow from the journal's `pace`: times of a request in service. The first journal had not kept
them; those that it has now are the ones at which a simulation with its benchmark loops gives the loop's
quantiles bit by bit. Nothing of a served run enters a plan.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.reality.cases import CASES, DETECTOR, LARGE, LARGEST_BATCH, SMALL, ServiceTimes, written_case

if TYPE_CHECKING:
    from planner.calibration.serving.compare import Side
    from planner.plan.serving.planned import PlannedTimes

HERE = Path(__file__).resolve().parent
LEARNT = HERE / "learnt.json"
REPLANNED = HERE / "replanned.jsonl"
SIDE = "replanned"


def keep_learnt(engine: str, path: Path = LEARNT) -> None:
    """Add what this machine is calibrated as to the file."""
    from planner.calibration.serving.loaded import ServingEngine
    from planner.plan.rack.in_service import measured_file, measured_serving
    from planner.plan.serving.estimated import estimated
    from planner.zoo.source import read_model

    asked = [(name, size) for name in (SMALL, DETECTOR) for size in range(1, LARGEST_BATCH + 1)]
    asked.append((LARGE, 1))
    workloads = {(network, size): read_model(network, batch=size) for network, size in asked}
    found = estimated(workloads, ServingEngine(engine))
    measured_serving()  # refused where it is another machine's
    serving = measured_file().read_text(encoding="utf-8").splitlines()
    entry = {
        "at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "estimates": [{"network": key[0], "batch": key[1], **asdict(row)} for key, row in found.items()],
        "serving": serving,
    }
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"learnt": []}
    kept["learnt"].append(entry)
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def pace_rows(pace: ServiceTimes) -> list[list[object]]:
    """The times by which rates are chosen, as the journal has them."""
    return [[*key, value] for key, value in pace.request_s.items()]


def pace_of(record: Mapping[str, Any]) -> ServiceTimes:
    """The times by which the rates of a case of the journal were chosen."""
    return ServiceTimes(
        {(network, batch, workers): time_s for network, batch, workers, time_s in record["pace"]}
    )


def learnt_times(number: int = -1, path: Path = LEARNT) -> PlannedTimes:
    """Service times as an entry of the file has them, the last unless said."""
    from planner.plan.serving.estimated import Estimated
    from planner.plan.serving.planned import times_in_service
    from planner.schema.hardware.serving import MeasuredServing
    from planner.schema.reading.yaml_file import parse_document, validate

    entry = json.loads(path.read_text(encoding="utf-8"))["learnt"][number]
    found = {
        (row["network"], row["batch"]): Estimated(row["time_s"], row["within"], row["between"])
        for row in entry["estimates"]
    }
    document = parse_document("\n".join(entry["serving"]), str(path))
    return times_in_service(found, validate(document, MeasuredServing))


def planned(name: str, pace: ServiceTimes, folder: Path, seconds: int, times: PlannedTimes) -> Side:
    """The plan of a case as it was served."""
    from planner import api
    from planner.plan.serving.chains import planned_chain_side
    from planner.plan.serving.live_rack import chains_of_rack, live_rack
    from planner.plan.serving.planned import planned_side

    case = next(case for case in CASES if case.name == name)
    scenario = api.read_scenario(written_case(case, pace, folder, seconds)).scenario
    rack = live_rack(scenario)
    chains = chains_of_rack(scenario, rack)
    return planned_side(rack, times) if chains is None else planned_chain_side(chains, times)


def replan(records: Mapping[str, Mapping[str, Any]], out: Path = REPLANNED, learnt: Path = LEARNT) -> None:
    """Plan the cases of a journal anew and write what is found, a line each."""
    times, rows = learnt_times(path=learnt), []
    for name, record in records.items():
        with tempfile.TemporaryDirectory() as folder:
            side = planned(name, pace_of(record), Path(folder), round(record["duration_s"]), times)
        rows.append({"scenario": name, **side_row(side)})
    out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def side_row(side: Side) -> dict[str, Any]:
    """A side as the journal has them, as far as the page needs it."""
    return {
        "side": SIDE,
        "streams": [
            {
                "name": stream.name,
                "requests": stream.requests,
                "dropped": stream.dropped,
                "latency": [asdict(item) for item in stream.quantiles],
            }
            for stream in side.streams
        ],
        "utilisation": side.utilisation,
    }


def with_replanned(
    records: Mapping[str, Mapping[str, Any]], path: Path = REPLANNED
) -> dict[str, dict[str, Any]]:
    """The journal's records, each with its plan anew as one more side, where there is one."""
    if not path.exists():
        return {name: dict(record) for name, record in records.items()}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    anew = {row["scenario"]: row for row in rows}
    return {
        name: {**record, "sides": [*record["sides"], *([anew[name]] if name in anew else [])]}
        for name, record in records.items()
    }
