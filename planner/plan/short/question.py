"""A short question about cameras, and what is wrong with it: everything at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, PlannerError, Problem, UnknownIdError
from planner.language.sources.catalogue import named_models
from planner.language.sources.onnx_export import names_a_cache
from planner.plan.short.template import template
from planner.schema.hardware.video import CODECS, usual_codec
from planner.schema.reading.quantity import Money
from planner.schema.scenario.video import frame_size
from planner.units import UnitError, did_you_mean, parse_quantity
from planner.workload.file.onnx_file import read_graph
from planner.workload.workload import Workload
from planner.zoo.registry import names
from planner.zoo.source import read_model

_LANGUAGE_FILES = (".gguf", ".safetensors", ".json")
_LANGUAGE_FOLDERS = ("config.json", "genai_config.json")
_EXAMPLE = "--cameras 4 --fps 15"
_COLDEST_C, _WARMEST_C = -60.0, 80.0
"""What a scenario takes as `site.supply`."""
_MOST_OBJECTS = 10_000.0


@dataclass(frozen=True, slots=True)
class ShortQuestion:
    """What a person says in one line; None is left to the template."""

    model: str
    cameras: int | None = None
    fps_per_s: float | None = None
    latency_s: float | None = None
    quantile_ratio: float | None = None
    devices: tuple[str, ...] = ()
    max_power_w: float | None = None
    budget: Money | None = None
    site: str | None = None
    spares: int | None = None
    video: str | None = None
    """What the cameras send, such as `h265:1080p`; frames come decoded unless said."""
    then: tuple[str, ...] = ()
    """Networks for the objects of each frame, each with how many there are: `zoo:resnet18:2.5`."""


def read_network(model: str) -> Workload:
    """The network at batch one; `InputError` for a language model, which has another command."""
    if _is_language_model(model):
        raise _for_llm(model)
    try:
        workload = read_model(model, batch=1)
    except PlannerError:
        if _reads_a_cache(model):
            raise _for_llm(model) from None
        raise
    if names_a_cache(workload.inputs):
        raise _for_llm(model)
    return workload


def _reads_a_cache(model: str) -> bool:
    """Whether a file whose extents are open, so that it cannot be counted, is a decoder of text."""
    try:
        return names_a_cache(read_graph(Path(model)).inputs)
    except PlannerError:
        return False


def _is_language_model(model: str) -> bool:
    if model.startswith("zoo:"):
        name = model.removeprefix("zoo:")
        return name in named_models() and name not in names()
    path = Path(model)
    if path.is_dir():
        return any((path / name).is_file() for name in _LANGUAGE_FOLDERS) or any(path.glob("*.gguf"))
    return path.suffix.lower() in _LANGUAGE_FILES and path.is_file()


def _for_llm(model: str) -> InputError:
    advice = (
        f"`planner llm {model} --device ID` answers for language models, and for people who converse "
        f"`planner plan {model} --users 6`"
    )
    return InputError(model, [Problem("MODEL", "a network that answers frames", "a language model", advice)])


def require_whole(question: ShortQuestion) -> None:
    """Refuse a question that lacks something or does not fit, all of it in one `InputError`."""
    problems = [*_counts(question), *_limits(question), *_frames(question), *_names(question)]
    if problems:
        raise InputError("plan", problems)


def _counts(question: ShortQuestion) -> Iterator[Problem]:
    if not question.model:
        yield Problem(
            "MODEL", "an ONNX file or zoo:NAME", "none", "`planner zoo list` shows the reference networks"
        )
    if question.cameras is None:
        yield Problem(
            "cameras", "how many cameras send", "none", f"say {_EXAMPLE}, or let `planner init` ask"
        )
    elif not 1 <= question.cameras <= 1_000_000:
        yield Problem("cameras", "from 1 to 1000000", str(question.cameras))
    if question.fps_per_s is None:
        yield Problem("fps", "how many frames a camera sends each second", "none", f"say {_EXAMPLE}")
    elif not 0 < question.fps_per_s <= 1e6:
        yield Problem("fps", "more than zero, at most 1000000", f"{question.fps_per_s:g}")
    if question.spares is not None and not 0 <= question.spares <= 100_000:
        yield Problem("spares", "from 0 to 100000", str(question.spares))


def _limits(question: ShortQuestion) -> Iterator[Problem]:
    for name, value, unit in (
        ("latency", question.latency_s, "s"),
        ("max-power", question.max_power_w, "W"),
    ):
        if value is not None and not 0 < value < float("inf"):
            yield Problem(name, "more than zero", f"{value:g} {unit}")
    if question.quantile_ratio is not None and not 0 < question.quantile_ratio < 1:
        got = f"{question.quantile_ratio * 100:g} %"
        yield Problem("quantile", "a share between 0 % and 100 %", got, did_you_mean(["99 %"]))


def _frames(question: ShortQuestion) -> Iterator[Problem]:
    if question.video is not None and video_of(question.video) is None:
        expected = f"a codec ({', '.join(CODECS)}) and a size"
        yield Problem("video", expected, repr(question.video), "such as h265:1080p")
    for text in question.then:
        if objects_of(text) is None:
            expected = "a network and how many objects of a frame it looks at, more than zero, at most 10000"
            yield Problem("then", expected, repr(text), "such as zoo:resnet18:2.5")


def video_of(text: str) -> str | None:
    """`h265:1080p` as a scenario has it; None where it is no codec and size."""
    codec, _, size = text.strip().replace(" ", ":", 1).partition(":")
    return f"{codec} {size}" if usual_codec(codec) in CODECS and frame_size(size) is not None else None


def objects_of(text: str) -> tuple[str, float] | None:
    """`zoo:resnet18:2.5` as a network and a mean number of objects; None where it is none."""
    model, _, number = text.rpartition(":")
    try:
        mean = float(number)
    except ValueError:
        return None
    return (model, mean) if model and 0 < mean <= _MOST_OBJECTS else None


def _names(question: ShortQuestion) -> Iterator[Problem]:
    from planner.hardware.catalog import match_devices

    for pattern in question.devices:
        try:
            match_devices([pattern])
        except UnknownIdError as error:
            yield Problem("devices", "a part, or a pattern of some", error.got, error.advice)
    known = template().currencies.value
    if question.budget is not None and question.budget.currency not in known:
        advice = "plan in one of these, and change `money` of the scenario that `-o plan.yaml` writes"
        yield Problem("budget", f"an amount in {', '.join(known)}", question.budget.currency, advice)
    if question.site is not None:
        try:
            site_of(question.site)
        except PlannerError as error:
            yield from error.problems if isinstance(error, InputError) else ()


def site_of(text: str) -> tuple[str, float | None]:
    """`outdoor:45C` as the kind of site and the temperature of its air in degC; None where not said."""
    kind, separator, rest = text.partition(":")
    sites = template().sites
    if kind not in sites:
        error = UnknownIdError("site", kind, sites)
        expected = f"one of {', '.join(sites)}, as in outdoor:45C"
        raise InputError("plan", [Problem("site", expected, error.got, error.advice)])
    if not separator:
        return kind, None
    try:
        supply_c = parse_quantity(rest, "c")
    except UnitError as error:
        raise InputError("plan", [Problem("site", error.expected, repr(text), error.advice)]) from None
    if not _COLDEST_C <= supply_c <= _WARMEST_C:
        expected = f"air from {_COLDEST_C:g} to {_WARMEST_C:g} degC"
        raise InputError("plan", [Problem("site", expected, f"{supply_c:g} degC")])
    return kind, supply_c


def usual_site(cameras: int) -> str:
    """The kind of site that is taken for so many cameras where nobody says which."""
    sites = template().sites
    small = (
        name for name, kind in sites.items() if kind.usual_up_to is not None and cameras <= kind.usual_up_to
    )
    return next(small, next(iter(sites)))


def devices_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Patterns that may be separated by commas, each once."""
    return tuple(dict.fromkeys(word.strip() for text in texts for word in text.split(",") if word.strip()))
