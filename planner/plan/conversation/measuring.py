"""What to measure of a language model before many devices are ordered: token rates on one of them.

The band of times is taken at five quantiles; where another count would keep the promises than the planned
one, a measurement changes the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.conversation.description import Serving
from planner.plan.conversation.option import ConversationOption
from planner.plan.conversation.question import ConversationQuestion
from planner.plan.conversation.search import least_count
from planner.plan.conversation.talks import usual_turn
from planner.plan.cost.model import between
from planner.rack.counts.results import Verdict
from planner.wording.message import Message, message

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_WEIGHTS = (0.15, 0.2, 0.3, 0.2, 0.15)
"""Share of the chances that each quantile represents: up to halfway to the next one."""


@dataclass(frozen=True, slots=True)
class RatesToMeasure:
    """Token rates of a model on one part: what they may change, and how they are measured."""

    model: str
    device: str
    mode: str
    engine: str
    devices_open: int
    """Between the least and the most that any of the quantiles takes."""
    money_open: float | None
    currency: str
    chance: float
    """That the count or an open verdict changes."""
    worth: float | None
    """What the plan would move by on the average; None where a price is not known."""
    decides_verdict: bool
    on_the_part: tuple[str, ...]
    bring_back: str
    here: tuple[str, ...]
    note: Message


def rates_to_measure(asked: ConversationQuestion, option: ConversationOption) -> RatesToMeasure | None:
    """None where nothing was simulated, or the devices are given and their verdict stays."""
    if option.ends is None:
        return None
    open_verdict = option.ends.verdict is Verdict.UNDECIDED
    counts = [option.count] * len(_QUANTILES)
    if asked.source.scenario.deployment is None:
        counts = [least_count(asked, _at(option, quantile)) for quantile in _QUANTILES]
    moved = sum(weight for weight, count in zip(_WEIGHTS, counts, strict=True) if count != option.count)
    capital, installed = option.cost.capital if option.cost else None, option.count + option.spares
    each = None if capital is None else capital / installed
    mean = sum(w * abs(count - option.count) for w, count in zip(_WEIGHTS, counts, strict=True))
    spread = max(counts) - min(counts)
    return RatesToMeasure(
        model=asked.source.scenario.conversations[0].model,
        device=option.device,
        mode=option.mode,
        engine=option.engine,
        devices_open=spread,
        money_open=None if each is None else spread * each,
        currency=asked.source.scenario.money.currency,
        chance=1.0 if open_verdict else moved,
        worth=None if each is None else mean * each,
        decides_verdict=open_verdict,
        on_the_part=_commands(asked, option),
        bring_back="rates.yaml",
        here=(f"planner size {asked.source.file} --anchor rates.yaml",),
        note=message("conversation.write_rates"),
    )


def _at(option: ConversationOption, quantile: float) -> Serving:
    """One device at a quantile of the band of its times."""
    low, mid, high = (option.servings[end] for end in ("low", "mid", "high"))

    def of(name: str) -> float:
        ends = [float(getattr(item.cost, name)) for item in (low, mid, high)]
        return between(ends[0], ends[1], ends[2], quantile)

    # The ends of a band are 5 and 95 %; between them straight lines.
    cost = replace(mid.cost, alone=of("alone"), together=of("together"), prompt=of("prompt"))
    return replace(mid, cost=cost, devices=1, rack=None)


def _commands(asked: ConversationQuestion, option: ConversationOption) -> tuple[str, ...]:
    prompt, output = usual_turn(asked.talks)
    users = max(1, option.ends.mid.most_sessions if option.ends else 1)
    if option.engine.startswith("llama-cpp"):
        together = f"llama-batched-bench -m MODEL.gguf -npp {prompt} -ntg {output} -npl 1,{users}"
        return (f"llama-bench -m MODEL.gguf -p {prompt} -n {output} -o json", together)
    if option.engine == "vllm":
        return (
            f"vllm bench serve --model MODEL --random-input-len {prompt} --random-output-len {output} "
            f"--max-concurrency {users}",
        )
    if option.engine == "ollama":
        return ("ollama run MODEL --verbose",)
    return (str(message("conversation.by_its_tool", engine=option.engine, prompt=prompt, output=output)),)
