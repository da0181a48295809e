"""Image classifiers for servers and desktops.

In: a `Builder`.
Out: a graph with the shapes of the published architecture.
"""
