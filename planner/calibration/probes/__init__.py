"""Random small networks whose kernels, measured in context, represent those of other networks."""
