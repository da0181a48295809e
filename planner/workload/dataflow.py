"""Who writes and who reads what between the operators of a workload, conversions seen through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planner.workload.operation import Access, Operator
from planner.workload.workload import Workload

QUANTISING = frozenset({"QuantizeLinear", "com.microsoft:QuantizeLinear"})
DEQUANTISING = frozenset({"DequantizeLinear", "com.microsoft:DequantizeLinear"})


@dataclass(frozen=True, slots=True)
class Dataflow:
    """Operators by index, and the tensors between them.

    `attached` are views and dequantisations: no work of their own, their results are aliases of their
    `source`. `kept` are tensors that must exist after the last kernel that knows them: outputs of the
    network, and what an unresolved node reads.
    """

    operators: tuple[Operator, ...]
    source: Mapping[str, str]
    attached: frozenset[int]
    producer: Mapping[str, int]
    consumers: Mapping[str, frozenset[int]]
    kept: frozenset[str]

    def root(self, name: str) -> str:
        """The tensor that a name refers to."""
        while name in self.source:
            name = self.source[name]
        return name

    def reads(self, index: int) -> tuple[str, ...]:
        """Tensors that an operator reads, each once."""
        return tuple(dict.fromkeys(self.root(access.tensor) for access in self.operators[index].reads))

    def writes(self, index: int) -> tuple[Access, ...]:
        """Tensors that an operator writes."""
        return self.operators[index].writes

    def readers(self, name: str) -> frozenset[int]:
        """Operators that read a tensor, conversions left out."""
        return self.consumers.get(name, frozenset())


def dataflow_of(workload: Workload) -> Dataflow:
    """The dataflow of a workload."""
    lost = {name for unresolved in workload.unresolved for name in unresolved.reads}
    final = {*workload.outputs, *lost}
    source, attached = _attach(workload.operators, final)
    linked = Dataflow(workload.operators, source, frozenset(attached), {}, {}, frozenset())
    producer: dict[str, int] = {}
    consumers: dict[str, set[int]] = {}
    for index, operator in enumerate(workload.operators):
        if index in attached:
            continue
        for name in linked.reads(index):
            consumers.setdefault(name, set()).add(index)
        for access in operator.writes:
            producer[access.tensor] = index
    return Dataflow(
        operators=workload.operators,
        source=source,
        attached=frozenset(attached),
        producer=producer,
        consumers={name: frozenset(readers) for name, readers in consumers.items()},
        kept=frozenset(linked.root(name) for name in final),
    )


def _attach(operators: tuple[Operator, ...], final: set[str]) -> tuple[dict[str, str], set[int]]:
    """A dequantisation whose result leaves the network is work of its own; any other is read through."""
    read = {access.tensor for operator in operators for access in operator.reads}
    source: dict[str, str] = {}
    attached: set[int] = set()
    for index, operator in enumerate(operators):
        if not operator.reads or not operator.writes:
            continue
        result = operator.writes[0].tensor
        through = operator.op_type in DEQUANTISING and result in read and result not in final
        if operator.op_class == "view" or through:
            source[result] = operator.reads[0].tensor
            attached.add(index)
    return source, attached
