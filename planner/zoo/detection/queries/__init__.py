"""Detectors that answer a fixed number of queries: transformers behind a backbone, without suppression.

In: a `NetworkBuilder`.
Out: a graph with the shapes of the published architecture.
"""
