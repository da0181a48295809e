"""Sizes of decoders and encoders, and what follows from them alone; no engine, no part.

In: dimensions of layers.
Out: parameters, multiply-accumulates of a token, numbers of the cache of keys and values.
"""
