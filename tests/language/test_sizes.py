"""Parameters against published ones, caches and products against formulas by hand."""

from __future__ import annotations

import pytest

from planner.language.formats.weights import Scheme, cache_bytes, weight_bytes
from planner.language.sources.catalogue import named_model, named_models


@pytest.mark.parametrize("name", named_models())
def test_parameters_are_those_published(name):
    assert named_model(name).parameters == pytest.approx(named_models()[name].parameters, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "a_token"),
    [
        # 2 x layers x key heads x width x 2 bytes
        ("llama3.1-8b", 2 * 32 * 8 * 128 * 2),
        ("qwen2-0.5b", 2 * 24 * 2 * 64 * 2),
        ("phi3-mini", 2 * 32 * 32 * 96 * 2),
        # Latent attention caches one vector and one rotated key a layer: (512 + 64) and (256 + 32) numbers.
        ("deepseek-v2-lite", 27 * (512 + 64) * 2),
        ("minicpm3-4b", 62 * (256 + 32) * 2),
    ],
)
def test_bytes_that_a_token_adds_to_the_cache(name, a_token):
    assert cache_bytes(named_model(name).decoder, 1000, "fp16") == 1000 * a_token


def test_windows_hold_their_last_tokens_alone():
    """Gemma 2 2B: 13 of 26 layers see 4,096 tokens, of 4 key heads of 256; below that all are alike."""
    row = 2 * 4 * 256 * 2
    own = named_model("gemma2-2b").decoder
    assert cache_bytes(own, 4096, "fp16") == 26 * 4096 * row
    assert cache_bytes(own, 8192, "fp16") == 13 * (4096 + 8192) * row


def test_gemma3_has_one_global_layer_in_six():
    own = named_model("gemma3-1b").decoder
    assert own.windowed_layers == 22
    assert cache_bytes(own, 2048, "fp16") == (22 * 512 + 4 * 2048) * 2 * 1 * 256 * 2


def test_a_transcript_keeps_the_keys_of_the_sound():
    """Whisper tiny: 4 layers of 384; 1,500 tokens of sound once, 100 tokens of text."""
    own = named_model("whisper-tiny").decoder
    assert cache_bytes(own, 100, "fp16") == 4 * 2 * 384 * 2 * (1500 + 100)


def test_a_step_of_a_mixture_reads_its_active_experts():
    """Qwen3 30B-A3B: 8 of 128 experts; about 3.3 billion weights are read for a token of one user."""
    model = named_model("qwen3-30b-a3b")
    weights = weight_bytes(model, "fp16", Scheme())
    assert weights.total == pytest.approx(2 * 30.532e9, rel=1e-3)
    active = 3.3e9 - model.decoder.embedding_parameters  # the table is not read
    assert weights.read_by(1) / 2 == pytest.approx(active, rel=0.03)
    assert weights.read_by(1) < weights.read_by(8) < weights.read_by(10_000) < weights.total


def test_multiply_accumulates_of_a_token():
    """Llama 3.1 8B: all weights but the table of words; two products over 128 channels of 32 heads a pair."""
    own = named_model("llama3.1-8b").decoder
    assert own.step_macs == 8_030_261_248 - 128256 * 4096 - own.vector_parameters
    assert own.pair_macs == 32 * 32 * 2 * 128


@pytest.mark.parametrize(
    ("name", "form", "published"),
    [
        # Lengths of files on huggingface.co (bartowski, ggml-org, TheBloke), headers of 1 to 8 MB among them.
        ("llama3.1-8b", "q4_k_m", 4_920_739_232),
        ("llama3.1-8b", "q5_k_m", 5_732_992_416),
        ("llama3.1-8b", "q6_k", 6_596_011_424),
        ("llama3.1-8b", "q8_0", 8_540_775_840),
        ("llama3.1-8b", "q4_k_s", 4_692_673_952),
        ("llama3.2-3b", "q4_k_m", 2_019_377_696),
        ("qwen2.5-7b", "q4_k_m", 4_683_074_240),
        ("tinyllama-1.1b", "q4_k_m", 668_788_096),
        ("llama2-7b", "q4_0", 3_825_807_040),
        ("llama2-7b", "q4_k_m", 4_081_004_224),
        ("llama2-7b", "q3_k_m", 3_298_004_672),
    ],
)
def test_formats_of_llama_cpp_weigh_what_its_files_do(name, form, published):
    header = published - weight_bytes(named_model(name), form, Scheme(recipe=form)).total
    assert 0.5e6 < header < 9e6
