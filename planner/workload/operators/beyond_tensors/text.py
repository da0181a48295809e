"""Operators on text: one comparison or copy per string, as the file does not say how long texts are."""

from __future__ import annotations

import math
from collections.abc import Mapping

from planner.workload.operators.counting_rule import Call, Count, CountingRule


def _per_text(call: Call) -> Count:
    return Count("elementwise", call.read)


def _joined(call: Call) -> Count:
    return Count("elementwise", call.written)


def _n_grams(call: Call) -> Count:
    """`TfIdfVectorizer`: every run of words of each length and skip is looked up and its count raised."""
    words = call.read
    lengths = call.integer("max_gram_length", 1) - call.integer("min_gram_length", 1) + 1
    skips = call.integer("max_skip_count", 0) + 1
    pool = call.integers("ngram_indexes") or ()
    lookup = max(1, math.ceil(math.log2(len(pool) + 1)))
    return Count("elementwise", words * max(1, lengths) * skips * (lookup + 1) + call.written, held=len(pool))


RULES: Mapping[str, CountingRule] = {
    **dict.fromkeys(("StringNormalizer", "StringSplit", "RegexFullMatch"), _per_text),
    "StringConcat": _joined,
    "TfIdfVectorizer": _n_grams,
}
