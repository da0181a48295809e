"""Anchors compared with an estimate: which may be used, what the model says of each, and the blend.

An anchor is a latency measured by the engine and at the precision of the estimate, on this part or of this
network. Anything else shares no effect with it (see `planner.latency.transfer.effects`) and is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from planner.errors import InputError, PlannerError, Problem
from planner.hardware.catalog import read_device, read_engine
from planner.hardware.link.of_part import linked
from planner.hardware.operating_point import OperatingPoint, choose_unit, operating_point
from planner.latency.anchoring.basis import Basis
from planner.latency.anchoring.file import Anchor
from planner.latency.anchoring.on_part import published_on_part
from planner.latency.calibrated.store import THIS_MACHINE
from planner.latency.kernels.prepared import prepare
from planner.latency.link.over_link import without_link
from planner.latency.transfer.effects import (
    MACHINE_TO_MACHINE,
    PUBLISHER_TO_PUBLISHER,
    RUN_TO_RUN,
    Anchored,
    Blend,
    EffectKeys,
    KnownRatio,
    Used,
    blend,
    effect_keys,
    state_of,
)
from planner.latency.transfer.published import published
from planner.latency.transfer.scope import same_unit
from planner.latency.transfer.store import network_family
from planner.schema.fitted.transfer import Anchoring, Transfer
from planner.schema.hardware.device import Device
from planner.units import format_number, format_percent, format_quantity
from planner.wording.message import message
from planner.workload.workload import Workload
from planner.zoo.registry import names
from planner.zoo.source import read_model

SHORTEST_S, LONGEST_S = 1e-6, 3600.0
SAME_MACS = 0.02
FAR_DEVIATIONS = 3.0


@dataclass(frozen=True, slots=True)
class Target:
    """The estimate that is asked for, as anchors are compared with it."""

    workload: Workload
    device: Device
    point: OperatingPoint
    basis: Basis
    threads: int | None
    caller: str

    @property
    def keys(self) -> EffectKeys:
        """Keys of its effects."""
        return _keys(self.workload, self.device, self.point, self.caller)


def anchored(target: Target, anchors: Sequence[Anchor], *, with_published: bool) -> Anchored:
    """The blend of the model with these measurements and, where asked for, the published ones nearby.

    Raises `InputError` with the reason for every measurement that says nothing of this estimate.
    """
    basis = target.basis
    known = list(_own(target, anchors))
    if with_published and basis.transfer is not None:
        known += _published(target, basis.transfer)
    elif with_published:
        known += [_known(target, anchor) for anchor in published_on_part(target.device, target.point)]
    found = blend(basis.anchoring.effects, target.keys, known)
    if basis.transfer is None or anchors:
        # Hosts and links differ and no effect of the roofline's says so: no band is narrower than what the
        # same setting was measured at by different people. So it is with a user's own that contradict.
        found = replace(found, deviation=max(found.deviation, _scatter(known)))
    published_ones = with_published and len(known) > len(anchors)
    if published_ones and basis.transfer is None:
        # Rows of one publisher share his clocks, versions and habits: many of them do not average these out.
        wider = math.hypot(found.deviation, PUBLISHER_TO_PUBLISHER)
        found = replace(found, deviation=min(max(wider, found.deviation), found.prior_deviation))
    if known:
        floor = min(_least_deviation(target.device), found.prior_deviation)
        found = replace(found, deviation=max(found.deviation, floor))
    ends = basis.anchoring.low * found.deviation, basis.anchoring.high * found.deviation
    shares = (1.0, 1.0)
    if published_ones and basis.transfer is not None:
        ends, shares = _own_ends(target, known[: len(anchors)]), _shares(basis.anchoring)
    used = tuple(
        Used(item.name, math.exp(item.log_ratio), weight)
        for item, weight in zip(known, found.weights, strict=True)
    )
    return Anchored(
        math.exp(found.shift + basis.log_shift),
        math.exp(ends[0]),
        math.exp(ends[1]),
        used,
        tuple(_notes(target, known, found, _narrower(basis.anchoring, found, ends, shares), with_published)),
        shares,
    )


def _narrower(
    anchoring: Anchoring, found: Blend, ends: tuple[float, float], shares: tuple[float, float]
) -> float:
    """By how much of its width in logarithms the band is narrower than without anchors."""
    of_blend = (ends[1] - ends[0]) / ((anchoring.high - anchoring.low) * found.prior_deviation)
    return max(0.0, 1.0 - min(of_blend, sum(shares) / 2))


def _shares(anchoring: Anchoring) -> tuple[float, float]:
    """What published rows leave of the model's own band.

    They narrow by what was shown with whole publishers left out: they share their publishers' clocks,
    versions and programs, which the next one does not. Where no two publishers were there nothing was shown.
    """
    return (across.low, across.high) if (across := anchoring.across) is not None else (1.0, 1.0)


def _own_ends(target: Target, own: Sequence[KnownRatio]) -> tuple[float, float]:
    """Logarithms of the ends that measurements of one's own earn by themselves; infinite without any."""
    if not own:
        return -math.inf, math.inf
    anchoring = target.basis.anchoring
    alone = blend(anchoring.effects, target.keys, own)
    deviation = max(alone.deviation, _scatter(own), _least_deviation(target.device))
    return anchoring.low * deviation, anchoring.high * deviation


