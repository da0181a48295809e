"""What the fit of llama.cpp sees and what it is judged on; written down before anything was fitted.

- **Probes** have the architectures `PROBE_ARCHITECTURES` and the formats `PROBE_FORMATS`, every pair of them
  three times, with sizes drawn from the number of the probe.
- **Validation** has the architectures `JUDGED_ARCHITECTURES` and the formats `JUDGED_FORMATS`, none of which
  a probe has, every pair twice. Q4_K_S, Q5_K_M and Q6_K mix types of blocks that probes have in
  other shares; Q5_1 is a type that no probe has.
- **Times.** A step is timed at contexts of `CONTEXTS`, a prompt at the lengths `PROMPTS`, those that a
  model of its size can have in the time (see `lengths`); each on one thread and on all cores.
- **Bands** come from the probes alone. Each is predicted by a fit without all probes of its architecture and
  without all of its format. Where the rest of the probes has no block of one of its types, the error counts
  for formats of unknown types, else for those of known ones.
- **Figures.** The mean absolute error of predicted over measured time, and the share within the band of 90 %,
  of steps and of prompts, over all of the validation and apart for known and unknown types. Nothing is tuned
  after the first run on the validation; what is changed later is said in docs/llm.md.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Final

PROBE_ARCHITECTURES: Final = ("llama", "qwen3", "phi3")
PROBE_FORMATS: Final = ("q4_k_m", "q8_0", "f16", "q4_0", "q3_k_m", "q5_0", "q5_k_s")
PROBES: Final = 63
JUDGED_ARCHITECTURES: Final = ("qwen2", "gemma", "gemma3")
JUDGED_FORMATS: Final = ("q4_k_s", "q5_k_m", "q6_k", "q5_1")
JUDGED: Final = 24

CONTEXTS: Final = (32, 256, 768, 2048)
PROMPTS: Final = (16, 64, 160, 512)

_LEAST_BYTES, _MOST_BYTES = 12e6, 280e6
_MOST_PROMPT_MACS, _MOST_CACHE_MACS = 1.2e10, 6e10
"""A sixth of a second and most of one at 75 billion multiply-accumulates a second."""
_BITS = {"q4_k_m": 4.9, "q8_0": 8.5, "f16": 16.0, "q4_0": 4.6, "q3_k_m": 4.0, "q5_1": 6.0, "q5_k_s": 5.6,
         "q4_k_s": 4.7, "q5_k_m": 5.7, "q6_k": 6.6, "q5_0": 5.6}  # fmt: skip
"""Of a number, about: to draw sizes of files alike for all formats."""


@dataclass(frozen=True, slots=True)
class SizedModel:
    """A small model to be written with random weights; widths in numbers."""

    name: str
    architecture: str
    format: str
    layers: int
    hidden: int
    heads: int
    key_heads: int
    head_width: int
    feed_forward: int
    vocabulary: int
    tied: bool

    @property
    def matrix_numbers(self) -> int:
        """Numbers of the weight matrices that one token goes through, the last layer among them."""
        attention = self.hidden * self.head_width * 2 * (self.heads + self.key_heads)
        layer = attention + 3 * self.hidden * self.feed_forward
        return self.layers * layer + self.vocabulary * self.hidden


def probe(number: int) -> SizedModel:
    """Probe of a number; any seven in a row have all formats, the first 21 all pairs."""
    formats = len(PROBE_FORMATS)
    architecture = PROBE_ARCHITECTURES[(number + number // formats) % len(PROBE_ARCHITECTURES)]
    return _drawn(f"probe-{number}", architecture, PROBE_FORMATS[number % formats], number)


def judged(number: int) -> SizedModel:
    """Model of the validation of a number; sizes are drawn from other seeds than those of probes."""
    formats = len(JUDGED_FORMATS)
    architecture = JUDGED_ARCHITECTURES[(number + number // formats) % len(JUDGED_ARCHITECTURES)]
    return _drawn(f"judged-{number}", architecture, JUDGED_FORMATS[number % formats], 100_000 + number)


def lengths(model: SizedModel) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Contexts of its steps and lengths of its prompts: the shortest always, longer ones within the time."""
    numbers = model.matrix_numbers
    contexts = tuple(tokens for tokens in CONTEXTS if tokens * numbers <= _MOST_CACHE_MACS)
    prompts = tuple(tokens for tokens in PROMPTS if tokens * numbers <= _MOST_PROMPT_MACS)
    return contexts or CONTEXTS[:1], prompts or PROMPTS[:1]


def _drawn(name: str, architecture: str, weights: str, seed: int) -> SizedModel:
    """Sizes of language models as they are built, made small; bytes are spread evenly in their logarithm."""
    draw = random.Random(seed)  # noqa: S311 - sizes, no secrets
    wanted = math.exp(draw.uniform(math.log(_LEAST_BYTES), math.log(_MOST_BYTES))) * 8 / _BITS[weights]
    head_width = {"gemma": 256, "gemma3": 256}.get(architecture, draw.choice((64, 128)))
    hidden = 256 * draw.choice((2, 3, 4, 5, 6, 8))
    vocabulary = 1024 * draw.choice((2, 4, 8, 16, 32))
    while vocabulary * hidden > 0.4 * wanted and vocabulary > 2048:
        vocabulary //= 2
    while hidden > 512 and 2 * 9 * hidden**2 > wanted:
        hidden -= 256
    if architecture == "phi3":  # its heads together are as wide as the hidden vector
        head_width = 96 if hidden % 768 == 0 else 128
    heads = max(1, hidden // head_width)
    # Rows of the output product have to be whole blocks of 256.
    while heads * head_width % 256:
        heads += 1
    key_heads = draw.choice([count for count in (1, 2, 4, 8, heads) if heads % count == 0])
    feed_forward = 256 * max(2, round(hidden * draw.uniform(2.0, 4.5) / 256))
    layer = hidden * head_width * 2 * (heads + key_heads) + 3 * hidden * feed_forward
    layers = max(2, round((wanted - vocabulary * hidden) / layer))
    if architecture == "gemma3":  # every sixth layer sees all; with none of them the engine fails
        layers = max(6, layers)
    tied = architecture.startswith("gemma") or draw.random() < 0.4
    return SizedModel(
        name, architecture, weights, min(layers, 32), hidden, heads, key_heads, head_width, feed_forward,
        vocabulary, tied,
    )  # fmt: skip
