"""Published rates of several users beside simulated conversations, and tokens simulated a second.

Each row of vLLM in `hardware_db/language/rates.csv` whose prompts are in its time is simulated as it was
measured: so many users with prompts and answers of one length, each of whom asks again once answered. The
rate is tokens over time, prompts included. `python -m benchmarks.conversation_rates` prints the table.
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
from planner.conversation.work import draw
from planner.hardware.catalog import read_device
from planner.language.answer.question import Wishes
from planner.language.answer.serving import PreparedModel, prepare
from planner.language.rates.published import PublishedRate, published_rates
from planner.language.sources.source import read_language_model

LENGTH_S = 600.0


@dataclass(frozen=True, slots=True)
class Compared:
    """One row and what its simulation gives."""

    row: PublishedRate
    simulated_per_s: float

    @property
    def factor(self) -> float:
        """How far one is from the other, above one."""
        ratio = self.simulated_per_s / (self.row.tokens_per_s or 1.0)
        return max(ratio, 1.0 / ratio)


def compared() -> Iterator[Compared]:
    """The rows with prompts in their time, in the order of the file."""
    for row in published_rates():
        if row.engine == "vllm" and row.prompt_in_rate and row.prompt_tokens and row.output_tokens:
            yield Compared(row, _simulated_per_s(row, row.prompt_tokens, row.output_tokens))


def _simulated_per_s(row: PublishedRate, prompt: int, output: int) -> float:
    wishes = Wishes(
        weights=row.weights, engine=row.engine, mode=row.mode or None, prompt_tokens=prompt,
        output_tokens=output, context_tokens=prompt + output,
    )  # fmt: skip
    own = prepare(read_language_model(f"zoo:{row.model}"), read_device(row.part), wishes)
    talk = users(row.users, prompt, output)
    return simulate_conversations(
        Serving((talk,), step_cost(own), limits_of(own, talk.context), 1, LENGTH_S)
    ).tokens_per_s


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
            f"simulated {item.simulated_per_s:7.2f}/s  {item.factor:.2f}"
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
