"""A chain of steps run on this machine: decode, resize and convert, networks on frames and on crops.

In: steps with networks as files.
Out: processor time of each step alone and within the chain, for one core.
"""
