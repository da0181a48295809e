"""OpenVINO on the CPU."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from planner.engines.sampling import trimmed_mean
from planner.engines.session import EngineError, EngineNode, Setup

_PRECISIONS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""The precision set in OpenVINO for float32 operators; quantised ones stay in 8 bits."""


class OpenVinoSession:
    """A network in OpenVINO, latency mode, one stream."""

    version: str = openvino.__version__.split("-")[0]

    def __init__(self, setup: Setup) -> None:
        compiled = _compile(setup)
        self._request = _request(compiled, setup)
        self._outputs = len(compiled.outputs)

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        self._request.infer()
        return [self._request.get_output_tensor(index).data for index in range(self._outputs)]


def profile(setup: Setup, *, seconds: float) -> tuple[EngineNode, ...]:
    """Each node of the compiled network with its mean time over runs of about this long, counters on."""
    compiled = _compile(setup, PERF_COUNT="YES")
    request = _request(compiled, setup)
    times: dict[str, list[float]] = defaultdict(list)
    kinds: dict[str, str] = {}
    end, runs = time.perf_counter() + seconds, 0
    while runs < _LEAST_RUNS or (time.perf_counter() < end and runs < _MOST_RUNS):
        request.infer()
        runs += 1
        if runs <= _WARM_UP:
            continue
        for item in request.get_profiling_info():
            times[item.node_name].append(item.real_time.total_seconds())
            kinds[item.node_name] = item.node_type
    operators = {op.get_friendly_name(): op for op in compiled.get_runtime_model().get_ops()}
    return tuple(
        EngineNode(
            name, kinds[name], trimmed_mean(found), _producers(operators.get(name)), (name,),
            _origins(operators.get(name)),
        )
        for name, found in times.items()
        if kinds[name] not in _NO_WORK
    )  # fmt: skip


_LEAST_RUNS, _MOST_RUNS, _WARM_UP = 7, 150, 2
_NO_WORK = frozenset({"Parameter", "Result", "Constant", "Input", "Output"})


def _compile(setup: Setup, **options: str) -> Any:  # noqa: ANN401 - the package has no type for it
    if setup.precision not in _PRECISIONS:
        raise EngineError(f"openvino computes in {', '.join(_PRECISIONS)} here, not {setup.precision}")
    core = openvino.Core()
    if setup.precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise EngineError("this processor does not compute in bf16")
    try:
        model = core.read_model(str(setup.model))
        model.reshape({name: list(value.shape) for name, value in setup.feeds.items()})
        return core.compile_model(
            model,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": "1",
                "INFERENCE_NUM_THREADS": setup.threads,
                "INFERENCE_PRECISION_HINT": _PRECISIONS[setup.precision],
                **options,
            },
        )
    except RuntimeError as error:
        raise EngineError(f"openvino refuses the network: {str(error).strip().splitlines()[-1]}") from error


def _request(compiled: Any, setup: Setup) -> Any:  # noqa: ANN401
    request = compiled.create_infer_request()
    for name, value in setup.feeds.items():
        request.set_tensor(name, openvino.Tensor(value))
    return request


def _producers(operator: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Names of the compiled nodes whose results a node reads."""
    inputs = operator.inputs() if operator is not None else ()
    return tuple(port.get_source_output().get_node().get_friendly_name() for port in inputs)


def _origins(operator: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Names of the operators of the file that a compiled node represents."""
    info = operator.get_rt_info() if operator is not None else {}
    if "originalLayersNames" not in info:
        return ()
    names = info["originalLayersNames"]
    text = names if isinstance(names, str) else names.astype(str)
    return tuple(part for part in text.split(",") if part)


open_session = OpenVinoSession