def _least_deviation(device: Device) -> float:
    """What no measurement goes below: runs differ, and of a part that is ordered, machines do as well."""
    return RUN_TO_RUN if device.id == THIS_MACHINE else math.hypot(RUN_TO_RUN, MACHINE_TO_MACHINE)


def reason_against(target: Target, anchor: Anchor) -> str | None:
    """Why an anchor says nothing of this estimate; None where it does."""
    try:
        list(_own(target, [anchor]))
    except InputError as error:
        return str(error.problems[0])
    return None


def _scatter(known: Sequence[KnownRatio]) -> float:
    """Standard deviation of log ratios about the mean of their setting, pooled; 0 where none came twice."""
    by_setting: dict[EffectKeys, list[float]] = {}
    for item in known:
        by_setting.setdefault(item.keys, []).append(item.log_ratio)
    free = len(known) - len(by_setting)
    squares = sum(
        (ratio - sum(ratios) / len(ratios)) ** 2 for ratios in by_setting.values() for ratio in ratios
    )
    return math.sqrt(squares / free) if free else 0.0


def _keys(workload: Workload, device: Device, point: OperatingPoint, caller: str) -> EffectKeys:
    return effect_keys(
        unit=same_unit(device, point.unit),
        state=state_of(point),
        precision=point.precision.value,
        caller=caller,
        model=workload.model,
        family=network_family(workload.model).family,
        macs=float(workload.macs),
        batch=workload.batch,
        threads=point.processors,
    )


def _own(target: Target, anchors: Sequence[Anchor]) -> Iterator[KnownRatio]:
    """What the model says of each anchor; every refusal of the file together."""
    problems: list[Problem] = []
    found: list[KnownRatio] = []
    for anchor in anchors:
        refusals = list(_refusals(target, anchor))
        if refusals:
            problems += refusals
            continue
        try:
            found.append(_known(target, anchor))
        except InputError as error:
            problems += [replace(problem, line=anchor.line) for problem in error.problems]
        except PlannerError as error:
            problems.append(Problem("entry", "a setting that can be predicted", str(error), "", anchor.line))
    if problems:
        raise InputError(anchors[0].source, problems)
    yield from found


def _refusals(target: Target, anchor: Anchor) -> Iterator[Problem]:
    point, line = target.point, anchor.line
    if not SHORTEST_S <= anchor.latency_s <= LONGEST_S:
        got = format_quantity(anchor.latency_s, "s")
        yield Problem("latency", "between 1 us and 1 h", got, "check the unit", line)
    if anchor.engine is not None and anchor.engine != point.engine:
        advice = "engines reach different shares of a peak: measure with this one"
        yield Problem("engine", point.engine, anchor.engine, advice, line)
    if anchor.precision is not None and anchor.precision is not point.precision:
        advice = "leave it out, or ask in its precision"
        yield Problem("precision", point.precision.value, anchor.precision.value, advice, line)
    # Of another part only the same network says something: it shares the effects of the network.
    elsewhere = anchor.device not in (None, target.device.id)
    if elsewhere and not _is_target(target, anchor.network):
        got = f"{anchor.network} on {anchor.device}"
        expected = f"a measurement on {target.device.id} or of {target.workload.model}"
        yield Problem("entry", expected, got, "it says nothing of this estimate", line)


def _is_target(target: Target, network: str) -> bool:
    return network_name(network) == target.workload.model


def network_name(network: str) -> str:
    """The name of a network that a file of measurements calls by name, as `zoo:NAME` or by its file.

    >>> network_name("zoo:resnet18"), network_name("nets/own.onnx"), network_name("mobilenet_v2_1.0")
    ('resnet18', 'own', 'mobilenet_v2_1.0')
    """
    if network.startswith("zoo:"):
        return network.removeprefix("zoo:")
    path = Path(network)
    # What follows the point of a version, as in resnet50_v1.5, is no ending of a file.
    return path.stem.removesuffix(".onnx") if path.suffix[1:].isalpha() else path.name


