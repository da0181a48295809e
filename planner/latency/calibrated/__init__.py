"""A calibration: what one engine reaches on this machine, as a file, in the store, and applied to a network.

In: a YAML of fitted numbers with a table of measured kernels, and a network prepared for the engine.
Out: seconds of each kernel and of the network, with the band that networks left out of the fit earned.
"""
