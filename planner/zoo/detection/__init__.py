"""Detectors and segmentation networks.

In: a `Builder`.
Out: a graph with the shapes of the published architecture.
"""
