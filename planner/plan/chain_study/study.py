"""The chains of a scenario on the parts that are asked about, the part that carries most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.chain.description import Gap, PartChains
from planner.chain.prediction import ChainPrediction, predict
from planner.errors import InputError
from planner.hardware.catalog import match_devices
from planner.hardware.operating_point import choose_mode
from planner.plan.chain_study.simulated import SimulatedChains, simulated_chains
from planner.plan.options.option import NetworkOnPart
from planner.plan.options.planned_part import planned_part
from planner.plan.rack.chained.part import part_chains
from planner.plan.rack.synthetic import refuse_synthetic
from planner.plan.scenario.evidence import estimator_for
from planner.plan.scenario.file import ScenarioFile, lines_named
from planner.provenance import Provenance, weakest
from planner.schema.hardware.device import Device, Precision
from planner.wording.message import Message, message


@dataclass(frozen=True, slots=True)
class ChainAnswer:
    """One part in one setting, so many of it, and what the chains ask of its units."""

    device: str
    name: str
    mode: str
    networks: tuple[NetworkOnPart, ...]
    devices: int
    cameras: int
    """Sources of all streams, spread over the devices."""
    part: PartChains
    prediction: ChainPrediction
    simulated: SimulatedChains | None = None
    """Of one device over time, where it was asked for."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Steps that nothing around the part does."""
        return self.part.gaps

    @property
    def cameras_carried(self) -> float:
        """Sources of this mix that fill the binding unit of all devices, by the middle of times."""
        return self.cameras * self.prediction.binding.headroom.mid

    @property
    def provenance(self) -> Provenance:
        """The weakest of the networks' and of the binding unit's."""
        parts = [item.estimate.provenance for item in self.networks]
        return weakest([*parts, self.prediction.binding.unit.provenance])

    @property
    def advice(self) -> Message:
        """What to change first: what eases the binding unit."""
        return message(f"chain.advice.{self.prediction.binding.unit.role}")


@dataclass(frozen=True, slots=True)
class ChainAnswers:
    """Every part that runs the networks, the one that carries most first; and why others do not."""

    source: ScenarioFile
    answers: tuple[ChainAnswer, ...]
    refused: tuple[tuple[str, str], ...]

    @property
    def feasible(self) -> bool:
        """Whether some part does every step."""
        return any(not answer.gaps for answer in self.answers)


def chain_answers(
    source: ScenarioFile,
    devices: Sequence[str] = (),
    *,
    mode: str | None = None,
    precision: Precision | None = None,
    batch: int | None = None,
    count: int | None = None,
    simulate_s: float | None = None,
) -> ChainAnswers:
    """Each part asked about, with the streams of the scenario spread over `count` of it.

    Without devices: the one that the scenario gives, or all its candidates. Mode, precision and batch are
    those of the scenario's deployment, or the part's default mode, the first precision and the largest batch.
    Raises `UnknownIdError` for a part, and `InputError` for a device given by numbers.
    """
    scenario = source.scenario
    refuse_synthetic(scenario)
    given = scenario.deployment
    asked = devices or ([given.device] if given and given.device else scenario.candidates.devices)
    estimator = estimator_for(source)
    found: list[ChainAnswer] = []
    refused: list[tuple[str, str]] = []
    for device_id in match_devices(asked):
        device = planned_part(scenario, device_id)
        of_given = given is not None and given.device == device_id
        chosen = mode or (given.mode if given and of_given else None)
        wanted = precision or (given.precision if given and of_given else None)
        try:
            with lines_named(source):
                networks = estimator.on_part(
                    device,
                    choose_mode(device, chosen).id,
                    wanted or scenario.candidates.precisions[0],
                    batch or scenario.candidates.max_batch,
                    kinds=tuple(scenario.candidates.units),
                )
        except InputError as error:
            refused.append((device_id, "; ".join(str(problem) for problem in error.problems)))
            continue
        part = part_chains(scenario, estimator, device, networks)
        shared = count or (given.count if given and of_given else 1)
        found.append(_answer(source, device, networks, part, shared, simulate_s))
    ranked = sorted(found, key=lambda answer: (len(answer.gaps), -answer.cameras_carried, answer.device))
    return ChainAnswers(source, tuple(ranked), tuple(refused))


def _answer(
    source: ScenarioFile,
    device: Device,
    networks: tuple[NetworkOnPart, ...],
    part: PartChains,
    devices: int,
    simulate_s: float | None,
) -> ChainAnswer:
    chains = part.shared_by(devices)
    return ChainAnswer(
        device=device.id,
        name=device.name,
        mode=networks[0].estimate.mode,
        networks=networks,
        devices=devices,
        cameras=sum(stream.count for stream in source.scenario.streams),
        part=part,
        prediction=predict(chains),
        simulated=None if simulate_s is None else simulated_chains(source.scenario, chains, simulate_s),
    )
