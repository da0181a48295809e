"""What to measure on one unit of a part before many are ordered: the commands, and the file to bring back.

The commands are those of the engine's own tools, to be run on the part without this program; the last two are
run here. Networks come in the order of what measuring them may change: the devices that lie between the two
ends of the planned latency, and their price.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.latency.calibrated.store import THIS_MACHINE
from planner.plan.options.option import NetworkOnPart, Option
from planner.plan.options.value_of_measuring import Rival, Worth, work_of, worth_measuring
from planner.schema.hardware.device import Device
from planner.schema.scenario.scenario import Scenario
from planner.wording.message import Message, message

LISTED = "times.yaml"
BATCH = 1
"""What files of networks mostly have; the batches of a plan move with it."""


@dataclass(frozen=True, slots=True)
class ToMeasure:
    """One network to measure on one unit, with what it may change and how."""

    network: str
    device: str
    mode: str
    batch: int
    devices_open: float
    """Devices between what the low and the high end of the planned latency take."""
    money_open: float | None
    """The price of those devices; None where the part's is not known."""
    currency: str
    first: tuple[str, ...]
    """Commands for this program, to make the file of the network."""
    on_the_part: tuple[str, ...]
    """Commands for the part itself."""
    bring_back: str
    here: tuple[str, ...]
    """Commands for this program, with the file that was brought back."""
    worth: Worth
    power_on_the_part: tuple[str, ...] = ()
    """Commands for the part itself that log its power and temperature meanwhile."""
    power_here: tuple[str, ...] = ()
    """Commands for this program, with that log."""
    note: Message | None = None
    """What to write into the file where no tool writes it."""
    service: Message | None = None
    """How service varies in a server, where nobody has measured it."""


def to_measure(
    scenario: Scenario, option: Option, plan: str, rival: Rival | None = None, *, open_verdict: bool = True
) -> tuple[ToMeasure, ...]:
    """The networks of an option, that which is worth most first; `plan` is the scenario's file."""
    found = [
        _of_network(
            scenario,
            option,
            item,
            plan,
            worth_measuring(scenario, option, item, rival, open_verdict=open_verdict),
        )
        for item in option.networks
    ]
    return tuple(sorted(found, key=by_worth))


def by_worth(found: ToMeasure) -> tuple[float, float, float]:
    """What is worth most money first, then what may change most devices."""
    return -(found.worth.money or 0.0), -found.worth.chance, -found.devices_open


def _of_network(
    scenario: Scenario, option: Option, item: NetworkOnPart, plan: str, worth: Worth
) -> ToMeasure:
    band = item.planning_latency_s
    # Work is rate x time: the part of it that the band leaves open, in devices as busy as the plan allows.
    devices = work_of(scenario, option, item) * (band.high - band.low)
    capital = option.cost.capital
    each = None if capital is None else capital / (option.count + option.spares)
    run = _run_of(scenario, option, item)
    facts = f"{_file(run)},device={option.device},mode={option.mode},precision={option.precision}"
    facts += f",batch={BATCH}"
    again = f"planner size {plan} --measured {facts}"
    return ToMeasure(
        item.model,
        option.device,
        option.mode,
        BATCH,
        devices,
        None if each is None else each * devices,
        option.cost.currency,
        () if run.by_planner else tuple(_model_file(item.model)),
        (*_mode_set(option), *run.commands),
        run.bring_back,
        (*_import(run, item.model), again),
        worth,
        *_logging(option, plan),
        None if run.tool or run.by_planner else _entry(option, item),
        _service(scenario, option, item),
    )


def _service(scenario: Scenario, option: Option, item: NetworkOnPart) -> Message | None:
    """What to log of a server on the part, where how service varies is a prior; here a command does it."""
    if scenario.variation != "prior":
        return None
    if option.device == THIS_MACHINE:
        return message("decides.service_here")
    return message("decides.service", part=option.device, network=item.model)


@dataclass(frozen=True, slots=True)
class _Run:
    """How an engine's own tool measures a network."""

    commands: tuple[str, ...]
    bring_back: str = LISTED
    tool: str | None = None
    """Whose output `planner import` reads; None where the latency is written into a list by hand."""
    by_planner: bool = False


def _run_of(scenario: Scenario, option: Option, item: NetworkOnPart) -> _Run:
    if option.device == THIS_MACHINE:
        return _on_this_machine(scenario, option, item.model)
    make = _TOOLS.get(option.engine)
    return _Run(()) if make is None else make(option, _onnx(item.model))


_NVPMODEL = re.compile(r"nvpmodel (\d+)")
POWER_LOG = "power.log"


def is_jetson(part: Device) -> bool:
    """Whether NVIDIA's software for Jetsons runs on a part: a module whose cores and GPU share one memory."""
    return part.vendor == "NVIDIA" and part.form == "module" and part.memory.shared


