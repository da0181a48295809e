"""Engines on units nobody here could run: a few parameters fitted on what others published.

In: kernels of a network, facts of a datasheet, and a file of `hardware_db/transfers`.
Out: time of each kernel and the band that left-out measurements earned the sum; and the blend of a prediction
with measurements nearby (`effects`). The fit itself is in `planner.calibration.transfer`.
"""
