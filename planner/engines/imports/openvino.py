"""OpenVINO's benchmark_app: counters of layers and results of a run, as it writes or prints them.

Format: OpenVINO documentation, "Benchmark Tool". `-report_type average_counters` or `detailed_counters` (and
`-pcsort`) write tables with a header `layerName;execStatus;...`, one for each infer request, or the same as
JSON; `-report_type no_counters` the results of the run; `-pc` prints the counters. Layers joined to others or
optimised out are `NOT_RUN` and take no time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from planner.engines.imports.profile import (
    EngineProfile,
    ProfileLatency,
    ProfileLayer,
    parse_json,
    read_text,
    refuse,
)
from planner.engines.imports.readings import Readings
from planner.read_files import CsvTable

_NAME, _STATUS, _TYPE, _KIND, _TIME = "layerName", "execStatus", "layerType", "execType", "realTime (ms)"
_NEVER_RUN = frozenset({"Parameter", "Result", "Constant", "Const", "Input", "Output"})
_PRINTED = re.compile(
    r"^(?P<name>\S.*?)\s+(?:Status\.)?(?P<status>EXECUTED|NOT_RUN|OPTIMIZED_OUT)\s+layerType:\s*(?P<type>.+?)"
    r"\s+(?:execType:\s*(?P<kind>\S+)\s+)?realTime \(ms\):\s*(?P<time>\S+)"
)
_RESULTS = "benchmark_report"
_COUNTERS = re.compile(r"benchmark_(?P<type>average_counters|detailed_counters)_report\.(csv|json)")
_RESULT = re.compile(
    r"(?P<what>Median|Count|Throughput|throughput):\s+(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>\S*)"
)
_MILLISECONDS: Mapping[str, float] = {"ms": 1.0, "us": 1e-3, "s": 1e3}


@dataclass(slots=True)
class _Found:
    """What the files say: layers of each infer request, and results of the run by lower-case names."""

    requests: list[list[ProfileLayer]] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)


def read(paths: Sequence[Path]) -> EngineProfile:
    """Layers that ran with their real times, the mean over infer requests, and the latency of the run."""
    found = _Found()
    for path in paths:
        text = read_text(path)
        readings = Readings(path)
        before = len(found.requests) + len(found.results)
        if text.lstrip().startswith("{"):
            _from_json(parse_json(path, text), found, readings)
        else:
            _from_text(text, found, readings)
        readings.finish()
        if len(found.requests) + len(found.results) == before:
            first = next((line for line in text.splitlines() if line.strip()), "")
            raise refuse(
                path,
                f"a table that begins with {_NAME};{_STATUS};..., or results of a run",
                repr(first[:60]) if first else "an empty file",
                "run benchmark_app with -report_type detailed_counters",
            )
    beside = _read_beside(paths, found)
    requests = [request for request in found.requests if request]
    notes: tuple[str, ...] = (
        (f"layers are the mean over {len(requests)} infer requests",) if len(requests) > 1 else ()
    )
    if beside is not None:
        notes += (f"results of the run from {beside.name} beside it",)
    elif not found.results:
        notes += (
            f"no latency: benchmark_app writes the results of the run to {_RESULTS}.csv, in the same folder; "
            "give both files",
        )
    return EngineProfile(
        "openvino",
        tuple(path.name for path in paths),
        _latency(found.results),
        layers=_mean(requests),
        notes=notes,
        throughput_per_s=_number(found.results, "throughput"),
    )


def _read_beside(paths: Sequence[Path], found: _Found) -> Path | None:
    """The results of the same run in the file that benchmark_app writes beside one with counters.

    It is taken only where it names the kind of report that the counters are.
    """
    if found.results or len(paths) != 1:
        return None
    report = _COUNTERS.fullmatch(paths[0].name)
    beside = paths[0].with_name(f"{_RESULTS}{paths[0].suffix}")
    if report is None or not beside.is_file():
        return None
    results = _results_of(beside)
    if results.get("-report_type") != report["type"]:
        return None
    found.results |= results
    return beside


def _results_of(path: Path) -> dict[str, str]:
    """What a file of results says by lower-case names, the options of the run among them."""
    text = read_text(path)
    results: dict[str, str] = {}
    if not text.lstrip().startswith("{"):
        for line in text.splitlines():
            _keep_result(results, line)
        return results
    record = parse_json(path, text)
    for part in ("cmd_options", "execution_results"):
        values = record.get(part) if isinstance(record, dict) else None
        if isinstance(values, dict):
            results |= {str(key).lower(): str(value) for key, value in values.items()}
    return results


def _from_text(text: str, found: _Found, readings: Readings) -> None:
    """Tables of a report, a console's counters, and results, whichever there are."""
    table: list[str] = []
    place = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(_NAME):
            table, place = [line], number
        elif table and line.strip() and not line.startswith(("Total", '"Total')):
            table.append(line)
        elif table:
            found.requests.append(_rows(table, place, readings))
            table = []
        elif printed := _PRINTED.match(line):
            if not found.requests or number > place + 1:
                found.requests.append([])
            place = number
            _keep_printed(found.requests[-1], printed, number, readings)
        else:
            _keep_result(found.results, line)
    if table:
        found.requests.append(_rows(table, place, readings))