def _known(target: Target, anchor: Anchor) -> KnownRatio:
    """The keys of an anchor, and its latency over the one that the model predicts."""
    device = target.device if anchor.device in (None, target.device.id) else read_device(anchor.device or "")
    device = linked(device, anchor.link)
    here = device.id == target.device.id
    unit = anchor.unit or (target.point.unit if here else choose_unit(device, None, target.point.engine))
    point = operating_point(
        device,
        read_engine(target.point.engine),
        unit=unit,
        mode=anchor.mode or (target.point.mode if here else None),
        precision=target.point.precision,
        threads=anchor.threads or (target.threads if here else None),
        engine_version=target.point.engine_version or None,
    )
    if not target.basis.covers(point):
        expected = f"a unit of the kind of {target.device.id}/{target.point.unit}"
        raise InputError(anchor.source, [Problem("device", expected, f"{device.id}/{unit}")])
    if point.precision is not target.point.precision:
        expected, got = f"a unit that computes in {target.point.precision}", f"{device.id}/{unit}"
        raise InputError(anchor.source, [Problem("precision", expected, got)])
    prepared = prepare(
        _workload(target, anchor),
        anchor.batch or target.workload.batch,
        point.precision,
        point.engine,
        point.fusing,
    )
    predicted = target.basis.predicted_s(prepared, point)
    # What the link took of it says nothing of the unit.
    measured_s = without_link(anchor.latency_s, prepared, point, 1.0)
    name = (
        f"{prepared.workload.model}, batch {prepared.workload.batch}, on {device.id}: "
        f"{format_quantity(anchor.latency_s, 's', 3)}"
    )
    return KnownRatio(
        # A user's own measurement is of the engine alone, without a publisher's program around it.
        _keys(prepared.workload, device, point, ""),
        math.log(measured_s / predicted),
        f"{name} ({anchor.note})" if anchor.note else name,
        anchor.deviation,
    )


def _workload(target: Target, anchor: Anchor) -> Workload:
    """The anchor's network; the asked one where it has its name, checked where both can be read."""
    text = anchor.network
    same = _is_target(target, text)
    if not text.startswith("zoo:") and not Path(text).exists():
        if same:
            return target.workload
        if text not in names():
            problem = Problem("network", "zoo:NAME, an ONNX file or the network asked about", repr(text))
            raise InputError(anchor.source, [problem])
        text = f"zoo:{text}"
    found = read_model(text)
    if same:
        macs, asked = found.macs / found.batch, target.workload.macs / target.workload.batch
        # Exports of one network differ by a folded operator or two; another size of input differs by far
        # more.
        if abs(macs - asked) <= SAME_MACS * asked:
            return target.workload
        problem = Problem(
            "network",
            f"{target.workload.model} of {format_number(asked / 1e9, 4)} GMAC",
            f"one of {format_number(macs / 1e9, 4)} GMAC",
            "it differs from the network asked about: give its own file under its own name",
        )  # fmt: skip
        raise InputError(anchor.source, [problem])
    return found


def _published(target: Target, transfer: Transfer) -> list[KnownRatio]:
    """Published measurements of this network on siblings, and of other networks on this part."""
    size = target.workload.macs / target.workload.batch
    same_part = same_unit(target.device, target.point.unit)
    found = []
    for row in published(transfer.id):
        of_network = (
            row.model == target.workload.model and abs(row.macs / row.batch - size) <= SAME_MACS * size
        )
        if row.precision == target.point.precision and (of_network or row.unit == same_part):
            found.append(row.known())
    return found


def _contradicting(known: Sequence[KnownRatio]) -> Iterator[tuple[KnownRatio, KnownRatio]]:
    """The lowest and the highest of each setting, where runs and machines do not explain the distance."""
    by_setting: dict[EffectKeys, list[KnownRatio]] = {}
    for item in known:
        by_setting.setdefault(item.keys, []).append(item)
    for items in by_setting.values():
        low, high = (end(items, key=lambda item: item.log_ratio) for end in (min, max))
        # The difference of two has both variances.
        spread = math.sqrt(
            sum(max(RUN_TO_RUN, item.deviation) ** 2 + MACHINE_TO_MACHINE**2 for item in (low, high))
        )
        if high.log_ratio - low.log_ratio > FAR_DEVIATIONS * spread:
            yield low, high


def _notes(
    target: Target,
    known: Sequence[KnownRatio],
    found: Blend,
    narrower: float,
    asked_published: bool,  # noqa: FBT001 - the last of a short list
) -> Iterator[str]:
    if not known:
        if asked_published:
            yield (
                f"nobody published {target.workload.model} on a sibling, or another network on this part, in "
                f"{target.point.precision}: the estimate is the model's own"
            )
        return
    number = f"{len(known)} measurements" if len(known) > 1 else "1 measurement"
    times = format_number(math.exp(found.shift), 3)
    yield f"anchored on {number}: {times} times the model, the band {format_percent(narrower)} narrower"
    for item, other in _contradicting(known):
        yield message("measurement_use.contradict", one=item.name, other=other.name)
    for item in known:
        # Three deviations are reached by chance in a third of a percent: more often a setting was told
        # wrongly.
        if abs(item.log_ratio) > FAR_DEVIATIONS * found.prior_deviation:
            yield (
                f"{item.name} is {format_number(math.exp(item.log_ratio), 3)} times what the model says: "
                "check its engine, precision, threads and unit"
            )
