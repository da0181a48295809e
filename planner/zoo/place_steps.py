"""Operators that choose places: the best of a list, what is there, and features between cells of a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.workload.graph import Dim, TensorSpec
from planner.zoo.tensor_steps import TensorSteps


class PlaceSteps(TensorSteps):
    """Each method adds one operator and returns the name of the tensor it makes."""

    def at_largest(self, x: str, numbers: str, name: str = "at") -> str:
        """Of (batch, places, width) the place where (batch, places) numbers are largest, (batch, width)."""
        spec = TensorSpec("int64", (self.shape(numbers)[0], 1))
        place = self._add("ArgMax", (numbers,), spec, f"{name}.place", axis=1, keepdims=1)
        chosen = TensorSpec("float", (self.shape(x)[0], self.extent(x, 2)))
        return self._add("GatherND", (x, place), chosen, name, batch_dims=1)

    def top_places(self, numbers: str, count: int, name: str = "topk") -> str:
        """Places of the largest of (batch, places, 1) numbers, (batch, count, 1)."""
        full = self._unique(name)
        places = f"{full}.places"
        shape = (self.shape(numbers)[0], count, 1)
        self._tensors[f"{full}.values"] = TensorSpec("float", shape)
        self._tensors[places] = TensorSpec("int64", shape)
        inputs = (numbers, self.constant([count], name=f"{name}.k"))
        self._append("TopK", inputs, (f"{full}.values", places), full, axis=1)
        return places

    def largest(self, x: str, count: int, name: str = "topk") -> str:
        """The largest numbers along the last axis."""
        full = self._unique(name)
        shape = (*self.shape(x)[:-1], count)
        self._tensors[f"{full}.values"] = TensorSpec("float", shape)
        inputs = (x, self.constant([count], name=f"{name}.k"))
        self._append("TopK", inputs, (f"{full}.values", f"{full}.places"), full, axis=-1)
        return f"{full}.values"

    def gather_places(self, x: str, places: str, name: str = "gather") -> str:
        """Of (batch, places, width) those of (batch, count, 1) numbers, (batch, count, width)."""
        spec = TensorSpec("float", (self.shape(x)[0], self.extent(places, 1), self.extent(x, 2)))
        return self._add("GatherND", (x, places), spec, name, batch_dims=1)

    def grid_sample(self, x: str, grid: str, name: str = "sample") -> str:
        """Features of a map (n, c, h, w) at places (n, rows, columns, 2) from -1 to 1, zero outside."""
        shape = (self.shape(x)[0], self.extent(x, 1), self.extent(grid, 1), self.extent(grid, 2))
        return self._add(
            "GridSample", (x, grid), TensorSpec("float", shape), name,
            mode="bilinear", padding_mode="zeros", align_corners=0,
        )  # fmt: skip

    def einsum(self, equation: str, a: str, b: str, name: str = "einsum") -> str:
        """Sum of products by labels, `ab,bc->ac`."""
        inputs, _, result = equation.partition("->")
        extents: dict[str, Dim] = {}
        for labels, tensor in zip(inputs.split(","), (a, b), strict=True):
            extents |= dict(zip(labels, self.shape(tensor), strict=True))
        spec = TensorSpec("float", tuple(extents[label] for label in result))
        return self._add("Einsum", (a, b), spec, name, equation=equation)

    def write_places(self, x: str, places: NDArray[np.int64], values: str, name: str = "scatter") -> str:
        """The tensor with other values at places, whose last axis holds indices into it."""
        indices = self.constant(places, name=f"{name}.places")
        return self._add("ScatterND", (x, indices, values), self._tensors[x], name)

    def into_batch(self, x: str, name: str = "fold") -> str:
        """The second axis counted with the batch: (batch, n, ...) as (batch x n, ...)."""
        rest = tuple(self.extent(x, axis) for axis in range(2, len(self.shape(x))))
        inputs = (x, self.constant((-1, *rest), name=f"{name}.shape"))
        spec = TensorSpec("float", (f"{self.shape(x)[0]} x {self.extent(x, 1)}", *rest))
        return self._add("Reshape", inputs, spec, name)

    def out_of_batch(self, x: str, count: int, batch: str = "batch", name: str = "unfold") -> str:
        """The way back from `into_batch`."""
        rest = tuple(self.extent(x, axis) for axis in range(1, len(self.shape(x))))
        inputs = (x, self.constant((-1, count, *rest), name=f"{name}.shape"))
        return self._add("Reshape", inputs, TensorSpec("float", (batch, count, *rest)), name)
