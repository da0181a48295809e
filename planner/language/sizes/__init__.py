"""Sizes of decoders and encoders, and what follows from them alone.

Parameters, multiply-accumulates of a token, and numbers of the cache of keys and values; no engine, no part.
"""
