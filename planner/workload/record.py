"""A workload as JSON: the keys that `planner inspect --format json` promises."""

from __future__ import annotations

from planner.schema.record.network import InspectRecord, OperatorRecord, TensorRecord
from planner.workload.graph import UNKNOWN_RANK, TensorSpec
from planner.workload.wholeness import why_partial
from planner.workload.workload import Workload


def workload_record(workload: Workload, *, kernels: int) -> InspectRecord:
    """Totals and one entry per operator; `kernels` is how many the engine makes of them."""
    return {
        "model": workload.model,
        "batch": workload.batch,
        "precision": workload.precision,
        "macs": workload.macs,
        "flops": workload.flops,
        "parameters": workload.parameters,
        "weight_bytes": workload.weight_bytes,
        "activation_bytes": workload.activation_bytes,
        "peak_activation_bytes": workload.peak_activation_bytes,
        "kernels": kernels,
        "inputs": [tensor_row(name, TensorSpec(t.dtype, t.shape)) for name, t in workload.inputs.items()],
        "outputs": [tensor_row(name, workload.results.get(name)) for name in workload.outputs],
        "operators": operator_rows(workload),
        "unresolved": [
            {"name": item.name, "op_type": item.op_type, "reason": item.reason}
            for item in workload.unresolved
        ],
        "whole": why_partial(workload) is None,
        "assumptions": list(workload.assumptions),
        "sha256": workload.digest,
    }


def tensor_row(name: str, spec: TensorSpec | None) -> TensorRecord:
    """An input or output with what is known of its type; of a sequence only what it holds."""
    if spec is None:
        return {"name": name, "shape": None, "dtype": None}
    if spec.items is not None:
        return {"name": name, "shape": None, "dtype": f"sequence({spec.dtype})"}
    shape = None if spec.shape == UNKNOWN_RANK else [d if isinstance(d, int) else None for d in spec.shape]
    return {"name": name, "shape": shape, "dtype": spec.dtype}


def operator_rows(workload: Workload) -> list[OperatorRecord]:
    """One row per operator, as in the JSON and the CSV."""
    return [
        {
            "name": operator.name,
            "op_type": operator.op_type,
            "macs": operator.macs,
            "flops": operator.flops,
            "input_bytes": operator.input_bytes,
            "output_bytes": operator.output_bytes,
            "weight_bytes": operator.weight_bytes,
            "precision": operator.precision,
        }
        for operator in workload.operators
    ]
