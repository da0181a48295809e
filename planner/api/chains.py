"""Questions about what frames go through beside one network: decoders, converters, chains of networks.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.plan.chain_study.measured import MeasuredChain
    from planner.plan.chain_study.study import ChainAnswers
    from planner.plan.options.option import Option
    from planner.plan.scenario.file import ScenarioFile
    from planner.schema.hardware.device import Precision


def predict_chain(
    scenario: str | Path | ScenarioFile,
    devices: str | Sequence[str] = (),
    *,
    mode: str | None = None,
    precision: str | Precision | None = None,
    batch: int | None = None,
    count: int | None = None,
    simulate_s: float | None = None,
) -> ChainAnswers:
    """What the chains of a scenario's streams ask of every unit of a part, and which unit binds first.

    `devices` are ids and shell patterns; the scenario's own unless given. The streams are spread over `count`
    devices; `simulate_s` also moves their frames through one device for so long. Times are in seconds, rates
    in frames a second, shares from 0 to 1. A step that nothing around a part does is one of its `gaps`.
    Raises `InputError` for a device given by numbers and for what cannot be read.

    >>> found = predict_chain("parking-lpr", "jetson-orin-nano-8")
    >>> found.answers[0].prediction.binding.unit.role
    'decoder'
    """
    from planner.api.database.parts import precision_named
    from planner.api.scenarios import scenario_file
    from planner.plan.chain_study.study import chain_answers

    return chain_answers(
        scenario_file(scenario),
        [devices] if isinstance(devices, str) else devices,
        mode=mode,
        precision=precision_named(precision) if isinstance(precision, str) else precision,
        batch=batch,
        count=count,
        simulate_s=simulate_s,
    )


def measure_chain(
    scenario: str | Path | ScenarioFile,
    *,
    stream: str | None = None,
    precision: str = "fp32",
    time_s: float = 10.0,
    limit_s: float = 300.0,
) -> MeasuredChain:
    """Run the chain of a scenario's stream on one core of this machine, and predict it from its parts alone.

    The stream is the first one with `video` unless named. Frames of a synthetic scene are decoded (PyAV),
    resized and converted (OpenCV) and looked at by the networks of the chain (ONNX Runtime, random weights),
    each step alone and all of them in turn, for `time_s` seconds of rounds. Times are processor time in
    seconds. Trackers and encoders are left out, by name. Raises `InputError` where no stream has video, and
    `EngineError` for a package that is missing or a network that cannot be run.

    >>> measure_chain("parking-lpr").error  # doctest: +SKIP
    -0.03
    """
    from planner.api.scenarios import scenario_file
    from planner.plan.chain_study.measured import measured_chain

    source = scenario_file(scenario)
    return measured_chain(source, stream=stream, precision=precision, seconds=time_s, limit_s=limit_s)


def chain_text(option: Option) -> str | None:
    """Which unit is the busiest of what frames go through on an option; None where no stream has a chain.

    >>> "decoder" in chain_text(size("parking-lpr", most_parts=1).options[0].option)
    True
    """
    from planner.chain.prediction import predict
    from planner.wording.message import message

    if option.chain is None:
        return None
    use = predict(option.chain.shared_by(option.count)).binding
    role = message(f"chain.role.{use.unit.role}")
    return str(message("chain.binds", unit=use.unit.name, role=role, busy=f"{use.busy.mid:.0%}"))
