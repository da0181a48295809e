"""ONNX Runtime on the CPU."""

from __future__ import annotations

import json
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from planner.engines.sampling import trimmed_mean
from planner.engines.session import EngineError, EngineNode, Setup
from planner.workload.file.onnx_file import read_graph


class OnnxRuntimeSession:
    """A network in ONNX Runtime, sequential execution, all graph optimisations."""

    version: str = onnxruntime.__version__

    def __init__(self, setup: Setup) -> None:
        self._session = _open(setup, onnxruntime.SessionOptions())
        self._feeds = dict(setup.feeds)

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        return _run(self._session, self._feeds)


def profile(setup: Setup, *, seconds: float) -> tuple[EngineNode, ...]:
    """Each node of the optimised graph with its mean time over runs of about this long, profiler included.

    The profiler adds about two microseconds to each kernel; whole runs without it tell how much.
    """
    with tempfile.TemporaryDirectory(prefix="planner-profile-") as folder:
        options = onnxruntime.SessionOptions()
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/profile"
        options.optimized_model_filepath = f"{folder}/optimised.onnx"
        session = _open(setup, options)
        feeds, end, runs = dict(setup.feeds), time.perf_counter() + seconds, 0
        while runs < _LEAST_RUNS or (time.perf_counter() < end and runs < _MOST_RUNS):
            _run(session, feeds)
            runs += 1
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        nodes = read_graph(Path(options.optimized_model_filepath)).nodes
    times: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith(_KERNEL):
            times[event["name"].removesuffix(_KERNEL)].append(event["dur"] / 1e6)
    return tuple(
        EngineNode(
            node.name, node.op_type, trimmed_mean(times[node.name][_WARM_UP:]), node.inputs, node.outputs
        )
        for node in nodes
        if times.get(node.name)
    )


_PRECISIONS = ("fp32", "int8")
_KERNEL = "_kernel_time"
_LEAST_RUNS, _MOST_RUNS, _WARM_UP = 7, 150, 2


def _open(setup: Setup, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    options.intra_op_num_threads = setup.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    if setup.precision not in _PRECISIONS:
        raise EngineError(
            f"onnxruntime runs float graphs in fp32 and quantised ones in int8 here, not {setup.precision}"
        )
    try:
        return onnxruntime.InferenceSession(str(setup.model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the engine raises types of its own for every kind of refusal
        raise EngineError(f"onnxruntime refuses the network: {_first_line(error)}") from error


def _run(
    session: onnxruntime.InferenceSession, feeds: dict[str, NDArray[np.generic]]
) -> list[NDArray[np.generic]]:
    try:
        return [np.asarray(value) for value in session.run(None, feeds)]
    except Exception as error:  # the engine raises types of its own for every kind of stop
        raise EngineError(f"onnxruntime stops inside the network: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


open_session = OnnxRuntimeSession
