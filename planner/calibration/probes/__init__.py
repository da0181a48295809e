"""Random small networks whose kernels, measured in context, represent those of other networks.

In: a seed and the number of a probe.
Out: an ONNX network of convolutions, of a transformer, of both, or of the small operators in between. The
same seed gives the same networks, so that a calibration can be repeated.
"""
