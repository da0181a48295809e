"""Conversations with a language model over time: sessions, batches, caches; two engines that agree."""
