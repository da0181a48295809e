"""Latency of a network, kernel by kernel: by the roofline of datasheet peaks, or by a transferred model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner.hardware.operating_point import OperatingPoint
from planner.latency.band import Band
from planner.latency.kernels.precision import kernel_peak, kernel_precision
from planner.latency.kernels.prepared import Prepared
from planner.latency.power.activity import Activity
from planner.latency.roofline import Bound, KernelTime, kernel_time
from planner.latency.transfer.effects import Anchored
from planner.latency.transfer.model import KernelTimes
from planner.latency.transfer.pipeline import frame_moved, frame_of
from planner.latency.transfer.prediction import TransferredTimes, predict
from planner.provenance import Provenance, weakest
from planner.schema.fitted.transfer import Transfer
from planner.schema.hardware.device import Precision
from planner.schema.record.estimate import LayerRecord
from planner.wording.message import message
from planner.workload.fusion import Kernel
from planner.workload.workload import Workload


@dataclass(frozen=True, slots=True)
class LayerEstimate:
    """One kernel: what it does, how long it takes and what binds it."""

    kernel: Kernel
    time: KernelTime
    unit: str
    precision: str

    @property
    def name(self) -> str:
        """The kernel's name."""
        return self.kernel.name

    @property
    def op_types(self) -> tuple[str, ...]:
        """Types of its operators."""
        return self.kernel.op_types

    @property
    def op_class(self) -> str:
        """Class of its work."""
        return self.kernel.op_class

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.kernel.macs

    @property
    def flops(self) -> int:
        """Operations, two for a multiply-accumulate."""
        return self.kernel.flops

    @property
    def bytes(self) -> int:
        """Bytes that it moves."""
        return self.kernel.moved_bytes

    @property
    def bound(self) -> Bound:
        """Which of compute, memory and launch takes longest."""
        return self.time.bound

    def record(self) -> LayerRecord:
        """The kernel as JSON and tables show it; units are in the names."""
        return {
            "name": self.name,
            "op_types": list(self.op_types),
            "macs": self.macs,
            "flops": self.flops,
            "bytes": self.bytes,
            "latency_s": self.time.mid_s,
            "latency_low_s": self.time.low_s,
            "latency_high_s": self.time.high_s,
            "bound": self.bound,
            "unit": self.unit,
            "precision": self.precision,
        }


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """Latency by one of the ways to work it out."""

    layers: tuple[LayerEstimate, ...]
    fixed_s: float
    caller_s: float
    band: Band
    provenance: Provenance
    notes: tuple[str, ...]
    frame: Band | None = None
    """One frame on its way through a chip that takes the next before; None where that is the band."""
    resident: float = 1.0
    """The share of the network that stays on a chip without memory beside it."""
    weights_over_measured: bool = False
    """Whether weights from the host are in it as they came over the link that rates were measured over."""

    def frame_with(self, band: Band) -> Band | None:
        """The frame's time where that between frames becomes another: later by as much, at every end."""
        return None if self.frame is None else frame_moved(self.frame, self.band, band)


RECURRENT = "recurrent"
WHOLE = frozenset({"cpu", "gpu"})
"""Kinds of units that run every operator, one step after the other where a network says so."""
ANCHORED_LEVEL = 0.9
"""Of bands around an anchored roofline."""


def by_roofline(prepared: Prepared, point: OperatingPoint, anchored: Anchored | None = None) -> NetworkTime:
    """Datasheet peaks, from perfect overlap of arithmetic and traffic to none; moved by anchors, if any."""
    layers = tuple(layer_of(kernel, point, _roofline_time(kernel, point)) for kernel in prepared.kernels)
    low = sum(layer.time.low_s for layer in layers) + point.fixed_s
    high = sum(layer.time.high_s for layer in layers) + point.fixed_s
    if anchored is not None:
        return _anchored_roofline(layers, (low + high) / 2, point, anchored)
    band = Band(low, (low + high) / 2, high)
    notes = (message("estimated.roofline"),)
    return NetworkTime(layers, point.fixed_s, 0.0, band, point.latency_provenance, notes)


RECURRENT_SPREAD = 3.0
"""The time of a recurrent step is known to a factor: it moves with the rows of the layer and the memory."""
UNKNOWN_STEP_S = 100e-6
"""A step on an accelerator of which nobody published any: that of the one with a profile (RKNN), ..."""
UNKNOWN_SPREAD = 10.0
"""... to a factor that covers a step in the memory of the chip and one that goes through the host."""


