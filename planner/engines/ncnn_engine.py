"""ncnn on the CPU; the network is converted from ONNX by pnnx."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from pathlib import Path

import ncnn
import numpy as np
from numpy.typing import NDArray

from planner.engines.session import EngineError, Setup

_CONVERSION_LIMIT_S = 300


class NcnnSession:
    """A network in ncnn with its default options (Winograd and packed layouts on, half precision off)."""

    version: str = ncnn.__version__

    def __init__(self, setup: Setup) -> None:
        with tempfile.TemporaryDirectory(prefix="planner-ncnn-") as folder:
            param, weights = _convert(setup, Path(folder))
            self._net = ncnn.Net()
            self._net.opt.num_threads = setup.threads
            self._net.opt.use_vulkan_compute = False
            for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
                setattr(self._net.opt, option, False)
            if self._net.load_param(str(param)) != 0 or self._net.load_model(str(weights)) != 0:
                raise EngineError("ncnn refuses the network that pnnx made of the ONNX file")
        names = self._net.input_names()
        if len(names) != len(setup.feeds):
            raise EngineError(f"ncnn sees {len(names)} inputs where the network has {len(setup.feeds)}")
        self._inputs = [
            (name, ncnn.Mat(np.ascontiguousarray(value[0])))
            for name, value in zip(names, setup.feeds.values(), strict=True)
        ]
        self._outputs = self._net.output_names()

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        with self._net.create_extractor() as extractor:
            for name, value in self._inputs:
                extractor.input(name, value)
            found = [extractor.extract(name) for name in self._outputs]
        if any(status != 0 for status, _ in found):
            raise EngineError("ncnn stops inside the network: an operator that it does not have")
        return [np.array(value) for _, value in found]


def _convert(setup: Setup, folder: Path) -> tuple[Path, Path]:
    """The ncnn files of the network; refused for batches above one, which ncnn does not have."""
    batches = {value.shape[0] for value in setup.feeds.values() if value.ndim}
    if batches - {1}:
        raise EngineError("ncnn has no batch dimension; measure it with --batch 1")
    tool = _pnnx()
    model = folder / "net.onnx"
    shutil.copy(setup.model, model)
    shapes = ",".join("[" + ",".join(map(str, value.shape)) + "]" for value in setup.feeds.values())
    try:
        done = subprocess.run(  # noqa: S603 - a tool of a pinned package on a file of ours
            [tool, model.name, f"inputshape={shapes}", "fp16=0"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_CONVERSION_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"pnnx did not convert the network within {_CONVERSION_LIMIT_S} s") from None
    param, weights = folder / "net.ncnn.param", folder / "net.ncnn.bin"
    if not param.exists() or not weights.exists():
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise EngineError(f"pnnx does not convert the network: {lines[-1]}")
    unknown = [
        line.split()[0] for line in param.read_text().splitlines()[2:] if line and "." in line.split()[0]
    ]
    if unknown:
        raise EngineError(f"ncnn has no layer for {', '.join(sorted(set(unknown))[:4])}")
    return param, weights


def _pnnx() -> str:
    """The converter's own program; the package's Python side, which loads PyTorch, is not needed."""
    spec = importlib.util.find_spec("pnnx")
    if spec is None or spec.origin is None:
        raise EngineError("pnnx is not installed; install it with: pip install --no-deps pnnx")
    return str(Path(spec.origin).with_name("pnnx"))


open_session = NcnnSession
