"""What an engine makes of a network: its kernels, their shapes, neighbours and layouts.

In: a counted workload, an engine's fusion rules, a batch and a precision.
Out: a `Prepared` network with one `KernelShape` per kernel, which the predictors of all engines read.
"""
