"""llama.cpp as calibrated on this machine: work by type of block, time, the file that keeps it.

In: the file of a calibration; sizes of a model and types of its blocks.
Out: seconds of a step and of a prompt with their bands.
"""
