"""Conversations with a language model over time: sessions, continuous batching, caches; two engines that agree."""
