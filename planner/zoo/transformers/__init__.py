"""Transformers on images and sound: encoders that other networks are built on, and detectors with queries.

In: a `NetworkBuilder`.
Out: a graph with the shapes of the published architecture.
"""
