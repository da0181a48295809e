"""Image classifiers for servers and desktops.

In: a `NetworkBuilder`.
Out: a graph with the shapes of the published architecture.
"""
