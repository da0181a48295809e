"""A language model as the rest of the package sees it: a decoder, an encoder in front, weights as stored."""

from __future__ import annotations

from dataclasses import dataclass

from planner.language.sizes.decoder import Decoder
from planner.language.sizes.encoder import Encoder


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """Bytes as a file has them."""

    format: str
    """Name of the format: `q4_k_m`, `fp16`, ..."""
    total_bytes: int
    step_bytes: int
    """What one token reads: all but the table of words, of experts the active ones."""
    file_bytes: int = 0
    """Length of the whole file, where it is one."""


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """One model; `stored` is None where only shapes are known, so that any format can be asked for."""

    name: str
    decoder: Decoder
    encoder: Encoder | None = None
    stored: StoredWeights | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """Trained numbers of decoder and encoder."""
        return self.decoder.parameters + (self.encoder.parameters if self.encoder else 0)
