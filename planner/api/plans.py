"""A plan from a short question: the answer, and the scenario that gives the same.

Nothing heavy is imported before a function needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from planner.api.scenarios import Progress, quiet
from planner.errors import OutputError

if TYPE_CHECKING:
    from planner.plan.short.plan import ShortPlan
    from planner.plan.short.question import ShortQuestion
    from planner.plan.short.scenario import WrittenScenario
    from planner.schema.reading.quantity import Money
    from planner.schema.scenario.template import Template


def short_question(
    model: str | Path,
    *,
    cameras: int | None = None,
    fps: float | None = None,
    latency_s: float | None = None,
    quantile: float | None = None,
    devices: str | Sequence[str] = (),
    max_power_w: float | None = None,
    budget: Money | None = None,
    site: str | None = None,
    spares: int | None = None,
    video: str | None = None,
    then: str | Sequence[str] = (),
) -> ShortQuestion:
    """A question about cameras in one line; what is left out is taken from a template and listed.

    `model` is an ONNX file or `zoo:NAME`, `fps` the frames of each camera a second, `quantile` the share of
    frames that are answered within `latency_s`. `devices` are ids and shell patterns, `site` is room, cabinet
    or outdoor, with the temperature of its air as in `outdoor:45C`. `video` is what the cameras send
    (`h265:1080p`; frames come decoded unless said), `then` further networks with the objects of a frame that
    each looks at (`zoo:resnet18:2.5`). Nothing is looked at yet.

    >>> short_question("zoo:yolov5s", cameras=4, fps=15).cameras
    4
    """
    from planner.plan.short.question import ShortQuestion, devices_of

    return ShortQuestion(
        model=str(model),
        cameras=cameras,
        fps_per_s=fps,
        latency_s=latency_s,
        quantile_ratio=quantile,
        devices=devices_of([devices] if isinstance(devices, str) else devices),
        max_power_w=max_power_w,
        budget=budget,
        site=site,
        spares=spares,
        video=video,
        then=(then,) if isinstance(then, str) else tuple(then),
    )


def plan(question: ShortQuestion, *, to: str | Path | None = None, progress: Progress = quiet) -> ShortPlan:
    """How many of which part a question takes, and whether they hold; the scenario goes to the file `to`.

    `size` of that scenario gives the same numbers. Raises `InputError` with everything that does not fit, or
    for a language model, and `OutputError` where the file cannot be written; nothing is then written.

    >>> question = short_question("zoo:yolov5s", cameras=4, fps=15, devices="jetson-orin-nano-8")
    >>> plan(question).sizing.options[0].option.count
    1
    """
    from planner.plan.short.plan import answer

    path = None if to is None else _plan_file(to)
    found = answer(question, path, progress=progress)
    if path is not None:
        _write(path, found.text)
    return found


def write_plan(question: ShortQuestion, to: str | Path) -> WrittenScenario:
    """Write the scenario of a question without answering it; raises what `plan` raises.

    >>> question = short_question("zoo:yolov5s", cameras=4, fps=15)
    >>> write_plan(question, "plan.yaml").source.scenario.streams[0].count
    4
    """
    from planner.plan.short.question import objects_of, read_network, require_whole
    from planner.plan.short.scenario import write_scenario

    path = _plan_file(to)
    require_whole(question)
    for model in (question.model, *(found[0] for text in question.then if (found := objects_of(text)))):
        read_network(model)
    written = write_scenario(question, path)
    _write(path, written.text)
    return written


def check_question(question: ShortQuestion) -> None:
    """Refuse what does not fit of a whole question, all at once, before anything is worked out.

    >>> check_question(short_question("zoo:yolov5s", cameras=4, fps=15))
    """
    from planner.plan.short.question import require_whole

    require_whole(question)


def check_network(model: str) -> None:
    """Refuse a network that cannot be read, or that is a language model.

    >>> check_network("zoo:yolov5s")
    """
    from planner.plan.short.question import read_network

    read_network(model)


def plan_template() -> Template:
    """What a short question leaves open, each value with its reason.

    >>> list(plan_template().sites)
    ['room', 'cabinet', 'outdoor']
    """
    from planner.plan.short.template import template

    return template()


def usual_site(cameras: int) -> str:
    """The kind of site that is taken for so many cameras where nobody says which.

    >>> usual_site(4), usual_site(300)
    ('cabinet', 'room')
    """
    from planner.plan.short.question import usual_site as usual

    return usual(cameras)


def plain_text(value: object) -> str:
    """A value of a scenario in one line.

    >>> plain_text(["int8", "fp16"])
    'int8, fp16'
    """
    from planner.plan.short.scenario import shown

    return shown(value)


def _plan_file(to: str | Path) -> Path:
    """Refuse a file that cannot be written, or that is no scenario by its name, before the work begins."""
    from planner.files import require_writable

    path = Path(to)
    require_writable(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise OutputError(f"{path}: expected a name that ends in .yaml, got {path.suffix or 'no ending'!r}")
    return path


def _write(path: Path, text: str) -> None:
    from planner.files import write_bytes

    write_bytes(path, text.encode())
