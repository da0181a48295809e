"""ONNX Runtime on the CPU."""

from __future__ import annotations

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from planner.engines.session import EngineError, Setup


class OnnxRuntimeSession:
    """A network in ONNX Runtime, sequential execution, all graph optimisations."""

    version: str = onnxruntime.__version__

    def __init__(self, setup: Setup) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = setup.threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        try:
            self._session = onnxruntime.InferenceSession(
                str(setup.model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the engine raises types of its own for every kind of refusal
            raise EngineError(f"onnxruntime refuses the network: {_first_line(error)}") from error
        self._feeds = dict(setup.feeds)

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        return [np.asarray(value) for value in self._session.run(None, self._feeds)]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


open_session = OnnxRuntimeSession
