"""The zoo's networks on text."""

from __future__ import annotations

from functools import partial

from planner.zoo.reference import Entry, ReferenceNetwork
from planner.zoo.sequence import llama
from planner.zoo.sequence.bert import BASE, LARGE, bert_squad
from planner.zoo.sequence.crnn import crnn
from planner.zoo.sequence.silero import silero_vad

_SQUAD = ("answers to questions as spans of a text (SQuAD)", "batch x 384 tokens")
_FORMULA = (
    "formula of the transformer: layers x ((2 + 2 k) h^2 + 3 h f) + h v a token, where k is the share of "
    "heads that have keys, and 2 h for each pair of tokens and layer (MACs)"
)
_PROMPT = 512


def _bert(name: str, title: str, parameters: int, macs: float, size: str, source: str, remark: str) -> Entry:
    network = ReferenceNetwork(name, title, *_SQUAD, parameters, macs, source, remark)
    return network, partial(bert_squad, size=BASE if size == "base" else LARGE, sequence=384)


def _decoders(
    name: str, title: str, size: llama.LlamaDecoder, parameters: int, source: str
) -> tuple[Entry, ...]:
    """A prompt and one step after it, each with whole and with packed weights."""
    entries = []
    for weights, packed in (("", False), ("_int4", True)):
        for step, tokens, cached in (("", _PROMPT, 0), ("_decode", 1, _PROMPT)):
            text = f"batch x {tokens} tokens" + (f", {cached} in the cache" if cached else "")
            kind = "one decoding step" if cached else "a prompt"
            full_title = f"{title}, {kind}" + (", weights of 4 bits" if packed else "")
            network = ReferenceNetwork(
                f"{name}{weights}{step}", full_title, "next words of a text", text, parameters,
                _macs(size, tokens, cached), f"{source} (parameters); {_FORMULA}",
            )  # fmt: skip
            build = partial(llama.llama, size=size, tokens=tokens, cached=cached, packed=packed)
            entries.append((network, build))
    return tuple(entries)


def _macs(size: llama.LlamaDecoder, tokens: int, cached: int) -> int:
    shared = size.key_heads / size.heads
    projections = int((2 + 2 * shared) * size.hidden**2) + 3 * size.hidden * size.feed_forward
    pairs = tokens * (tokens + cached)
    scores = tokens * size.hidden * size.vocabulary
    return size.layers * (tokens * projections + 2 * pairs * size.hidden) + scores


ENTRIES: tuple[Entry, ...] = (
    _bert("bert_large_squad", "BERT-Large for SQuAD", 334_094_338, 123.465e9, "large",
          "Hugging Face BertForQuestionAnswering of bert-large-uncased (parameters); Open Model Zoo, "
          "bert-large-uncased-whole-word-masking-squad-0001 (half its FLOPs, with elementwise work)",
          ""),
    _bert("bert_base", "BERT-Base for SQuAD", 108_893_186, 35_333_406_720, "base",
          "Hugging Face BertForQuestionAnswering of bert-base-uncased (parameters); formula of the "
          "transformer: tokens x layers x (4 h^2 + 2 h f) + 2 tokens^2 h a layer (MACs)",
          "Qualcomm times it with the head for masked words: 9.2 GMAC more"),
    (ReferenceNetwork("crnn_builtin_for_pytorch", "CRNN", "text of one line in an image",
                      "batch x 1 x 32 x 100", 8_300_000, 705_143_808,
                      "Shi et al. 2017, arXiv:1507.05717, table 2 (parameters); its layers by hand "
                      "(MACs)"), crnn),
    (ReferenceNetwork("silero_vad", "Silero VAD, 16 kHz", "speech in 32 ms of sound", "batch x 576 samples",
                      309_633, 679_552,
                      "silero-vad 6.2: weights of its own file (parameters, the fixed waves of its spectrum "
                      "among them); its layers by hand (MACs)"), silero_vad),
    *_decoders("llama_7b", "Llama 7B", llama.LLAMA_7B, 6_738_415_616,
               "Hugging Face, LlamaForCausalLM of Llama 7B"),
    *_decoders("llama_1b", "Llama 3.2 1B", llama.LLAMA_3_2_1B, 1_235_814_400,
               "Hugging Face, LlamaForCausalLM of Llama 3.2 1B"),
    *_decoders("llama3_1_8b", "Llama 3.1 8B", llama.LLAMA_3_1_8B, 8_030_261_248,
               "Hugging Face, LlamaForCausalLM of Llama 3.1 8B"),
)  # fmt: skip
