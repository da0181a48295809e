"""The YOLO line: scaled layouts from published configuration files, their blocks and their heads.

In: a `NetworkBuilder` and the size of the variant.
Out: a graph with the shapes of the published architecture.
"""
