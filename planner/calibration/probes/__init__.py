"""Random small networks whose kernels, measured in context, stand for those of networks to come."""
