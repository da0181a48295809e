"""System power fitted on the power logs of MLPerf Inference.

In: published watts, matched to a part, unit, mode and network.
Out: parameters and bands of `planner.latency.power`, and how far devices that were left out lay from them.
"""
