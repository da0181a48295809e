"""Decoders, encoders and scalers of parts, and what processor cores do where a part has none.

In: a part and a power mode.
Out: what the database knows of its video units, each number with its status; makers' tables of streams.
"""
