"""Keys of `planner check`, and the reading of the baseline that it keeps.

In: a baseline as text.
Out: records of a network beside an earlier one.
"""
