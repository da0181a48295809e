"""OpenVINO on the CPU."""

from __future__ import annotations

import numpy as np
import openvino
from numpy.typing import NDArray

from planner.engines.session import EngineError, Setup


class OpenVinoSession:
    """A network in OpenVINO, latency mode, one stream, computed in float32 unless the graph is quantised."""

    version: str = openvino.__version__.split("-")[0]

    def __init__(self, setup: Setup) -> None:
        core = openvino.Core()
        try:
            model = core.read_model(str(setup.model))
            model.reshape({name: list(value.shape) for name, value in setup.feeds.items()})
            compiled = core.compile_model(
                model,
                "CPU",
                {
                    "PERFORMANCE_HINT": "LATENCY",
                    "NUM_STREAMS": "1",
                    "INFERENCE_NUM_THREADS": setup.threads,
                    "INFERENCE_PRECISION_HINT": "f32",
                },
            )
        except RuntimeError as error:
            raise EngineError(
                f"openvino refuses the network: {str(error).strip().splitlines()[-1]}"
            ) from error
        self._request = compiled.create_infer_request()
        for name, value in setup.feeds.items():
            self._request.set_tensor(name, openvino.Tensor(value))
        self._outputs = len(compiled.outputs)

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        self._request.infer()
        return [self._request.get_output_tensor(index).data for index in range(self._outputs)]


open_session = OpenVinoSession
