"""An encoder in front of a decoder: of sound (Whisper) or of images (vision-language models).

It runs once for each input and makes tokens that the decoder reads: Radford et al. 2022, arXiv:2212.04356;
Dosovitskiy et al. 2020, arXiv:2010.11929.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Encoder:
    """Layers of attention over all tokens at once; `emitted` tokens go to the decoder."""

    kind: str
    """`audio` or `image`."""
    layers: int
    hidden: int
    feed_forward: int
    gated: bool
    tokens: int
    emitted: int
    layer_vectors: int
    """Biases and normalisations of one layer."""
    other_parameters: int
    """Patches or convolutions in front, positions, and what joins it to the decoder."""
    other_macs: int

    @property
    def layer_matrices(self) -> int:
        """Weights of one layer's matrices."""
        # Query, key, value and output; then up and down, and a gate beside them (Shazeer 2020,
        # arXiv:2002.05202).
        return 4 * self.hidden**2 + (3 if self.gated else 2) * self.hidden * self.feed_forward

    @property
    def parameters(self) -> int:
        """Trained numbers."""
        return self.layers * (self.layer_matrices + self.layer_vectors) + self.other_parameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one input: products with weights and both products of attention."""
        pairs = 2 * self.tokens**2 * self.hidden
        return self.layers * (self.tokens * self.layer_matrices + pairs) + self.other_macs
