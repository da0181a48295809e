"""Frames of chains over time on one device: drawn work, a plain and a compiled engine, what they count.

`plain.py` is to be read, `compiled.py` is for speed; tests hold them equal bit by bit.

In: `Chains`: visits of units with their times, streams, servers.
Out: latencies, use of units, what was dropped and what is unfinished, over replications.
"""
