"""Random small networks whose kernels, measured in context, stand for those of networks to come.

In: a seed and the number of a probe.
Out: an ONNX network of convolutions, of a transformer, of both, or of the chores in between. The same seed
gives the same networks, so that a calibration can be repeated.
"""
