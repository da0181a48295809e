"""Image classifiers for phones and boards.

In: a `NetworkBuilder`.
Out: a graph with the shapes of the published architecture.
"""
