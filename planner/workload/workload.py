"""A network as work: operators with their operations and bytes, and totals over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.collector import collector_paused
from planner.errors import InputError, Problem, UnsupportedModelError
from planner.shown import Shown
from planner.workload.asked import Asked
from planner.workload.caches.keys_and_values import in_place
from planner.workload.counting import count_operators, with_bytes
from planner.workload.dtypes import FLOATS, STORED_AS, precision_of, storage_bytes
from planner.workload.graph import Array, Graph, TensorSpec
from planner.workload.memory import peak_bytes
from planner.workload.operation import Access, Contraction, Operator, Tensor, Unresolved
from planner.workload.shapes.canonical import digest
from planner.workload.shapes.resolve import Resolved, resolve

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Access",
    "Contraction",
    "Operator",
    "Tensor",
    "Unresolved",
    "Workload",
    "at_batch",
    "at_precision",
    "is_quantised",
    "read_workload",
]


@dataclass(frozen=True, slots=True, repr=False)
class Workload(Shown):
    """Everything counted about one network at one batch and input size.

    `precision` is None while tensors have the types of the file. `folded` names nodes that an engine works
    out once at loading: they cost nothing per inference and are not among the operators.
    """

    model: str
    batch: int
    precision: str | None
    inputs: Mapping[str, Tensor]
    outputs: tuple[str, ...]
    results: Mapping[str, TensorSpec]
    """Types of the outputs as far as they are known, an extent that is not as the file names it."""
    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    unresolved: tuple[Unresolved, ...]
    folded: tuple[str, ...]
    assumptions: tuple[str, ...]
    graph: Graph = field(repr=False, compare=False)
    """The network itself, so that another batch can be counted."""
    asked: Asked = field(default_factory=Asked, repr=False, compare=False)
    """What the user said beside the file."""
    batch_axes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Input -> its axis of the batch, where it has one."""
    values: Mapping[str, Array] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, compare=False
    )
    """What the user says that inputs hold, in their shapes and types."""
    caches: int = 0
    """Caches of keys and values that a step appends to: a decoder that writes one token has them."""

    @property
    def digest(self) -> str:
        """SHA-256 of the graph, whatever the batch; worked out when asked, as few who count need it."""
        return digest(self.graph)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference of the whole batch."""
        return sum(operator.macs for operator in self.operators)

    @property
    def flops(self) -> int:
        """Operations of one inference: 2 x MACs + all others."""
        return sum(operator.flops for operator in self.operators)

    @property
    def parameters(self) -> int:
        """Trained numbers; running statistics, settings, indices and quantisation scales are none."""
        return sum(tensor.elements for tensor in self.tensors.values() if tensor.kind == "weight")

    @property
    def weight_bytes(self) -> int:
        """Bytes of weights and buffers."""
        return self._bytes_of("weight", "buffer")

    @property
    def constant_bytes(self) -> int:
        """Bytes of other constants, such as anchors, masks and results of folding."""
        return self._bytes_of("constant")

    @property
    def activation_bytes(self) -> int:
        """Bytes that the operators write."""
        return sum(operator.output_bytes for operator in self.operators)

    @property
    def peak_activation_bytes(self) -> int:
        """Most bytes of activations alive at once when operators run one by one in order."""
        sizes = {name: storage_bytes(tensor.dtype, tensor.elements) for name, tensor in self.tensors.items()}
        return peak_bytes(self.operators, sizes, self.inputs, self._known_outputs(), self.views)

    @property
    def views(self) -> Mapping[str, str]:
        """View -> the tensor whose memory it shares."""
        return {
            operator.writes[0].tensor: operator.reads[0].tensor
            for operator in self.operators
            if operator.op_class == "view" and operator.reads and operator.writes
        }

    def takes_batch(self, batch: int) -> bool:
        """Whether the file leaves open, or has as one, the extents of the batch, so that it can be this."""
        extents = [self.graph.inputs[name].shape[axis] for name, axis in self.batch_axes.items()]
        if not extents:
            return batch == self.batch
        return all(isinstance(extent, str) or extent in (1, batch) for extent in extents)

    def _known_outputs(self) -> tuple[str, ...]:
        return tuple(name for name in self.outputs if name in self.tensors)

    def _bytes_of(self, *kinds: str) -> int:
        return sum(
            storage_bytes(tensor.dtype, tensor.elements)
            for tensor in self.tensors.values()
            if tensor.kind in kinds
        )

    @property
    def headline(self) -> str:
        """What it is and says, in one line."""
        return (
            f"{self.model}: {self.macs / 1e9:.4g} GMAC, {self.parameters / 1e6:.4g} M parameters, "
            f"batch {self.batch}, {len(self.operators)} operators"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per operator."""
        import pandas as pd

        columns = (
            "name", "op_type", "op_class", "precision", "macs", "flops",
            "input_bytes", "output_bytes", "weight_bytes",
        )  # fmt: skip
        rows = [{column: getattr(operator, column) for column in columns} for operator in self.operators]
        return pd.DataFrame(rows, columns=list(columns))


