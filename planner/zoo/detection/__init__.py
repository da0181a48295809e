"""Detectors and segmentation networks.

In: a `NetworkBuilder`.
Out: a graph with the shapes of the published architecture.
"""
