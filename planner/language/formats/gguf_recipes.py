"""Which type llama.cpp gives each matrix under a format: `q4_k_m` is a mixture, not one type.

The rules are those of `llama_tensor_get_type` in llama.cpp (src/llama-quant.cpp): the last layer in 6 bits,
some layers' values and downward products in more bits than the rest, and a type with smaller blocks where a
row is no multiple of 256. Sizes follow to the byte but for the header; a file of its own is read instead
where there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from planner.language.formats.ggml_types import BY_NAME, BlockType
from planner.language.sizes.decoder import Decoder, Matrix

_FALLBACK = {
    "q2_k": "q4_0",
    "q3_k": "q4_0",
    "q4_k": "q5_0",
    "q5_k": "q5_1",
    "q6_k": "q8_0",
    "iq4_xs": "iq4_nl",
}
"""Types in blocks of 256 -> what is taken where a row is no multiple of that."""


def _more_bits(layer: int, layers: int) -> bool:
    """The layers at both ends, and every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _plain(base: str) -> Callable[[Decoder, Matrix, int], str]:
    return lambda _decoder, _matrix, _layer: base


def _q4_k_m(decoder: Decoder, matrix: Matrix, layer: int) -> str:
    if matrix.kind in ("value", "down") and _more_bits(layer, decoder.layers):
        return "q6_k"
    return "q5_k" if matrix.kind == "value" and _is_70b(decoder) else "q4_k"


def _is_70b(decoder: Decoder) -> bool:
    return decoder.layers >= 80 and decoder.heads == 8 * decoder.key_heads


def _q4_k_s(decoder: Decoder, matrix: Matrix, layer: int) -> str:
    if matrix.kind == "value":
        return "q5_k" if layer < 4 or _is_70b(decoder) else "q4_k"
    return "q5_k" if matrix.kind == "down" and layer < decoder.layers // 8 else "q4_k"


def _q5_k_m(decoder: Decoder, matrix: Matrix, layer: int) -> str:
    more = matrix.kind in ("value", "down") and _more_bits(layer, decoder.layers)
    return "q6_k" if more else "q5_k"


def _q3_k_m(decoder: Decoder, matrix: Matrix, layer: int) -> str:
    if matrix.kind == "value":
        return "q5_k" if layer < 2 else "q4_k"
    if matrix.kind == "down":
        return "q5_k" if layer < decoder.layers // 16 else "q4_k"
    return "q4_k" if matrix.kind == "output" else "q3_k"


def _q2_k(decoder: Decoder, matrix: Matrix, layer: int) -> str:  # noqa: ARG001 - one signature for all
    if matrix.kind == "value":
        return "q4_k" if decoder.heads >= 4 * decoder.key_heads else "q3_k"
    return "q3_k" if matrix.kind in ("down", "output") else "q2_k"


def _mxfp4(decoder: Decoder, matrix: Matrix, layer: int) -> str:  # noqa: ARG001 - one signature for all
    return "mxfp4" if matrix.kind == "expert" else "q8_0"


_RECIPES: Mapping[str, tuple[Callable[[Decoder, Matrix, int], str], str, str]] = {
    "f32": (_plain("f32"), "f32", "f32"),
    "f16": (_plain("f16"), "f16", "f16"),
    "bf16": (_plain("bf16"), "bf16", "bf16"),
    "q8_0": (_plain("q8_0"), "q8_0", "q8_0"),
    "q4_0": (_plain("q4_0"), "q6_k", "q4_0"),
    "q4_1": (_plain("q4_1"), "q6_k", "q4_1"),
    "q5_0": (_plain("q5_0"), "q6_k", "q5_0"),
    "q5_1": (_plain("q5_1"), "q6_k", "q5_1"),
    "q6_k": (_plain("q6_k"), "q6_k", "q6_k"),
    "q5_k_s": (_plain("q5_k"), "q6_k", "q5_k"),
    "q5_k_m": (_q5_k_m, "q6_k", "q5_k"),
    "q4_k_s": (_q4_k_s, "q6_k", "q4_k"),
    "q4_k_m": (_q4_k_m, "q6_k", "q4_k"),
    "q3_k_m": (_q3_k_m, "q6_k", "q3_k"),
    "q2_k": (_q2_k, "q6_k", "q2_k"),
    "iq4_xs": (_plain("iq4_xs"), "q6_k", "iq4_xs"),
    "iq4_nl": (_plain("iq4_nl"), "q6_k", "iq4_nl"),
    "mxfp4": (_mxfp4, "q8_0", "q8_0"),
}
"""Format -> type of a layer's matrix, of the last layer, of the table of words."""

GGUF_FORMATS = tuple(_RECIPES)


def type_of(decoder: Decoder, matrix: Matrix, layer: int, name: str) -> BlockType:
    """The type of one matrix of a layer under a format."""
    kind = "f32" if matrix.kind == "router" else _RECIPES[name][0](decoder, matrix, layer)
    return fitting(kind, matrix.columns)


def table_types(decoder: Decoder, name: str) -> tuple[BlockType, BlockType]:
    """Types of the last layer and of the table of words; shared, both are that of the last layer."""
    last = fitting(_RECIPES[name][1], decoder.hidden)
    return last, last if decoder.tied else fitting(_RECIPES[name][2], decoder.hidden)


def fitting(name: str, width: int) -> BlockType:
    """The type, or that with smaller blocks where rows of this width are no whole blocks."""
    kind = BY_NAME[name]
    if width % kind.numbers == 0:
        return kind
    smaller = BY_NAME[_FALLBACK.get(name, "f16")]
    return smaller if width % smaller.numbers == 0 else BY_NAME["f16"]
