"""One network in other precisions and compressions on the same unit.

In: a workload, an operating point and the sourced gains and losses of compression methods.
Out: latency, memory and accuracy risk of each variant, or the reason why a variant cannot run.
"""
