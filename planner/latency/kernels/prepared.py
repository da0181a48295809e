"""A network made ready for one engine: what an estimate needs of it that does not depend on the part."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.errors import InputError, Problem
from planner.hardware.catalog import read_engine
from planner.hardware.fusion_rules import ALL_RULES, Fusing
from planner.latency.kernels.channel_layout import BlockRule
from planner.schema.hardware.device import Precision
from planner.workload.fusion import Fusion, FusionRule, Kernel, fusion_of, kernels_in
from planner.workload.quantise import in_8_bits
from planner.workload.wholeness import advice_for, why_partial
from planner.workload.workload import Workload, at_batch, at_precision

_EXPORT = "export it with the extents that it is used with"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """A network at one batch and precision, as the kernels of one engine; equal to itself alone."""

    workload: Workload
    kernels: tuple[Kernel, ...]
    memory_bytes: tuple[int, int]
    """Of weights and of peak activations."""
    weights: str = ""
    """Digest of the weights' names, types and extents: networks with equal ones are one in memory."""


def prepare(
    workload: Workload, batch: int, precision: Precision, engine: str, fusing: Fusing = ALL_RULES
) -> Prepared:
    """Everything about a network that does not depend on the part; `InputError` for a batch below one.

    `fusing` is that of an operating point: which rules of the engine hold there.
    """
    sized = sized_for(workload, batch)
    require_work(sized)
    require_whole(sized)
    return prepare_fused(at_precision(sized, precision), fused_by(sized, engine, fusing), fusing)


def sized_for(workload: Workload, batch: int) -> Workload:
    """The network at a batch size; `InputError` for one below one."""
    if batch == workload.batch == 0:  # of the file itself, which is refused with the input that has none
        return workload
    if not isinstance(batch, int) or batch < 1:
        raise InputError(workload.model, [Problem("batch", "a whole number of one or more", repr(batch))])
    return workload if batch == workload.batch else at_batch(workload, batch)


def require_work(workload: Workload) -> None:
    """Refuse a network that nothing can be predicted of: an input without elements, or nothing that computes.

    Views and folded nodes (Identity, Reshape, Shape, Dropout at inference) make no kernel that an engine
    runs.
    """
    empty = [
        name for name in workload.inputs if name in workload.tensors and not workload.tensors[name].elements
    ]
    if empty and not workload.macs:
        problem = Problem(
            f"input {empty[0]!r}", "a shape with one element or more", "a shape with none", _EXPORT
        )
    elif all(operator.op_class == "view" for operator in workload.operators):
        left = workload.unresolved or workload.operators
        types = ", ".join(sorted({operator.op_type for operator in left})) or "none"
        why = "could not be counted" if workload.unresolved else "compute nothing at inference"
        got = f"operators that {why} ({types})"
        problem = Problem("graph", "an operator that computes", got, "give the whole network")
    else:
        return
    raise InputError(workload.model, [problem])


def require_whole(workload: Workload) -> None:
    """Refuse a network that is not counted whole: no number of a part of it is given as that of all."""
    why = why_partial(workload)
    if why is not None:
        problem = Problem("graph", "a network that is counted whole", why, advice_for(workload))
        raise InputError(workload.model, [problem])


class Preparation:
    """One network made ready for many settings: sized once a batch, fused once an engine and batch.

    Units of a part that are compared, and settings of a plan, ask for the same network again and again.
    """

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self._sized: dict[int, Workload] = {}
        self._made: dict[tuple[int, Precision], Workload] = {}
        self._fused: dict[tuple[int, str, Fusing], Fusion] = {}
        self._prepared: dict[tuple[int, Precision, str, Fusing], Prepared] = {}

    def ready(self, batch: int, precision: Precision, engine: str, fusing: Fusing = ALL_RULES) -> Prepared:
        """As `prepare`."""
        key = (batch, precision, engine, fusing)
        if key not in self._prepared:
            if batch not in self._sized:
                sized = sized_for(self.workload, batch)
                require_work(sized)
                require_whole(sized)
                self._sized[batch] = sized
            sized = self._sized[batch]
            if (batch, engine, fusing) not in self._fused:
                self._fused[batch, engine, fusing] = fused_by(sized, engine, fusing)
            if (batch, precision) not in self._made:
                self._made[batch, precision] = at_precision(sized, precision)
            self._prepared[key] = prepare_fused(
                self._made[batch, precision], self._fused[batch, engine, fusing], fusing
            )
        return self._prepared[key]


