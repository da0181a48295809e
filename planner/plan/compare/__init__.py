"""One network on many parts, ranked against limits.

In: a workload, parts, power modes, precisions, batch sizes and limits.
Out: a `Comparison`: candidates best first, the Pareto front, and why each other one loses.
"""
