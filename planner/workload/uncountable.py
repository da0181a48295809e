"""Operators whose work no shape tells, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

_TRAINING = "an operator of training, which no inference runs"
_GENERATION = "how many tokens it generates depends on data; count its decoder on its own"

_DOMAINS: Mapping[str, str] = {"ai.onnx.preview.training": _TRAINING, "ai.onnx.training": _TRAINING}
_OPERATORS: Mapping[tuple[str, str], str] = {
    ("", "ImageDecoder"): "what an image file holds and what decoding it costs depend on data",
    **{
        ("com.microsoft", name): _GENERATION
        for name in ("BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch")
    },
    (
        "com.microsoft",
        "EPContext",
    ): "a network compiled for one device, whose operators the file does not show",
}


def uncountable(domain: str, op_type: str) -> str | None:
    """Why an operator can never be counted; None for all others."""
    return _OPERATORS.get((domain, op_type)) or _DOMAINS.get(domain)
