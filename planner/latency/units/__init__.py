"""One network over several compute units of a part, or between a device and a server.

In: prepared kernels, the limits of each unit and the link between the two ends.
Out: which unit runs which kernel and what each crossing costs; every cut of a network with its latency.
"""
