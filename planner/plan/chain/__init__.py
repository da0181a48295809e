"""The chains of a scenario's streams on one part: who decodes, resizes, infers and tracks, and what it takes.

In: a scenario, a part in a mode and the times of its networks.
Out: units and visits for `planner.chain`, and the steps around inference of the rack that is simulated.
"""