def step_by_step(found: NetworkTime, prepared: Prepared, point: OperatingPoint) -> NetworkTime:
    """The time with the steps of recurrent layers one after the other, where it is known what a step takes.

    Both models cost all steps at once, as one product of matrices. A step cannot begin before the one before
    it has ended; on an NPU each reads its weights again and launches its gates. The band then holds no level.
    """
    known = point.recurrent_step_s is not None
    if not known and point.unit_kind in WHOLE:
        return found
    step_s, spread = (
        (point.recurrent_step_s, RECURRENT_SPREAD)
        if point.recurrent_step_s is not None
        else (UNKNOWN_STEP_S, UNKNOWN_SPREAD)
    )
    layers, added_s = list(found.layers), 0.0
    for index, kernel in enumerate(prepared.kernels):
        own_s = step_s * _recurrent_steps(prepared.workload, kernel)
        if own_s:
            layers[index], added_s = _later(layers[index], own_s, spread), added_s + own_s
    if not added_s:
        return found
    band = Band(
        found.band.low + added_s / spread, found.band.mid + added_s, found.band.high + added_s * spread
    )
    provenance = weakest([found.provenance, Provenance.ASSUMED])
    key = "estimated.recurrent_steps" if known else "estimated.recurrent_unknown"
    notes = (*found.notes, message(key, engine=point.engine))
    frame = found.frame_with(band)
    return replace(found, layers=tuple(layers), band=band, frame=frame, provenance=provenance, notes=notes)


def beyond_the_fit(found: NetworkTime, prepared: Prepared, point: OperatingPoint) -> NetworkTime:
    """A step of a language model on an accelerator whose fit has none: an assumption, with twice the band.

    No published row of those fits reads a cache of keys and values, nor weights that hardly any arithmetic
    follows; the band that rows left out have earned says nothing of it.
    """
    if not prepared.workload.caches or point.unit_kind in WHOLE:
        return found
    low, high = found.band.low / found.band.mid, found.band.high / found.band.mid
    band = Band(found.band.mid * low**2, found.band.mid, found.band.mid * high**2)
    provenance = weakest([found.provenance, Provenance.ASSUMED])
    notes = (*found.notes, message("estimated.decoding_unseen", engine=point.engine))
    return replace(found, band=band, frame=found.frame_with(band), provenance=provenance, notes=notes)


def _later(layer: LayerEstimate, own_s: float, spread: float) -> LayerEstimate:
    time = layer.time
    slower = replace(
        time,
        overhead_s=time.overhead_s + own_s,
        low_s=time.low_s + own_s / spread,
        mid_s=time.mid_s + own_s,
        high_s=time.high_s + own_s * spread,
    )
    return replace(layer, time=slower)


def _recurrent_steps(workload: Workload, kernel: Kernel) -> int:
    """Steps of a recurrent kernel times its directions, which run one after the other; 0 for other kernels.

    Its first output is [steps, directions, batch, rows] (ONNX); batches go through side by side.
    """
    if kernel.op_class != RECURRENT:
        return 0
    node = next(node for node in workload.graph.nodes if node.name == kernel.name)
    read = workload.tensors.get(node.inputs[0])
    both = 2 if node.attributes.get("direction") == "bidirectional" else 1
    return both * read.shape[0] if read is not None and read.shape else 0


def _anchored_roofline(
    layers: Sequence[LayerEstimate], mid_s: float, point: OperatingPoint, anchored: Anchored
) -> NetworkTime:
    """The roofline times one factor, in the band of the blend."""
    notes = (*anchored.notes, "no fitted model of this engine here: the roofline is what measurements move")
    band = Band(0.0, mid_s, 0.0)  # only its middle is used
    plain = NetworkTime(tuple(layers), point.fixed_s, 0.0, band, point.latency_provenance, ())
    return times(plain, anchored.factor, anchored.low, anchored.high, ANCHORED_LEVEL, notes)


def times(
    found: NetworkTime, factor: float, low: float, high: float, level: float, notes: tuple[str, ...]
) -> NetworkTime:
    """All of a time multiplied, with the same band around the whole and around each kernel."""
    mid = found.band.mid * factor
    moved = []
    for layer in found.layers:
        time, own = layer.time, layer.time.mid_s * factor
        scaled = KernelTime(
            compute_s=time.compute_s * factor,
            memory_s=time.memory_s * factor,
            overhead_s=time.overhead_s * factor,
            low_s=own * low,
            mid_s=own,
            high_s=own * high,
        )
        moved.append(replace(layer, time=scaled))
    band = Band(mid * low, mid, mid * high, level)
    return replace(found, layers=tuple(moved), fixed_s=found.fixed_s * factor, band=band, notes=notes)


