"""Collects the nodes, weights and constants of one network under readable names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from planner.workload.graph import Attribute, Dim, Graph, Initializer, Node, TensorSpec

OPSET = 17
"""ONNX operator set of every network in the zoo: the first with LayerNormalization."""

_ONNX_DTYPES = {"float32": "float", "int64": "int64"}


_SIDES: ContextVar[tuple[int, int] | None] = ContextVar("sides", default=None)


@contextmanager
def image_sides(sides: tuple[int, int] | None) -> Iterator[None]:
    """Networks built inside take images of this height and width; None for their own."""
    token = _SIDES.set(sides)
    try:
        yield
    finally:
        _SIDES.reset(token)


def is_image(shape: tuple[Dim, ...]) -> bool:
    """Whether an input is a batch of grey or coloured images."""
    return len(shape) == 4 and shape[1] in (1, 3, 4)


class GraphWriter:
    """Keeps what has been written so far; `finish` makes the `Graph` of it.

    Learned weights become initialisers, of which only the shape is known; fixed numbers (reshape targets,
    anchors, the scale of attention) become Constant nodes. `scope` gives the layers inside it a common
    prefix, so that names read like `layer1.0.conv1`; a name that is taken gets a number.
    """

    def __init__(self, name: str, *, folded: bool = False) -> None:
        self._name = name
        self.folded = folded
        """Whether batch norm is folded into the convolutions, as in files made for deployment."""
        self._scopes: list[str] = []
        self._inputs: dict[str, TensorSpec] = {}
        self._tensors: dict[str, TensorSpec] = {}
        self._initializers: dict[str, Initializer] = {}
        self._nodes: list[Node] = []
        self._taken: set[str] = set()
        self._domains: dict[str, int] = {}

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Prefixes the names of all layers added inside with `name` and a dot."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    def finish(self, *outputs: str) -> Graph:
        """The network with these tensors as its outputs."""
        return Graph(
            name=self._name,
            inputs=MappingProxyType(dict(self._inputs)),
            outputs=outputs,
            nodes=tuple(self._nodes),
            initializers=MappingProxyType(dict(self._initializers)),
            opset=OPSET,
            domains=MappingProxyType(dict(self._domains)),
        )

    def shape(self, tensor: str) -> tuple[Dim, ...]:
        """Shape of a tensor made so far."""
        return self._tensors[tensor].shape

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the image that the network reads."""
        image = next(name for name, spec in self._inputs.items() if is_image(spec.shape))
        return self.extent(image, 2), self.extent(image, 3)

    def extent(self, tensor: str, axis: int) -> int:
        """Extent of one axis, which must be known (any axis but the batch)."""
        value = self.shape(tensor)[axis]
        if not isinstance(value, int):
            raise ValueError(f"axis {axis} of {tensor} must be a number here, got the symbol {value!r}")
        return value

    def input(self, name: str, shape: tuple[Dim, ...], dtype: str = "float") -> str:
        """A graph input; images take the sides that were asked with `image_sides`."""
        asked = _SIDES.get()
        if asked is not None and is_image(shape):
            shape = (*shape[:2], *asked)
        spec = TensorSpec(dtype, shape)
        self._inputs[name] = spec
        self._tensors[name] = spec
        self._taken.add(name)
        return name

    def parameter(self, name: str, shape: tuple[int, ...], dtype: str = "float") -> str:
        """A learned weight, of which only the shape is known."""
        full = self._unique(name)
        spec = TensorSpec(dtype, shape)
        self._initializers[full] = Initializer(spec)
        self._tensors[full] = spec
        return full

    def constant(
        self, values: float | Sequence[int] | NDArray[np.float32 | np.int64], name: str = "constant"
    ) -> str:
        """A fixed tensor: a float scalar, a list of integers, or an array of float32 or int64."""
        if isinstance(values, float):
            array: NDArray[np.generic] = np.array(values, dtype=np.float32)
        elif isinstance(values, np.ndarray):
            array = values
        else:
            array = np.array(values, dtype=np.int64)
        spec = TensorSpec(_ONNX_DTYPES[array.dtype.name], array.shape)
        return self._add("Constant", (), spec, name, value=Initializer(spec, array, literal=True))

    def _add(
        self, op_type: str, inputs: Sequence[str], spec: TensorSpec, name: str, **attributes: Attribute
    ) -> str:
        """One node of the standard, or of ONNX Runtime's own operators where `op_type` has their prefix."""
        full = self._unique(name)
        self._tensors[full] = spec
        self._append(op_type, tuple(inputs), (full,), full, **attributes)
        return full

    def _append(
        self,
        op_type: str,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        full: str,
        **attributes: Attribute,
    ) -> None:
        stored = {key: _as_stored(value) for key, value in attributes.items()}
        domain, _, kind = op_type.rpartition(":")
        if domain:
            self._domains[domain] = 1
        self._nodes.append(Node(full, kind, inputs, outputs, MappingProxyType(stored), domain))

    def _unique(self, name: str) -> str:
        full = ".".join((*self._scopes, name))
        candidate, again = full, 0
        while candidate in self._taken:
            again += 1
            candidate = f"{full}_{again}"
        self._taken.add(candidate)
        return candidate


def _as_stored(value: Attribute) -> Attribute:
    """A float as ONNX keeps it, in 32 bits, so that a written and read network is the same."""
    return float(np.float32(value)) if isinstance(value, float) else value
