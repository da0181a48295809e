"""A network beside an earlier one on the same parts: what changed, and whether that is allowed.

In: a workload, parts, a baseline and limits.
Out: `Check`, a line for each part.
"""
