"""Answers that one command does not give: every network counted, every part, and what a report draws."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping

from planner import api
from planner.errors import InputError, UnknownIdError
from planner.latency.record import estimate_record
from planner.plan.record.study import study_record
from planner.plan.scenario.file import read_scenario
from planner.plan.study.study import run_study
from planner.report.blocks import as_data
from planner.report.chapters import chapters
from planner.report.page.page import render_page
from planner.schema.record import StudyRecord
from planner.wording.message import Language, Wording
from tests.regression.room_sweeps import ROOM_SWEEPS
from tests.regression.summary import FOLDER, lines_of

_NUMBER = re.compile(rb"-?\d+\.?\d*(?:e-?\d+)?")
_HUGE = 1e9
NETWORKS = ("zoo:resnet18", "zoo:deit_tiny", "zoo:mobilenet_v3_small")


def every_network() -> Iterator[str]:
    """Each reference network's counts."""
    for network in api.list_networks():
        counts = api.read_onnx(f"zoo:{network.name}")
        record = {
            network.name: {
                "parameters": counts.parameters,
                "macs": counts.macs,
                "operations": counts.flops,
                "nodes": len(counts.operators),
                "activations": counts.activation_bytes,
                "peak": counts.peak_activation_bytes,
            }
        }
        yield from lines_of(record)


def every_part() -> Iterator[str]:
    """Three networks on each part as its unit, mode and precision usually are."""
    networks = [api.read_onnx(name) for name in NETWORKS]
    for device in api.device_ids():
        answers = []
        for network in networks:
            try:
                answers.append(dict(estimate_record(api.estimate(network, device))))
            except (InputError, UnknownIdError) as error:
                answers.append({"refused": str(error)})
        kept = ("latency_s", "power_w", "energy_j", "memory_bytes", "refused", "engine", "unit", "mode")
        yield from lines_of({device: [{k: v for k, v in a.items() if k in kept} for a in answers]})


@functools.cache
def _study(language: Language) -> StudyRecord:
    source = read_scenario(FOLDER / "scenarios" / "line.yaml")
    return study_record(run_study(source), language)


def report(language: Language) -> Iterator[str]:
    """Blocks of the PDF and the numbers in its drawings: places of lines, bars and letters."""
    say = Wording(language)
    data, drawings = as_data(chapters(_study(language), say, 1), say)
    yield from lines_of({"blocks": data})
    for name, drawing in sorted(drawings.items()):
        yield from lines_of({"drawings": {re.sub(r"[0-9a-f]{8,}", "", name): _numbers(drawing)}})


def page() -> Iterator[str]:
    """The record and the tables of the page."""
    html = render_page(json.loads(json.dumps(_study("en"))))
    yield from lines_of({"numbers": _numbers(html.encode())})


def _numbers(text: bytes) -> list[float]:
    """All that read as numbers; pieces of digests that read as huge ones are none."""
    found = (float(number) for number in _NUMBER.findall(text))
    return [number for number in found if abs(number) < _HUGE]


SWEEPS: Mapping[str, Callable[[], Iterator[str]]] = {
    "every-network": every_network,
    "every-part": every_part,
    "report": lambda: report("en"),
    "report-zh": lambda: report("zh"),
    "page": page,
    **ROOM_SWEEPS,
}