def prepare_fused(made: Workload, fusion: Fusion, fusing: Fusing = ALL_RULES) -> Prepared:
    """A network whose batch and precision are set and whose kernels are known."""
    memory = (made.weight_bytes, made.peak_activation_bytes)
    kernels = kept_in_floats(kernels_in(made, fusion), fusing)
    return Prepared(made, kernels, memory, _digest_of_weights(made))


def kept_in_floats(kernels: Sequence[Kernel], fusing: Fusing) -> tuple[Kernel, ...]:
    """Kernels of a network in 8 bits, with those that the engine runs in floats of twice or four times that.

    Only kernels without weights: what follows a product of weights runs on its sums, in whatever width.
    """
    if not fusing.floats:
        return tuple(kernels)
    wider = _BYTES[fusing.floats]
    return tuple(
        replace(
            kernel,
            kept=fusing.floats,
            input_bytes=wider * kernel.input_bytes,
            output_bytes=wider * kernel.output_bytes,
        )
        if _stays_in_floats(kernel, fusing)
        else kernel
        for kernel in kernels
    )


_BYTES = {"fp16": 2, "bf16": 2, "fp32": 4, "tf32": 4}


def _stays_in_floats(kernel: Kernel, fusing: Fusing) -> bool:
    if kernel.weights and kernel.macs:
        return False
    products = kernel.op_class in ("matmul", "attention") and kernel.macs > 0
    named = bool(fusing.floats_of.intersection(kernel.op_types)) and not kernel.macs
    return kernel.precision == "int8" and (named or (products and fusing.floats_of_products))


def spelt_out(prepared: Prepared) -> int:
    """How many softmaxes between two products of activations run as kernels of their own."""
    producer = {write.tensor: kernel for kernel in prepared.kernels for write in kernel.writes}
    return sum(
        "Softmax" in kernel.op_types
        and not kernel.macs
        and any(
            (source := producer.get(read.tensor)) is not None and source.macs and source.op_class == "matmul"
            for read in kernel.reads
        )
        for kernel in prepared.kernels
    )


def attends(prepared: Prepared) -> bool:
    """Whether a kernel multiplies two activations and takes a softmax, or some are spelt out."""
    joint = any("Softmax" in kernel.op_types and kernel.macs for kernel in prepared.kernels)
    return joint or spelt_out(prepared) > 0


def _digest_of_weights(made: Workload) -> str:
    """One file with two shapes of inputs has the same weights; empty for a network without any."""
    found = sorted(
        f"{item.name} {item.dtype} {item.shape}" for item in made.tensors.values() if item.kind == "weight"
    )
    return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else ""


def prepare_run(workload: Workload, batch: int, precision: Precision, engine: str) -> Prepared:
    """A network as an engine of this machine is given it: in 8 bits that is a quantised file.

    `prepare` asks what would be if every tensor were of the precision; here floats between quantised layers
    stay floats, and what passes between both is converted.
    """
    if precision is not Precision.INT8:
        return prepare(workload, batch, precision, engine)
    sized = in_8_bits(sized_for(workload, batch))
    require_whole(sized)
    return Prepared(sized, kernels_of(sized, engine), (sized.weight_bytes, sized.peak_activation_bytes))


def kernels_of(workload: Workload, engine: str) -> tuple[Kernel, ...]:
    """The kernels that an engine makes of the network, by the engine's fusion rules."""
    return kernels_in(workload, fused_by(workload, engine))


def fused_by(workload: Workload, engine: str, fusing: Fusing = ALL_RULES) -> Fusion:
    """Which operators an engine runs as one kernel, by those of its fusion rules that hold."""
    heads = dict(fusing.heads)
    rules = [
        FusionRule(
            rule.name,
            tuple(rule.anchor),
            tuple(rule.absorbs),
            max_nodes=rule.max_nodes,
            extra_reads=rule.extra_reads,
            vectors_only=rule.vectors_only,
            requires=tuple(rule.requires),
            heads=(limit.least, limit.most, limit.multiple, limit.longest)
            if (limit := heads.get(rule.name))
            else None,
        )
        for rule in read_engine(engine).fusion
        if rule.name not in fusing.apart
    ]
    return fusion_of(workload, rules)


def block_rule(engine: str) -> BlockRule | None:
    """How an engine keeps channels in blocks; None where it is not known to."""
    blocks = read_engine(engine).channel_blocks
    return BlockRule(blocks.size, blocks.multiple) if blocks else None
