"""Published rates of several users beside simulated conversations, and tokens simulated a second.

Each row of vLLM in `hardware_db/language/rates.csv` whose prompts are in its time is simulated as it was
measured: so many users with prompts and answers of one length, each of whom asks again once answered. The
rate is tokens over time, prompts included. Beside it is the rate of the same steps with the prompts in the
cache already, as an engine that keeps prefixes has them when a run repeats its prompts.
`python -m benchmarks.conversation_rates` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time

import numpy as np

from planner.conversation.compiled import run_compiled
from planner.conversation.description import Drawn, Levels, Serving, Talk
from planner.conversation.results import simulate_conversations
from planner.conversation.serving import limits_of, step_cost
from planner.conversation.step import Step, cost_row, step_time
from planner.conversation.work import draw
from planner.hardware.catalog import read_device
from planner.language.answer.question import Wishes
from planner.language.answer.serving import PreparedModel, prepare
from planner.language.rates.published import PublishedRate, published_rates
from planner.language.sources.source import read_language_model

LENGTH_S = 600.0


@dataclass(frozen=True, slots=True)
class RateCheck:
    """One row and what its simulation gives."""

    row: PublishedRate
    simulated_per_s: float
    cached_per_s: float
    """With the prompts in the cache."""
    prompts_share: float
    """Time of all prompts at the peak of the unit, over the published time of the run."""

    @property
    def factor(self) -> float:
        """How far one is from the other, above one."""
        return self._factor(self.simulated_per_s)

    @property
    def cached_factor(self) -> float:
        """The same with the prompts in the cache."""
        return self._factor(self.cached_per_s)

    def _factor(self, rate_per_s: float) -> float:
        ratio = rate_per_s / (self.row.tokens_per_s or 1.0)
        return max(ratio, 1.0 / ratio)


def compared() -> Iterator[RateCheck]:
    """The rows with prompts in their time, in the order of the file."""
    for row in published_rates():
        if row.engine == "vllm" and row.prompt_in_rate and row.prompt_tokens and row.output_tokens:
            yield _compared(row, row.prompt_tokens, row.output_tokens)


def _compared(row: PublishedRate, prompt: int, output: int) -> RateCheck:
    wishes = Wishes(
        weights=row.weights, engine=row.engine, mode=row.mode or None, prompt_tokens=prompt,
        output_tokens=output, context_tokens=prompt + output,
    )  # fmt: skip
    own = prepare(read_language_model(f"zoo:{row.model}"), read_device(row.part), wishes)
    talk, cost = users(row.users, prompt, output), step_cost(own)
    simulated = simulate_conversations(Serving((talk,), cost, limits_of(own, talk.context), 1, LENGTH_S))
    seen = row.users * (prompt + output // 2)
    step = Step(row.users, seen, seen, 0, 0, 0, 0, 0, 0)
    step_s = step_time(cost_row(cost), step, 1.0, 1.0)[0]
    prompts_s = row.users * prompt * 2.0 * cost.inner_macs / cost.top_ops_per_s
    published_s = row.users * output / (row.tokens_per_s or 1.0)
    return RateCheck(row, simulated.tokens_per_s, row.users / step_s, prompts_s / published_s)


def users(count: int, prompt: float, output: float) -> Talk:
    """Users who ask as soon as they are answered."""
    fixed = (Drawn("fixed", prompt), Drawn("fixed", output), Drawn("fixed", 1.0), Drawn("fixed", 0.0))
    return Talk("users", count, "users", 0.0, *fixed, int(prompt + output), prefix_kept=True, levels=Levels())


def tokens_a_second(own: PreparedModel, count: int = 64) -> float:
    """Tokens that are simulated in a second of processor time, the first compilation left out."""
    talk = users(count, 512, 256)
    serving = Serving((talk,), step_cost(own), limits_of(own, 4096), 1, 3600.0)
    work = draw(serving)
    run_compiled(serving, work)
    begun_s = process_time()
    counts = run_compiled(serving, work)
    return float(counts.made.sum()) / (process_time() - begun_s)


def main() -> None:
    """Print both."""
    found = list(compared())
    for item in found:
        row = item.row
        print(
            f"{row.model:16} {row.weights:6} {row.users} users  published {row.tokens_per_s:7.2f}/s  "
            f"simulated {item.simulated_per_s:7.2f}/s  {item.factor:.2f}  with prompts cached "
            f"{item.cached_per_s:7.2f}/s  {item.cached_factor:.2f}  prompts at the peak "
            f"{item.prompts_share:.0%} of the time"
        )
    for least in (1, 2):
        factors = [item.factor for item in found if item.row.users >= least]
        print(
            f"{len(factors)} rows of {least} users or more: median {np.median(factors):.2f}, "
            f"90th percentile {np.quantile(factors, 0.9):.2f}"
        )
    own = prepare(
        read_language_model("zoo:llama3.1-8b"), read_device("jetson-agx-orin-64"), Wishes(engine="vllm")
    )
    print(f"{tokens_a_second(own) / 1e6:.1f} million tokens a second and core with 64 users")


if __name__ == "__main__":
    main()
