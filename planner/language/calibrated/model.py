"""Time of a step and of a prompt with llama.cpp on a processor.

    step = (compute^p + memory^p)^(1/p) + attention + small kernels + pass
    compute = sum over types of (numbers of layers + factor x numbers of the last matrix) x time a number
    memory = bytes of weights x share that is not in the cache / bandwidth
    attention = cached tokens x (heads x (multiply-accumulates x time + time a token) + bytes / rate), over
                all layers; of the first 256 tokens, which threads do not share, times a factor
    small kernels = nodes x time a node + numbers x time a number, over all layers
    prompt = tokens x (sum over types of numbers x time a number and token) + share x compute of a step
             + attention + small kernels + pass

The roofline of Williams, Waterman and Patterson (CACM 52(4), 2009) with a rate for each type of block: a
processor unpacks blocks as it multiplies, and for most types that takes longer than reading them. Weights
that fit the last cache come from there from one step to the next; how fast that ends as they grow is fitted,
for the page table grows with them. A prompt goes in pieces of 512 tokens, each of which reads the
weights once and starts every kernel once. It stops holding where memory is short and weights are read from a
disk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from planner.language.calibrated.work import TokenWork
from planner.language.formats.ggml_types import BY_NAME

CHUNK_TOKENS = 512
UNSHARED_TOKENS = 256
"""llama.cpp gives a step's attention to several threads from more than these on."""
_NORMAL_BITS = 5.0
_FLOATS = ("f32", "f16", "bf16")
_BITS_APART = ("q5_0", "q5_1", "q3_k", "q5_k", "q6_k")
"""Blocks with `qh` or `hmask` in `ggml-common.h`: two arrays have to be put together for each number."""
_REPACKED = ("q4_0", "q4_k", "q2_k", "iq4_nl")
"""Types that llama.cpp puts in another order when it loads them (`ggml-cpu/repack.cpp`, x86): they lie in
memory of its own then, and not in the pages of the file."""
_LARGE_BLOCK = 256

Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PassColumns:
    """Work of passes, one a row; of the two matrices the columns are types of blocks."""

    types: tuple[str, ...]
    layer_numbers: Column
    prompt_numbers: Column
    last_numbers: Column
    step_bytes: Column
    head_tokens: Column
    """Heads x cached tokens that each token attends to, over all layers and tokens."""
    head_macs: Column
    unshared: Column
    """Of these the share of the first tokens of the cache."""
    head_bytes: Column
    """Bytes of the cache for each of them: heads that share keys share these too."""
    nodes: Column
    elements: Column
    tokens: Column
    pieces: Column


def step_columns(passes: Sequence[tuple[TokenWork, int]], types: Sequence[str] | None = None) -> PassColumns:
    """Steps, each with so many tokens in the cache."""
    attended = [work.heads * work.attended(context) for work, context in passes]
    first = [work.heads * work.attended(context, UNSHARED_TOKENS) for work, context in passes]
    return _columns([work for work, _ in passes], [1] * len(passes), (attended, first), types)


def prompt_columns(
    passes: Sequence[tuple[TokenWork, int]], types: Sequence[str] | None = None
) -> PassColumns:
    """Prompts of so many tokens; each token attends to those before it, half of them in the mean."""
    attended = [tokens * work.heads * work.attended(tokens / 2) for work, tokens in passes]
    tokens = [count for _, count in passes]
    return _columns([work for work, _ in passes], tokens, (attended, [0.0] * len(passes)), types)


