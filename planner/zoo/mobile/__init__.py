"""Image classifiers for phones and boards.

In: a `Builder`.
Out: a graph with the shapes of the published architecture.
"""
