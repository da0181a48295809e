"""The reference engine: the rules of a rack as SimPy events, written to be read.

In: a `Rack` and a replication number.
Out: `Records` of one run. `planner.rack.compiled` has the same rules in files of the same names.
"""