def _keep_printed(
    layers: list[ProfileLayer], printed: re.Match[str], number: int, readings: Readings
) -> None:
    """The layer on a line of a console."""
    if printed["status"] != "EXECUTED":
        _note_joined(layers, printed["name"], printed["type"])
        return
    time_s = readings.seconds(printed["time"], _TIME, 1e-3, line=number)
    layers.append(ProfileLayer(printed["name"], time_s, printed["kind"] or printed["type"]))


def _keep_result(results: dict[str, str], line: str) -> None:
    """A result of a report, or one that benchmark_app prints under the name that it has in a report."""
    key, separator, value = line.partition(";")
    if separator:
        results[key.strip().lower()] = value.strip()
        return
    result = _RESULT.search(line)
    if result is None:
        return
    if result["what"] == "Median":
        scale = _MILLISECONDS.get(result["unit"], 1.0)
        results["latency (ms)"] = str(float(result["value"]) * scale)
    elif result["what"] == "Count":
        results["total number of iterations"] = result["value"]
    else:
        results["throughput"] = result["value"]


def _rows(table: Sequence[str], place: int, readings: Readings) -> list[ProfileLayer]:
    delimiter = ";" if ";" in table[0] else ","
    rows = CsvTable("\n".join(table), readings.path, delimiter)
    layers: list[ProfileLayer] = []
    for row in rows:
        line = place - 1 + rows.line_num
        name, status = row.get(_NAME), str(row.get(_STATUS, ""))
        if "EXECUTED" not in status.upper():
            _note_joined(layers, str(name), str(row.get(_TYPE)))
            continue
        time_s = readings.seconds(row.get(_TIME), _TIME, 1e-3, line=line)
        layers.append(ProfileLayer(readings.text(name, _NAME, line=line), time_s, row.get(_KIND) or ""))
    return layers


def _from_json(content: object, found: _Found, readings: Readings) -> None:
    record = content if isinstance(content, dict) else {}
    results = record.get("execution_results")
    if isinstance(results, dict):
        found.results |= {str(key).lower(): str(value) for key, value in results.items()}
    detailed = record.get("detailed_performance")
    requests = detailed if isinstance(detailed, list) else [record.get("avg_performance")]
    for request in requests:
        nodes = request.get("nodes") if isinstance(request, dict) else None
        if isinstance(nodes, list):
            found.requests.append(_json_nodes(nodes, readings))


def _json_nodes(nodes: Sequence[object], readings: Readings) -> list[ProfileLayer]:
    layers: list[ProfileLayer] = []
    for number, node in enumerate(nodes):
        if not isinstance(node, dict):
            continue
        if "EXECUTED" not in str(node.get("status", "")).upper():
            _note_joined(layers, str(node.get("name")), str(node.get("node_type")))
            continue
        name = readings.text(node.get("name"), f"nodes[{number}].name")
        time_s = readings.seconds(node.get("real_time"), f"nodes[{number}].real_time", 1e-3)
        layers.append(ProfileLayer(name, time_s, str(node.get("exec_type") or "")))
    return layers


def _note_joined(layers: list[ProfileLayer], name: str, node_type: str) -> None:
    """A layer that did not run was joined to the one before it, whose name may be OpenVINO's own."""
    if layers and node_type not in _NEVER_RUN:
        layers[-1] = replace(layers[-1], mentions=(*layers[-1].mentions, name))


def _mean(requests: Sequence[Sequence[ProfileLayer]]) -> tuple[ProfileLayer, ...]:
    """Each layer with the mean of its times over the requests, in the order of the first."""
    times: dict[tuple[str, str], list[ProfileLayer]] = {}
    for request in requests:
        for layer in request:
            times.setdefault((layer.name, layer.kind), []).append(layer)
    return tuple(
        replace(found[0], latency_s=sum(layer.latency_s for layer in found) / len(requests))
        for found in times.values()
    )


def _latency(results: Mapping[str, str]) -> ProfileLatency | None:
    median = _number(results, "latency (ms)", "latency_median", "latency", "median latency (ms)")
    if median is None:
        return None
    runs = _number(results, "total number of iterations", "iterations_num", "count")
    return ProfileLatency(median * 1e-3, None, None, None if runs is None else round(runs))


def _number(results: Mapping[str, str], *names: str) -> float | None:
    for name in names:
        try:
            value = float(results[name].split()[0])
        except (KeyError, IndexError, ValueError):
            continue
        if 0 <= value < float("inf"):
            return value
    return None
