"""Conversations with a language model over time: sessions, batches, caches; two engines that agree.

`plain.py` is to be read, `compiled.py` is for speed; tests hold them equal bit by bit.

In: a `Serving`: streams, the time of a step, limits of a device.
Out: first tokens, tokens and ends of turns with intervals over runs, use, memory, energy.
"""
