"""Answers of single rooms for many inputs: probes, decoders, language models, small racks, published rows."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import get_args
from unittest import mock

import numpy as np

from planner import api
from planner.calibration.decoder_rates import checked
from planner.calibration.probe_run import network_of
from planner.cli.main import run
from planner.hardware.video.published import published_streams
from planner.hardware.video.units import cores_of, decoder_of, encoder_of, scaler_of, video_sources
from planner.language.answer.record import model_record, serving_record
from planner.rack.compiled.engine import run_replication
from planner.schema.hardware.video import Codec
from tests.rack.random_racks import random_rack
from tests.regression.summary import FILES, FOLDER, lines_of

_PROBES = 40
_RACKS = range(600, 616)
_SERVING = ("jetson-agx-orin-64", "raspberry-pi-5")


def every_probe() -> Iterator[str]:
    """The random networks of a calibration, node by node."""
    for seed in range(_PROBES):
        graph = network_of(seed, "fp32")
        nodes = [[node.op_type, *node.inputs, *node.outputs, _pairs(node.attributes)] for node in graph.nodes]
        weights = [[name, *_pairs(_plain(kept))] for name, kept in sorted(graph.initializers.items())]
        yield from lines_of({f"probe {seed}": [nodes, weights]})


def every_decoder() -> Iterator[str]:
    """What each part decodes, encodes and scales, in its usual mode, and the maker's streams beside it."""
    for name in api.device_ids():
        device = api.read_device(name)
        mode = next((mode.id for mode in device.modes if mode.default), device.modes[0].id)
        servers = {
            f"{kind} {codec}": find(device, mode, codec)
            for codec in get_args(Codec)
            for kind, find in (("decode", decoder_of), ("encode", encoder_of))
        }
        found = [*servers.items(), ("scale", scaler_of(device)), ("cores", cores_of(device, mode))]
        listed = [[key, *_pairs(_plain(server))] for key, server in found if server is not None]
        yield from lines_of({name: [listed, sorted(video_sources(device))]})
    rows = checked(published_streams())
    yield from lines_of({"streams": [_plain(row) for row in rows]})


def every_language_model() -> Iterator[str]:
    """Sizes of each, and what a large and a small part serve of it."""
    for name in sorted(api.language_models()):
        model = api.read_language_model(f"zoo:{name}")
        answers = api.serve(model, _SERVING, users=(1, 3), prompt_tokens=200, output_tokens=50)
        yield from lines_of({name: {"sizes": model_record(model), "served": [*map(serving_record, answers)]}})


def random_racks() -> Iterator[str]:
    """Small racks with every rule, as the compiled engine serves them."""
    for number in _RACKS:
        run = run_replication(random_rack(number), 0)
        found = {
            "streams": _plain(run.streams),
            "batches": [run.completed, run.batches, run.batched],
            "epochs": _plain(run.epochs.series),
            "accounts": _plain(run.epochs.accounts),
        }
        yield from lines_of({f"rack {number}": found})


def refusals() -> Iterator[str]:
    """What is said to wrong questions, with the exit status."""
    for line in (FOLDER / "refusals.txt").read_text(encoding="utf-8").splitlines():
        said = io.StringIO()
        width = mock.patch.dict(os.environ, {"COLUMNS": "110", "NO_COLOR": "1"})
        with tempfile.TemporaryDirectory() as out, width, contextlib.redirect_stdout(said):
            with contextlib.redirect_stderr(said):
                status = run(line.format(scenarios=FOLDER / "scenarios", files=FILES, out=out).split())
            text = said.getvalue().replace(out, "OUT").replace(str(FOLDER.parent.parent), "")
        yield from ("", f"$ planner {line}", text.rstrip(), f"exit status {status}")


def _pairs(value: object) -> list[object]:
    """Keys with their values, as one list."""
    return [[key, inner] for key, inner in value.items()] if isinstance(value, Mapping) else [value]


def _plain(value: object) -> object:
    """Values as records are made of."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(getattr(value, key)) for key in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return value.ravel().tolist()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    value = value.item() if isinstance(value, np.generic) else value
    assert value is None or isinstance(value, str | int | float), type(value)
    return value


ROOM_SWEEPS: Mapping[str, Callable[[], Iterator[str]]] = {
    "every-probe": every_probe,
    "every-decoder": every_decoder,
    "every-language-model": every_language_model,
    "random-racks": random_racks,
    "refusals": refusals,
}