def _read(path: Path) -> Graph:
    # Here and not above: the onnx package takes long to import, and networks of the zoo need none of it.
    from planner.workload.file.onnx_file import read_graph

    return read_graph(path)


def read_workload(
    graph_or_path: Graph | Path,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    name: str | None = None,
    asked: Asked | None = None,
) -> Workload:
    """Counts a network from its ONNX file or graph.

    `batch` and `shapes` (whole shapes by input name) set what the file leaves open; `asked` has these and
    more. Raises `InputError` for
    a bad file or extents that do not fit, and `UnsupportedModelError` where no operator at all could be
    counted; single operators that could not be are in `unresolved`.
    """
    with collector_paused():
        graph = graph_or_path if isinstance(graph_or_path, Graph) else _read(graph_or_path)
        wanted = asked if asked is not None else Asked(batch=batch, shapes=shapes or {})
        binding, resolved = resolve(graph, wanted)
        counted = in_place(count_operators(resolved), tuple(graph.inputs), graph.outputs)
    model = name or graph.name
    if not counted.operators and counted.unresolved:
        first = counted.unresolved[0]
        raise UnsupportedModelError(
            f"{model}: expected operators that can be counted, got {len(counted.unresolved)} that cannot; "
            f"the first is {first.name!r} ({first.op_type}): {first.reason}"
        )
    inputs = {key: counted.tensors[key] for key in graph.inputs}
    return Workload(
        model=model,
        batch=binding.batch,
        precision=None,
        inputs=MappingProxyType(inputs),
        outputs=graph.outputs,
        results=MappingProxyType(_results(graph, resolved)),
        tensors=MappingProxyType(dict(counted.tensors)),
        operators=counted.operators,
        unresolved=counted.unresolved,
        folded=counted.folded,
        assumptions=(*resolved.assumptions, *counted.assumptions),
        graph=graph,
        asked=wanted,
        batch_axes=MappingProxyType(dict(binding.axes)),
        values=binding.values,
        caches=counted.caches,
    )


def _results(graph: Graph, resolved: Resolved) -> dict[str, TensorSpec]:
    known = {name: resolved.tensors.get(name, graph.declared.get(name)) for name in graph.outputs}
    return {name: spec for name, spec in known.items() if spec is not None}


def is_quantised(workload: Workload) -> bool:
    """Whether the file itself computes in 8 bits or fewer somewhere, or turns activations into integers."""
    return any(
        operator.op_type == "QuantizeLinear" or (operator.macs and operator.precision in ("int8", "int4"))
        for operator in workload.operators
    )


def at_batch(workload: Workload, batch: int) -> Workload:
    """The same network at another batch size, counted anew; other input extents and the precision stay."""
    asked, axes = workload.asked, workload.batch_axes
    symbols = {workload.graph.inputs[name].shape[axis] for name, axis in axes.items()}
    wanted = replace(
        asked,
        batch=batch,
        shapes={name: _with(shape, axes.get(name), batch) for name, shape in asked.shapes.items()},
        dims={name: extent for name, extent in asked.dims.items() if name not in symbols},
        extents={
            name: _with(shape, 0 if shape and shape[0] == workload.batch else None, batch)
            for name, shape in asked.extents.items()
        },
    )
    counted = read_workload(workload.graph, name=workload.model, asked=wanted)
    return counted if workload.precision is None else at_precision(counted, workload.precision)


def _with(shape: tuple[int, ...], axis: int | None, extent: int) -> tuple[int, ...]:
    return shape if axis is None else (*shape[:axis], extent, *shape[axis + 1 :])


def at_precision(workload: Workload, precision: str) -> Workload:
    """The same work with its float tensors stored and computed at another precision.

    Integer tensors, those of a network that is quantised already among them, keep their types. Conversions
    at the borders and accuracy are not modelled. Raises `InputError` for an unknown precision.
    """
    if precision not in STORED_AS:
        expected = f"one of {', '.join(STORED_AS)}"
        raise InputError(workload.model, [Problem("precision", expected, repr(precision))])
    weight_type, activation_type = STORED_AS[precision]
    tensors = {
        name: replace(tensor, dtype=activation_type if tensor.kind == "activation" else weight_type)
        if tensor.dtype in FLOATS
        else tensor
        for name, tensor in workload.tensors.items()
    }
    floats = {precision_of(dtype) for dtype in FLOATS} | {"tf32"}
    operators = tuple(
        with_bytes(operator, tensors, precision if operator.precision in floats else operator.precision)
        for operator in workload.operators
    )
    return replace(
        workload,
        precision=precision,
        inputs=MappingProxyType({name: tensors[name] for name in workload.inputs}),
        results=MappingProxyType(
            {
                name: replace(spec, dtype=tensors[name].dtype if name in tensors else spec.dtype)
                for name, spec in workload.results.items()
            }
        ),
        tensors=MappingProxyType(tensors),
        operators=operators,
    )