def by_model(
    prepared: Prepared,
    point: OperatingPoint,
    transfer: Transfer,
    profile: str | None,
    anchored: Anchored | None = None,
) -> NetworkTime:
    """What a model fitted on published measurements says, with the band that left-out ones earned it.

    Anchors move all of it by one factor and replace the band.
    """
    found = predict(prepared, point, transfer, profile)
    if anchored is not None:
        found = _moved(found, anchored)
    low, high = found.band.low / found.band.mid, found.band.high / found.band.mid
    times = found.times
    columns = (times.compute_s, times.memory_s, times.overhead_s, low * times.total_s, times.total_s)
    rows = zip(*(column.tolist() for column in (*columns, high * times.total_s)), strict=True)
    layers = tuple(
        layer_of(kernel, point, KernelTime(*row)) for kernel, row in zip(prepared.kernels, rows, strict=True)
    )
    frame = frame_of(found.band, found.resident, prepared.workload.batch, point)
    # Only a pipeline knows how far a network stays on the chip.
    resident = found.resident if point.pipeline is not None else 1.0
    return NetworkTime(
        layers,
        found.fixed_s,
        found.caller_s,
        found.band,
        Provenance.TRANSFERRED,
        found.notes,
        frame,
        resident,
        weights_over_measured=True,
    )


def _moved(found: TransferredTimes, anchored: Anchored) -> TransferredTimes:
    """The prediction times a factor, with the band of the blend, never wider than the model's own."""
    factor, times = anchored.factor, found.times
    mid = found.band.mid * factor
    # Anchors know no more of new operators than the fit does: their band is widened by the same power.
    low = max(anchored.low**found.widened, (found.band.low / found.band.mid) ** anchored.shares[0])
    high = min(anchored.high**found.widened, (found.band.high / found.band.mid) ** anchored.shares[1])
    band = Band(mid * low, mid, mid * high, found.band.level)
    columns = (times.compute_s, times.memory_s, times.overhead_s, times.total_s)
    return replace(
        found,
        times=KernelTimes(*(column * factor for column in columns)),
        fixed_s=found.fixed_s * factor,
        caller_s=found.caller_s * factor,
        band=band,
        notes=(*anchored.notes, *found.notes),
    )


def layer_of(kernel: Kernel, point: OperatingPoint, time: KernelTime) -> LayerEstimate:
    """One kernel with its time, in the precision that it runs in at the point."""
    return LayerEstimate(kernel, time, point.unit, kernel_precision(kernel, point))


def _roofline_time(kernel: Kernel, point: OperatingPoint) -> KernelTime:
    """At the kernel's peak; where that is known to a factor the ends are those of its ends."""
    peak = kernel_peak(kernel, point)
    mid = _roofline_at(kernel, point, peak.ops_per_s)
    if peak.fast == peak.slow:
        return mid
    low = _roofline_at(kernel, point, peak.ops_per_s / peak.fast).low_s
    return replace(mid, low_s=low, high_s=_roofline_at(kernel, point, peak.ops_per_s / peak.slow).high_s)


def _roofline_at(kernel: Kernel, point: OperatingPoint, peak_ops_per_s: float) -> KernelTime:
    return kernel_time(
        macs=kernel.macs,
        other_ops=kernel.flops - 2 * kernel.macs,
        moved_bytes=kernel.moved_bytes,
        peak_ops_per_s=peak_ops_per_s,
        vector_ops_per_s=point.vector_ops_per_s,
        bandwidth_bytes_per_s=point.bandwidth_bytes_per_s,
        launch_s=point.launch_s,
    )


@dataclass(frozen=True, slots=True)
class BoundShares:
    """Shares of time spent bound by arithmetic, by traffic and in launches; they sum to one."""

    compute: float
    memory: float
    overhead: float


def unit_activity(found: NetworkTime, point: OperatingPoint) -> Activity:
    """Multiply-accumulates and bytes over what the unit could do in the time, and the time without either.

    Launches and what comes once a batch are gaps: nothing runs on the unit meanwhile.
    """
    latency_s = found.band.mid
    if latency_s <= 0:
        return Activity(0.0, 0.0)
    arithmetic_s = sum(
        2.0 * layer.macs / point.peaks_ops_per_s.get(Precision(layer.precision), point.peak_ops_per_s)
        for layer in found.layers
    )
    traffic_s = sum(layer.bytes for layer in found.layers) / point.bandwidth_bytes_per_s
    gaps_s = found.fixed_s + sum(layer.time.overhead_s for layer in found.layers)
    # A latency below the roofline, from cached traffic or Winograd, would use more than all of the unit.
    return Activity(*(min(1.0, time_s / latency_s) for time_s in (arithmetic_s, traffic_s, gaps_s)))


def bound_shares(layers: Sequence[LayerEstimate], fixed_s: float) -> BoundShares:
    """Where the time of the kernels and the fixed cost goes."""
    time = {"compute": 0.0, "memory": 0.0, "overhead": fixed_s}
    for layer in layers:
        longer = "compute" if layer.time.compute_s >= layer.time.memory_s else "memory"
        # Of arithmetic and traffic the longer counts alone, as if both overlapped: the shares are of this sum
        # and not of the latency.
        time[longer] += max(layer.time.compute_s, layer.time.memory_s)
        time["overhead"] += layer.time.overhead_s
    total = sum(time.values()) or 1.0
    return BoundShares(time["compute"] / total, time["memory"] / total, time["overhead"] / total)