def _columns(
    works: Sequence[TokenWork],
    tokens: Sequence[int],
    attended: tuple[Sequence[float], Sequence[float]],
    types: Sequence[str] | None,
) -> PassColumns:
    named = tuple(sorted({kind for work in works for kind in work.types}) if types is None else types)
    layer, prompt, last = (np.zeros((len(works), len(named))) for _ in range(3))
    for row, work in enumerate(works):
        for kind, count in work.layer_numbers.items():
            layer[row, named.index(kind)] = count
        for kind, count in work.prompt_numbers.items():
            prompt[row, named.index(kind)] = count
        last[row, named.index(work.last_type)] = work.last_numbers
    return PassColumns(
        named,
        layer,
        prompt,
        last,
        np.array([work.step_bytes for work in works]),
        np.array(attended[0], dtype=np.float64),
        np.array([work.head_macs for work in works]),
        np.array(attended[1], dtype=np.float64),
        np.array([work.cache_bytes / work.heads for work in works]),
        np.array([float(work.layers * work.layer_nodes) for work in works]),
        np.array([work.layers * work.layer_elements for work in works]),
        np.array(tokens, dtype=np.float64),
        np.array([float(-(-count // CHUNK_TOKENS)) for count in tokens]),
    )


@dataclass(frozen=True, slots=True)
class TypeCosts:
    """Time of one number of a type: a law over types, and what each measured one differs by (logarithms).

    The law is time x (bits / 5)^power x factor for blocks of 256 x factor for plain floats x factor for types
    that keep the high bits of their numbers apart.
    """

    number_s: float
    bits_power: float
    blocks_of_256: float
    floats: float
    bits_apart: float
    own: Mapping[str, float]

    def seconds(self, kind: str) -> float:
        """Seconds of one number."""
        block = BY_NAME[kind]
        law: float = self.number_s * (block.bits / _NORMAL_BITS) ** self.bits_power
        law *= self.blocks_of_256 if block.numbers == _LARGE_BLOCK else 1.0
        law *= self.floats if kind in _FLOATS else 1.0
        law *= self.bits_apart if kind in _BITS_APART else 1.0
        return law * math.exp(self.own.get(kind, 0.0))

    def column(self, types: Sequence[str]) -> Column:
        """The same of several types."""
        return np.array([self.seconds(kind) for kind in types])


@dataclass(frozen=True, slots=True)
class SmallCosts:
    """Time of what is not a product with weights."""

    pass_s: float
    node_s: float
    element_s: float
    attention_mac_s: float
    attention_byte_s: float
    attention_token_s: float
    """Of one cached token of one head: its mask, its exponential."""

    def seconds(self, work: PassColumns) -> Column:
        """Attention and small kernels; each piece of a prompt starts them anew."""
        token_s = work.head_macs * self.attention_mac_s + self.attention_token_s
        token_s = token_s + work.head_bytes * self.attention_byte_s
        elements = work.tokens * work.elements * self.element_s
        started = work.pieces * (self.pass_s + work.nodes * self.node_s)
        result: Column = work.head_tokens * token_s + elements + started
        return result


@dataclass(frozen=True, slots=True)
class StepCosts:
    """Everything that a step's time follows from."""

    types: TypeCosts
    small: SmallCosts
    bandwidth_bytes_per_s: float
    cache_bytes: float
    overlap: float
    sharpness: float
    """How fast the share that comes from the cache falls as weights grow."""
    last_factor: float
    """Time of a number of the last matrix, which is long and divides well, over that of others."""
    repacked_factor: float
    """Time of a byte from memory of types that are put in another order at loading, over that of others."""
    unshared_factor: float
    """Of attention to the first tokens in the cache, which one thread alone does."""

    def times(self, work: PassColumns) -> Column:
        """Seconds of steps."""
        products = both(self.compute_s(work), self.memory_s(work), self.overlap)
        result: Column = products + self._rest(work)
        return result

    def _rest(self, work: PassColumns) -> Column:
        longer = work.head_tokens + (self.unshared_factor - 1.0) * work.unshared
        return self.small.seconds(replace(work, head_tokens=longer))

    def seconds(self, work: TokenWork, context: int) -> float:
        """One token with so many cached."""
        return float(self.times(step_columns([(work, context)]))[0])

    def parts(self, work: TokenWork, context: int) -> tuple[float, float, float]:
        """Seconds that a step would take for memory alone, for its products alone, and for the rest."""
        columns = step_columns([(work, context)])
        memory = self.memory_s(columns)
        rest = self._rest(columns)
        return float(memory[0]), float(self.compute_s(columns)[0]), float(rest[0])

    def compute_s(self, work: PassColumns) -> Column:
        """Products with all weights, the last layer among them, as if they were in the cache."""
        numbers = work.layer_numbers + self.last_factor * work.last_numbers
        result: Column = numbers @ self.types.column(work.types)
        return result

    def memory_s(self, work: PassColumns) -> Column:
        """Seconds for the bytes that do not come from the cache, being read in order again and again."""
        bits = np.array([BY_NAME[kind].bits / 8 for kind in work.types])
        repacked = np.array([kind in _REPACKED for kind in work.types])
        factors = bits * np.where(repacked, self.repacked_factor, 1.0)
        read = (work.layer_numbers + work.last_numbers) @ factors
        missed = 1.0 / (1.0 + (self.cache_bytes / work.step_bytes) ** self.sharpness)
        result: Column = missed * read / self.bandwidth_bytes_per_s
        return result


@dataclass(frozen=True, slots=True)
class PromptCosts:
    """Everything that a prompt's time follows from; each piece of it costs a share of a step's products."""

    types: TypeCosts
    small: SmallCosts
    step_share: float

    def times(self, work: PassColumns, step: StepCosts) -> Column:
        """Seconds of prompts into an empty cache; the last layer works on the last token alone."""
        products = work.tokens * (work.prompt_numbers @ self.types.column(work.types))
        once = self.step_share * work.pieces * step.compute_s(work)
        result: Column = products + once + self.small.seconds(work)
        return result

    def seconds(self, work: TokenWork, tokens: int, step: StepCosts) -> float:
        """One prompt."""
        return float(self.times(prompt_columns([(work, tokens)]), step)[0])


def both(first: Column, second: Column, power: float) -> Column:
    """Two times that overlap but for what they wait for each other; no overflow at high powers."""
    longer, shorter = np.maximum(first, second), np.minimum(first, second)
    share = np.divide(shorter, longer, out=np.zeros_like(longer), where=longer > 0)
    result: Column = longer * (1.0 + share**power) ** (1.0 / power)
    return result
