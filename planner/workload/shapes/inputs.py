"""Extents of a network's inputs: what the file says, what the user sets, what has to be assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from planner.errors import InputError, Problem, UnknownIdError
from planner.workload.asked import Asked
from planner.workload.dtypes import BITS, TEXT
from planner.workload.file.numpy_types import numpy_type
from planner.workload.graph import UNKNOWN_RANK, Array, Dim, Graph, TensorSpec, sequence_of
from planner.workload.shapes.batch_axis import batch_axes
from planner.workload.shapes.decoder_extents import decoder_extents

_LARGEST = 2**31 - 1

_IMAGE_SIDE = 640
"""Side assumed for an image whose size the file leaves open, as most detectors take it."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Inputs with all extents known, and the values that the user gave some of them.

    `batch_factor` is by how much the batch grew where the file fixes it; `overridden` says whether any
    extent that the file fixes was changed. `symbols` are the extents taken for those left open. `batch` is
    how many inferences one run holds, along `axes` of the inputs that have such an axis.
    """

    inputs: Mapping[str, TensorSpec]
    batch_factor: int
    overridden: bool
    assumptions: tuple[str, ...]
    symbols: Mapping[str, int]
    values: Mapping[str, Array]
    batch: int
    axes: Mapping[str, int]


def bind_inputs(graph: Graph, asked: Asked) -> Binding:
    """Sets every extent of every input from what is asked and from the file, in this order.

    An image (four extents, 1, 3 or 4 channels) of open size is assumed to be 640 x 640, and the assumption
    noted. Raises `InputError` for contradictions and other extents left open, `UnknownIdError` for an input
    or an open extent that the network does not have.
    """
    _refuse_unknown(graph, asked)
    batch = asked.batch
    if batch is not None and not 1 <= batch <= _LARGEST:
        raise InputError(graph.name, [Problem("batch", f"a whole number from 1 to {_LARGEST}", str(batch))])
    binder = _Binder(graph, asked)
    bound = {name: _bound(spec, binder.shape(name, spec)) for name, spec in graph.inputs.items()}
    binder.refuse_stray_batch()
    values = {name: binder.value(name, bound[name], value) for name, value in asked.values.items()}
    values |= _empty(bound)
    if binder.problems:
        raise InputError(graph.name, binder.problems)
    size, axes = binder.inferences(bound)
    return Binding(
        inputs=bound,
        batch_factor=binder.factor,
        overridden=binder.overridden,
        assumptions=tuple(binder.assumptions),
        symbols=binder.symbols,
        values=values,
        batch=size,
        axes=axes,
    )


def _refuse_unknown(graph: Graph, asked: Asked) -> None:
    for name in (*asked.shapes, *asked.values):
        if name not in graph.inputs:
            raise UnknownIdError("input", name, graph.inputs)
    open_extents = {dim for spec in graph.inputs.values() for dim in spec.shape if isinstance(dim, str)}
    for name in asked.dims:
        if name not in open_extents:
            raise UnknownIdError("open extent", name, open_extents - set(UNKNOWN_RANK))
    wrong = {name: extent for name, extent in asked.dims.items() if not 0 <= extent <= _LARGEST}
    if wrong:
        expected = f"a whole number from 0 to {_LARGEST}"
        problems = [Problem(f"extent {name!r}", expected, str(extent)) for name, extent in wrong.items()]
        raise InputError(graph.name, problems)


def _bound(spec: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
    """An input with its extents; a sequence holds one tensor of these."""
    item = TensorSpec(spec.dtype, shape)
    return item if spec.items is None else sequence_of(spec.dtype, (item,))


def _empty(bound: Mapping[str, TensorSpec]) -> dict[str, Array]:
    """Inputs without elements, of which everything is known (axes that are not given).

    NumPy has none whose other extents are beyond its addresses; nothing is known of those.
    """
    return {
        name: np.empty([int(dim) for dim in spec.shape], dtype)
        for name, spec in bound.items()
        if spec.items is None
        and 0 in spec.shape
        and math.prod(int(dim) for dim in spec.shape if dim) <= _LARGEST
        and (dtype := numpy_type(spec.dtype)) is not None
    }


class _Binder:
    """Collects problems and assumptions while the inputs are bound one by one."""

    def __init__(self, graph: Graph, asked: Asked) -> None:
        self._batch = asked.batch
        self._shapes = {**_shapes_of_values(graph, asked), **asked.shapes}
        self._axes = batch_axes(graph)
        self._filed = {name: spec.shape for name, spec in graph.inputs.items()}
        self.symbols: dict[str, int] = dict(asked.dims)
        self._batch_found = False
        self._fixed_batches: list[tuple[str, int]] = []
        self.factor = 1
        self.overridden = False
        self.assumptions: list[str] = []
        self.problems: list[Problem] = []
        for name, shape in self._shapes.items():
            self._learn_symbols(name, graph.inputs[name].shape, shape)
        open_ones = {
            dim: spec for spec in graph.inputs.values() for dim in spec.shape if isinstance(dim, str)
        }
        if any(dim not in self.symbols for dim in open_ones):
            usual, assumed = decoder_extents(graph, self.symbols)
            self.symbols |= usual
            self.assumptions += assumed

    def _learn_symbols(self, name: str, declared: tuple[Dim, ...], shape: tuple[int, ...]) -> None:
        for dim, extent in zip(declared, shape, strict=False):
            if isinstance(dim, str) and self.symbols.setdefault(dim, extent) != extent:
                got = f"{self.symbols[dim]} and {extent}"
                self._refuse(name, f"one value for the extent {dim!r}", got, "give equal extents")

    def _refuse(self, name: str, expected: str, got: str, advice: str) -> None:
        self.problems.append(Problem(f"input {name!r}", expected, got, advice))

    def shape(self, name: str, spec: TensorSpec) -> tuple[int, ...]:
        """All extents of one input; an extent with a problem becomes 1."""
        if spec.dtype not in BITS and spec.dtype != TEXT:
            self._refuse(name, "an element type", spec.dtype, "export the network again")
        if name in self._shapes:
            return self._given(name, spec.shape, self._shapes[name])
        if spec.shape == UNKNOWN_RANK:
            self._refuse(name, "a shape", "none in the file", f"set it with --shape {name}=...")
            return ()
        if any(isinstance(dim, int) and dim > _LARGEST for dim in spec.shape):
            self._refuse(name, f"extents up to {_LARGEST}", _text(spec.shape), "the file is damaged")
        elif 0 in spec.shape:
            self.assumptions.append(f"input {name!r}: no elements, {_text(spec.shape)}, as the file says")
        if len(spec.shape) == 4 and (spec.shape[1] in (1, 3, 4) or spec.shape[3] in (1, 3, 4)):
            self._assume_image_side(name, spec.shape)
        extents = [self._extent(name, dim, axis) for axis, dim in enumerate(spec.shape)]
        unset = [str(dim) for dim, extent in zip(spec.shape, extents, strict=True) if extent is None]
        if unset:
            example = ",".join(
                str(dim if extent is None else extent)
                for dim, extent in zip(spec.shape, extents, strict=True)
            )
            got = f"{_text(spec.shape)} with {', '.join(unset)} open"
            advice = f"set them with --shape {name}={example} or --dim {unset[0]}=N"
            self._refuse(name, "known extents", got, advice)
        return tuple(1 if extent is None else extent for extent in extents)

    def _assume_image_side(self, name: str, declared: tuple[Dim, ...]) -> None:
        """Sides of an image, channels before them or last."""
        for dim in declared[2:] if declared[1] in (1, 3, 4) else declared[1:3]:
            if isinstance(dim, str) and dim not in self.symbols:
                self.symbols[dim] = _IMAGE_SIDE
                self.assumptions.append(
                    f"input {name!r}: {dim} {_IMAGE_SIDE}, as the file leaves it open (set it with --shape)"
                )

    def _given(self, name: str, declared: tuple[Dim, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
        if not all(0 <= extent <= _LARGEST for extent in shape):
            self._refuse(name, f"extents from 0 to {_LARGEST}", str(list(shape)), "correct --shape")
        if declared == UNKNOWN_RANK:
            return shape
        if len(shape) != len(declared):
            expected = f"{len(declared)} extents like {_text(declared)}"
            self._refuse(name, expected, str(list(shape)), "correct --shape")
            return shape
        batch_axis = self._axes.get(name)
        if self._batch is not None and batch_axis is not None and shape[batch_axis] != self._batch:
            expected = f"the batch {self._batch} as extent {batch_axis}"
            self._refuse(name, expected, str(list(shape)), "leave out --batch or correct --shape")
        for axis, (dim, extent) in enumerate(zip(declared, shape, strict=True)):
            if isinstance(dim, int) and dim != extent:
                self.overridden = True
                self.assumptions.append(f"input {name!r}: extent {axis} is {extent} where the file has {dim}")
                if axis == batch_axis and dim == 1:
                    self.factor = extent
        self._batch_found = self._batch_found or batch_axis is not None
        return shape

    def _extent(self, name: str, dim: Dim, axis: int) -> int | None:
        """One extent; None where nothing says it."""
        if axis == self._axes.get(name) and self._batch is not None:
            return self._of_batch(name, dim, self._batch)
        if isinstance(dim, int):
            return dim
        if dim in self.symbols:
            return self.symbols[dim]
        if axis == self._axes.get(name):
            self.assumptions.append(f"input {name!r}: batch 1, as the file leaves the extent {dim!r} open")
            self.symbols[dim] = 1
            return 1
        return None

    def _of_batch(self, name: str, dim: Dim, batch: int) -> int:
        if isinstance(dim, str):
            if self.symbols.setdefault(dim, batch) != batch:
                got = f"{self.symbols[dim]} for {dim!r}"
                self._refuse(name, f"the batch {batch}", got, "give equal extents")
            self._batch_found = True
            return batch
        if dim == 1:
            self._batch_found = True
            if batch > 1:
                self.factor, self.overridden = batch, True
                self.assumptions.append(f"input {name!r}: batch {batch} where the file has 1")
            return batch
        self._batch_found = self._batch_found or dim == batch
        if dim != batch:
            self._fixed_batches.append((name, dim))
        return dim

    def refuse_stray_batch(self) -> None:
        """A batch that no input can take is refused; an input that keeps its own extent is noted."""
        for name, dim in self._fixed_batches:
            if self._batch_found:
                self.assumptions.append(f"input {name!r}: keeps its batch extent {dim}")
            else:
                expected = f"a batch extent that can be {self._batch}"
                advice = f"leave out --batch for the {dim} of the file, or export it with this batch or open"
                self._refuse(name, expected, f"{dim} fixed in the file", advice)
        if self._batch not in (None, 1) and not self._batch_found and not self._fixed_batches:
            problem = Problem(
                "inputs", f"one that takes the batch {self._batch}", "none", "leave out --batch"
            )
            self.problems.append(problem)

    def inferences(self, bound: Mapping[str, TensorSpec]) -> tuple[int, Mapping[str, int]]:
        """How many inferences one run holds, and the axes along which its inputs hold them.

        That is the extent of the first input's batch axis, where the others have the same or one; where they
        differ (nodes and edges of a graph) one run is one inference.
        """
        sizes = {name: int(bound[name].shape[axis]) for name, axis in self._axes.items() if bound[name].shape}
        first = next(iter(sizes.values()), 1)
        common = set(sizes.values()) <= {1, first} and not self._only_beside(bound)
        size = self._batch or (first if common else 1)
        axes = {name: self._axes[name] for name, extent in sizes.items() if extent == size}
        if bound and not axes and size == 1:
            self.assumptions.append("one run is one inference, as no extent of its inputs is a batch")
        return size, axes

    def _only_beside(self, bound: Mapping[str, TensorSpec]) -> bool:
        """Whether all that could be batches are fixed extents beside an input without one.

        The two rows of the edges of a graph, whose nodes are in an input of their own.
        """
        without = any(spec.shape and name not in self._axes for name, spec in bound.items())
        return without and all(
            isinstance(self._filed[name][axis], int) for name, axis in self._axes.items() if self._filed[name]
        )

    def value(self, name: str, spec: TensorSpec, value: Array) -> Array:
        """A value that the user gives an input, in its shape and type."""
        dtype = numpy_type(spec.dtype)
        if dtype is None or spec.items is not None or value.size != spec.elements:
            expected = f"{spec.elements} values of {_text(spec.shape)}"
            self._refuse(name, expected, f"{value.size} with --input", "give a number for each element")
            return value
        return value.astype(dtype).reshape([int(dim) for dim in spec.shape])


def _shapes_of_values(graph: Graph, asked: Asked) -> dict[str, tuple[int, ...]]:
    """Shapes of one-dimensional inputs of open length, by how many values the user gives."""
    return {
        name: (value.size,)
        for name, value in asked.values.items()
        if len(graph.inputs[name].shape) == 1
        and isinstance(graph.inputs[name].shape[0], str)
        and graph.inputs[name].shape != UNKNOWN_RANK
    }


def _text(shape: tuple[Dim, ...]) -> str:
    return "[" + ", ".join(str(dim) for dim in shape) + "]"
