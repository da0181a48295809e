"""Shapes of all tensors of a graph, through branches and loops.

In: a `Graph`, a batch size and input shapes set by the user.
Out: the graph with every extent resolved, or the reason why one is not.
"""
