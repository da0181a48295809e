"""Sizes from the `config.json` of a Hugging Face model; every architecture has keys and extras of its own.

What a configuration leaves out (which products have biases, which vectors are normalised) is fixed by the
architecture's code and is listed in `_TRAITS`, one entry for each `model_type`; an unknown type is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.errors import InputError, Problem
from planner.language.sizes.decoder import Biases, Cross, Decoder, Experts, Latent
from planner.language.sizes.encoder import Encoder
from planner.language.sizes.model import LanguageModel
from planner.language.sources.keys import Keys
from planner.language.sources.sense import require_sense
from planner.read_files import read_bounded_json

_LARGEST_FILE = 10_000_000


_NO_BIASES = Biases()


@dataclass(frozen=True, slots=True)
class _Traits:
    """What the code of an architecture adds to its configuration."""

    biases: Biases = _NO_BIASES
    norms: int = 2
    head_norm: bool = False
    tied: bool = False
    """Whether the last layer shares the table of words where the file does not say."""
    head_scalars: int = 0


_QKV = Biases(query=True, key=True, value=True)
_TRAITS: Mapping[str, _Traits] = {
    **dict.fromkeys(("llama", "mistral", "mixtral", "internlm2", "minicpm", "phi3", "smollm3"), _Traits()),
    **dict.fromkeys(("minicpm3", "deepseek_v2", "deepseek_v3"), _Traits()),
    "qwen2": _Traits(_QKV),
    "qwen2_moe": _Traits(_QKV),
    "chatglm": _Traits(_QKV),
    "qwen3": _Traits(head_norm=True),
    "qwen3_moe": _Traits(head_norm=True),
    "gemma": _Traits(tied=True),
    "gemma2": _Traits(norms=4, tied=True),
    "gemma3_text": _Traits(norms=4, head_norm=True, tied=True),
    "gpt_oss": _Traits(Biases(query=True, key=True, value=True, output=True), head_scalars=1),
}
_NESTED = {"gemma3": "gemma3_text", "qwen2_5_vl": "qwen2", "qwen2_vl": "qwen2", "smolvlm": "llama",
           "idefics3": "llama"}  # fmt: skip
_WHISPER = "whisper"


def read_config(path: Path) -> LanguageModel:
    """A model from a `config.json`; `InputError` with every key that is missing or wrong."""
    values = read_bounded_json(path, _LARGEST_FILE)
    if not isinstance(values, dict):
        raise InputError(str(path), [Problem("file", "a JSON object", type(values).__name__)])
    name = str(values.get("_name_or_path") or path.parent.resolve().name or path.stem)
    return model_of(name, values, str(path))


def model_of(name: str, values: Mapping[str, object], source: str) -> LanguageModel:
    """A model from the values of a configuration."""
    kind = values.get("model_type")
    known = sorted({*_TRAITS, *_NESTED, _WHISPER})
    if not isinstance(kind, str) or kind not in known:
        got = repr(kind) if kind is not None else "none"
        problem = Problem(
            "model_type", f"one of {', '.join(known)}", got, "give a GGUF or an ONNX export of it"
        )
        raise InputError(source, [problem])
    keys = Keys(values, source)
    if kind == _WHISPER:
        decoder, encoder = _whisper(name, keys), _listening(keys)
    elif kind in _NESTED:
        text = keys.inner("text_config")
        inner = text.text("model_type", _NESTED[kind])
        decoder = _decoder(name, text, _NESTED[kind] if inner not in _TRAITS else inner)
        encoder = _seeing(kind, keys, decoder.hidden)
        text.refuse()
    else:
        decoder, encoder = _decoder(name, keys, kind), None
    keys.refuse()
    require_sense(decoder, source, encoder)
    return LanguageModel(name, decoder, encoder, source=source)


def _decoder(name: str, keys: Keys, kind: str) -> Decoder:
    traits = _TRAITS[kind]
    layers = keys.count("num_hidden_layers", "num_layers")
    hidden = keys.count("hidden_size")
    heads = keys.count("num_attention_heads")
    key_heads = keys.count("num_key_value_heads", "multi_query_group_num", default=heads)
    width = keys.count("head_dim", "kv_channels", default=hidden // max(heads, 1))
    window, windowed = _window(keys, kind, layers)
    latent = _latent(keys) if kind in ("minicpm3", "deepseek_v2", "deepseek_v3") else None
    return Decoder(
        name=name,
        layers=layers,
        hidden=hidden,
        heads=heads,
        key_heads=key_heads,
        head_width=width,
        feed_forward=keys.count("intermediate_size", "ffn_hidden_size"),
        vocabulary=keys.count("vocab_size", "padded_vocab_size"),
        tied=keys.flag("tie_word_embeddings", default=traits.tied or kind == "minicpm"),
        context=keys.count("max_position_embeddings", "seq_length", default=4096),
        biases=_biases(keys, traits),
        norms=traits.norms,
        head_norm=traits.head_norm,
        window=window,
        windowed_layers=windowed,
        latent=latent,
        experts=_experts(keys, kind),
        head_scalars=traits.head_scalars,
    )


def _biases(keys: Keys, traits: _Traits) -> Biases:
    own = traits.biases
    # `attention_bias` of Llama and its kin adds all four; those whose code adds some have it said by _TRAITS.
    every = keys.flag("attention_bias", default=False) and own == Biases()
    wide = keys.flag("mlp_bias", default=False)
    if every:
        return Biases(query=True, key=True, value=True, output=True, feed_forward=wide)
    return Biases(own.query, own.key, own.value, own.output, wide, own.norm)


def _window(keys: Keys, kind: str, layers: int) -> tuple[int, int]:
    """Length of the window, and the number of layers that have it."""
    window = keys.count("sliding_window", default=0)
    if not window or not keys.flag("use_sliding_window", default=True):
        return 0, 0
    types = keys.words("layer_types")
    if types:
        return window, sum(text == "sliding_attention" for text in types)
    if kind == "gemma3_text":
        every = keys.count("sliding_window_pattern", default=6)
        return window, layers - layers // every
    if kind in ("gemma2", "gpt_oss"):
        return window, layers - layers // 2
    return window, layers


def _latent(keys: Keys) -> Latent:
    return Latent(
        key_value_rank=keys.count("kv_lora_rank"),
        query_rank=keys.count("q_lora_rank", default=0),
        plain_width=keys.count("qk_nope_head_dim"),
        rotated_width=keys.count("qk_rope_head_dim"),
        value_width=keys.count("v_head_dim", default=64),
    )


def _experts(keys: Keys, kind: str) -> Experts | None:
    count = keys.count("num_local_experts", "num_experts", "n_routed_experts", default=0)
    if not count:
        return None
    inner = keys.count("moe_intermediate_size", "intermediate_size")
    shared = keys.count("n_shared_experts", default=0) * inner
    return Experts(
        count=count,
        active=keys.count("num_experts_per_tok", "experts_per_token"),
        feed_forward=inner,
        shared_feed_forward=keys.count("shared_expert_intermediate_size", default=shared),
        dense_layers=keys.count("first_k_dense_replace", default=0),
        biased=kind == "gpt_oss",
    )


_SPOKEN = Biases(query=True, key=False, value=True, output=True, feed_forward=True, norm=True)
"""Of Whisper: every product but that of the keys adds a vector."""


def _whisper(name: str, keys: Keys) -> Decoder:
    hidden, heads = keys.count("d_model"), keys.count("decoder_attention_heads")
    positions = keys.count("max_target_positions", default=448)
    return Decoder(
        name=name,
        layers=keys.count("decoder_layers"),
        hidden=hidden,
        heads=heads,
        key_heads=heads,
        head_width=hidden // max(heads, 1),
        feed_forward=keys.count("decoder_ffn_dim"),
        vocabulary=keys.count("vocab_size"),
        tied=True,
        context=positions,
        gated=False,
        biases=_SPOKEN,
        cross=Cross(keys.count("max_source_positions", default=1500)),
        positions=positions,
    )


def _listening(keys: Keys) -> Encoder:
    hidden, wide = keys.count("d_model"), keys.count("encoder_ffn_dim")
    tokens, bins = keys.count("max_source_positions", default=1500), keys.count("num_mel_bins", default=80)
    # Two convolutions over three frames; the second halves their number.
    first, second = 3 * bins * hidden, 3 * hidden * hidden
    return Encoder(
        kind="audio",
        layers=keys.count("encoder_layers"),
        hidden=hidden,
        feed_forward=wide,
        gated=False,
        tokens=tokens,
        emitted=0,
        layer_vectors=3 * hidden + wide + hidden + 4 * hidden,
        other_parameters=first + second + 2 * hidden + tokens * hidden + 2 * hidden,
        other_macs=2 * tokens * first + tokens * second,
    )


def _seeing(kind: str, keys: Keys, joined: int) -> Encoder:
    """The image encoder, at the image size that the configuration names or the model usually gets."""
    own = keys.inner("vision_config")
    hidden = own.count("hidden_size", default=768)
    layers = own.count("num_hidden_layers", "depth", default=12)
    patch = own.count("patch_size", default=14)
    wide = own.count("intermediate_size", default=4 * hidden)
    if kind in ("qwen2_5_vl", "qwen2_vl"):
        found = _qwen_vision(kind, own, (layers, hidden, patch, wide), joined)
    else:
        side = own.count("image_size", default=512)
        patches = (side // patch) ** 2
        scale = keys.count("scale_factor", default=4) if kind != "gemma3" else 1
        emitted = keys.count("mm_tokens_per_image", default=patches // scale**2)
        join = hidden * scale**2 * joined + (hidden if kind == "gemma3" else 0)
        front = 3 * patch**2 * hidden
        found = Encoder(
            kind="image", layers=layers, hidden=hidden, feed_forward=wide, gated=False, tokens=patches,
            emitted=emitted, layer_vectors=4 * hidden + wide + hidden + 4 * hidden,
            other_parameters=front + hidden + patches * hidden + 2 * hidden + join,
            other_macs=patches * front + emitted * hidden * scale**2 * joined,
        )  # fmt: skip
    own.refuse()
    return found


_QWEN_PATCHES = 1024
"""Patches of an image of 448 x 448, which Qwen's examples use; four are joined to one token."""


def _qwen_vision(kind: str, own: Keys, sizes: tuple[int, int, int, int], joined: int) -> Encoder:
    layers, hidden, patch, wide = sizes
    gated = kind == "qwen2_5_vl"
    if not gated:
        hidden, wide = own.count("embed_dim", default=1280), 4 * own.count("embed_dim", default=1280)
    norm = hidden if gated else 2 * hidden
    vectors = 2 * norm + 4 * hidden + (2 * wide if gated else wide) + hidden
    merged = 4 * hidden
    front = 3 * 2 * patch**2 * hidden
    join = merged * merged + merged + merged * joined + joined + norm
    return Encoder(
        kind="image", layers=layers, hidden=hidden, feed_forward=wide, gated=gated, tokens=_QWEN_PATCHES,
        emitted=_QWEN_PATCHES // 4, layer_vectors=vectors, other_parameters=front + join,
        other_macs=_QWEN_PATCHES * front + _QWEN_PATCHES // 4 * (merged * merged + merged * joined),
    )  # fmt: skip