def _mode_set(option: Option) -> Iterator[str]:
    """How the board is put into the mode that is planned with, where its maker gives the mode a number."""
    found = _NVPMODEL.search(option.power_mode.vendor_name or "")
    if found is not None:
        # Numbers of the same name differ between configurations of a board: the maker's words go along.
        yield f"sudo nvpmodel -m {found[1]}  # {option.power_mode.vendor_name}"
    if is_jetson(option.part):
        yield "sudo jetson_clocks"


def _logging(option: Option, plan: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A log of power and temperatures, in a second terminal while the network runs, and how it comes here."""
    if not is_jetson(option.part):
        return (), ()
    return (
        (f"tegrastats --interval 1000 --logfile {POWER_LOG}",),
        (
            f"planner import tegrastats {POWER_LOG} --format json -o power.json",
            f"planner size {plan} --measured power.json,device={option.device},mode={option.mode}",
        ),
    )


def _on_this_machine(scenario: Scenario, option: Option, model: str) -> _Run:
    given = scenario.deployment.threads if scenario.deployment else None
    cores = sum(count.value for count in option.compute_unit.parts.values())
    threads = given or scenario.candidates.threads or int(cores) or 1
    command = (
        f"planner measure {model} --engine {option.engine} --threads {threads} --precision "
        f"{option.precision} --batch 1 --format json -o measured.json"
    )
    serving = f"planner calibrate --engine {option.engine} --serving --precision {option.precision}"
    # What lies between a benchmark loop and a server is a guess until it was measured here.
    more = (serving,) if scenario.variation == "prior" and threads == 1 else ()
    return _Run((command, *more), "measured.json", by_planner=True)


def _trtexec(option: Option, onnx: str) -> _Run:
    flags = {"fp16": " --fp16", "int8": " --int8 --fp16", "bf16": " --bf16", "fp32": " --noTF32"}
    words = flags.get(option.precision, "")
    if option.compute_unit.kind == "dla":
        words += " --useDLACore=0 --allowGPUFallback"
    return _Run(
        (f"trtexec --onnx={onnx}{words} --warmUp=2000 --duration=30 --exportTimes=times.json",),
        "times.json",
        "trtexec",
    )


def _benchmark_app(option: Option, onnx: str) -> _Run:
    unit = {"gpu": "GPU", "npu": "NPU"}.get(option.compute_unit.kind, "CPU")
    precision = {"fp16": " -infer_precision f16", "bf16": " -infer_precision bf16"}.get(option.precision, "")
    command = f"benchmark_app -m {onnx} -d {unit} -hint none -nstreams 1 -nireq 1 -api sync -t 30{precision}"
    return _Run((f"{command} | tee benchmark.txt",), "benchmark.txt", "openvino")


def _perf_test(_: Option, onnx: str) -> _Run:
    command = f"onnxruntime_perf_test -I -m times -r 200 -p profile {onnx}"
    return _Run((command,), "profile.json", "onnxruntime")


def _msprof(_: Option, onnx: str) -> _Run:
    model = f"{Path(onnx).stem}.om"
    command = f'msprof --output=prof --application="python3 -m ais_bench --model {model} --loop 200"'
    return _Run((command,), LISTED)


def _tflite(_: Option, onnx: str) -> _Run:
    return _Run((f"benchmark_model --graph={Path(onnx).stem}.tflite --warmup_runs=20 --num_runs=200",))


def _hailo(_: Option, onnx: str) -> _Run:
    return _Run((f"hailortcli run {Path(onnx).stem}.hef --measure-latency",))


_TOOLS: Mapping[str, Callable[[Option, str], _Run]] = {
    "tensorrt": _trtexec,
    "openvino": _benchmark_app,
    "onnxruntime": _perf_test,
    "acl": _msprof,
    "tflite": _tflite,
    "hailort": _hailo,
}
"""By engine; of one without an entry, the latency of its own benchmark is written into a list."""


def _onnx(model: str) -> str:
    return f"{model.removeprefix('zoo:')}.onnx" if model.startswith("zoo:") else model


def _model_file(model: str) -> Iterator[str]:
    if model.startswith("zoo:"):
        yield f"planner zoo export {model.removeprefix('zoo:')} --weights random -o {_onnx(model)}"


def _file(run: _Run) -> str:
    return "measured.json" if run.tool else run.bring_back


def _import(run: _Run, model: str) -> Iterator[str]:
    if run.tool is not None:
        named = f"--model {model} --batch {BATCH} --format json -o measured.json"
        yield f"planner import {run.tool} {run.bring_back} {named}"


def _entry(option: Option, item: NetworkOnPart) -> Message:
    return message(
        "decides.list", file=LISTED, network=item.model, device=option.device, engine=option.engine
    )


def calibration_text(option: Option) -> str:
    """Which calibration would narrow the band that leaves the verdict open."""
    return message(
        "decides.calibration",
        engine=option.engine,
        part=option.device,
        network=option.slowest.estimate.model,
        planned=option.planning_text,
        batch=option.batch,
    )
