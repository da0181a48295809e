"""ncnn on the CPU; the network is converted from ONNX by pnnx.

The package tells no times of layers. They are found by asking for one layer's result after the other, in the
order of the file: each request runs what that layer still needs, which is the layer alone.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ncnn
import numpy as np
from numpy.typing import NDArray

from planner.engines.sampling import trimmed_mean
from planner.engines.session import EngineError, EngineNode, Setup
from planner.process.children import bound

_CONVERSION_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class _Layer:
    """One line of a parameter file."""

    name: str
    kind: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]


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
            self._layers = tuple(layer for layer in _layers(param) if layer.kind != "Input")
        names = self._net.input_names()
        if len(names) != len(setup.feeds):
            raise EngineError(f"ncnn sees {len(names)} inputs where the network has {len(setup.feeds)}")
        self._inputs = [
            (name, ncnn.Mat(_plain(value[0])))
            for name, value in zip(names, setup.feeds.values(), strict=True)
        ]
        self._outputs = self._net.output_names()

    def run(self) -> list[NDArray[np.generic]]:
        """One inference; its outputs."""
        with self._fed() as extractor:
            found = [extractor.extract(name) for name in self._outputs]
        if any(status != 0 for status, _ in found):
            raise EngineError("ncnn stops inside the network: an operator that it does not have")
        return [np.array(value) for _, value in found]

    def times(self) -> list[float]:
        """Seconds of each layer in one inference that stops behind every layer.

        A second request for the same result runs nothing: its time is that of asking and of the copy that is
        handed over, and is taken off.
        """
        found: list[float] = []
        with self._fed() as extractor:
            for layer in self._layers:
                name = layer.tops[0]
                start = time.perf_counter()
                extractor.extract(name, _AS_IT_IS)
                between = time.perf_counter()
                extractor.extract(name, _AS_IT_IS)
                end = time.perf_counter()
                found.append(max(0.0, 2.0 * between - start - end))
        return found

    def nodes(self, seconds: list[float]) -> tuple[EngineNode, ...]:
        """The layers with these times, and how many values each writes."""
        with self._fed() as extractor:
            written = [_values(extractor.extract(layer.tops[0], _AS_IT_IS)[1]) for layer in self._layers]
        return tuple(
            EngineNode(layer.name, layer.kind, spent, layer.bottoms, layer.tops, values=values)
            for layer, spent, values in zip(self._layers, seconds, written, strict=True)
            if layer.kind not in _NO_WORK
        )

    def _fed(self) -> Any:  # noqa: ANN401 - the package has no type for it
        extractor = self._net.create_extractor()
        for name, value in self._inputs:
            extractor.input(name, value)
        return extractor


_AS_IT_IS = 1
"""Results are handed over in the layout that they have, not unpacked for the reader."""
_NO_WORK = frozenset({"Split", "Noop"})
_TYPES = {"int64": "i64", "int32": "i32", "uint8": "u8", "bool": "bool"}
_LEAST_RUNS, _MOST_RUNS, _WARM_UP = 7, 150, 2


def profile(setup: Setup, *, seconds: float) -> tuple[EngineNode, ...]:
    """Each layer with its mean time over runs of about this long, stopped behind every layer."""
    session = NcnnSession(setup)
    session.run()
    found: dict[int, list[float]] = defaultdict(list)
    end, runs = time.perf_counter() + seconds, 0
    while runs < _LEAST_RUNS or (time.perf_counter() < end and runs < _MOST_RUNS):
        runs += 1
        for index, spent in enumerate(session.times()):
            if runs > _WARM_UP:
                found[index].append(spent)
    return session.nodes([trimmed_mean(found[index]) for index in sorted(found)])


def _plain(value: NDArray[np.generic]) -> NDArray[np.generic]:
    """The values as ncnn takes them: integers of 32 bits, whatever the file says."""
    return np.ascontiguousarray(value, dtype=np.int32 if value.dtype.kind == "i" else value.dtype)


def _values(mat: Any) -> int:  # noqa: ANN401
    return int(mat.w * mat.h * mat.d * mat.c * mat.elempack)


def _layers(param: Path) -> list[_Layer]:
    """The layers of a parameter file: kind, name, numbers of inputs and outputs, then their names."""
    found = []
    for line in param.read_text(encoding="utf-8").splitlines()[2:]:
        words = line.split()
        first, last = 4 + int(words[2]), 4 + int(words[2]) + int(words[3])
        found.append(_Layer(words[1], words[0], tuple(words[4:first]), tuple(words[first:last])))
    return found


def _convert(setup: Setup, folder: Path) -> tuple[Path, Path]:
    """The ncnn files of the network; refused for batches above one, which ncnn does not have."""
    batches = {value.shape[0] for value in setup.feeds.values() if value.ndim}
    if batches - {1}:
        raise EngineError("ncnn has no batch dimension; measure it with --batch 1")
    tool = _pnnx()
    model = folder / "net.onnx"
    shutil.copy(setup.model, model)
    shapes = ",".join(
        "[" + ",".join(map(str, value.shape)) + "]" + _TYPES.get(value.dtype.name, "f32")
        for value in setup.feeds.values()
    )
    try:
        done = subprocess.run(  # noqa: S603 - a tool of a pinned package on a file of ours
            bound([tool, model.name, f"inputshape={shapes}", "fp16=0"]),
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
    unknown = {layer.kind for layer in _layers(param) if "." in layer.kind}
    if unknown:
        raise EngineError(f"ncnn has no layer for {', '.join(sorted(unknown)[:4])}")
    return param, weights


def _pnnx() -> str:
    """The converter's own program; the package's Python side, which loads PyTorch, is not needed."""
    spec = importlib.util.find_spec("pnnx")
    if spec is None or spec.origin is None:
        raise EngineError("pnnx is not installed; install it with: pip install --no-deps pnnx")
    return str(Path(spec.origin).with_name("pnnx"))


open_session = NcnnSession
