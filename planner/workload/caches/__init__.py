"""Tensors that outlive an inference: caches of keys and values, counted where engines keep them.

In: the operators of a network with their shapes.
Out: the same with what is read of a cache and what is appended to it.
"""
