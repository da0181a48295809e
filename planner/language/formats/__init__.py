"""Number formats of weights and caches: bytes of blocks in files, and what formats make of each matrix.

In: sizes of a model and the name of a format.
Out: bytes of all weights and of those that a step reads.
"""
