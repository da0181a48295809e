"""llama.cpp on this machine: small models with random weights are run, its time is fitted and judged.

In: a budget of seconds, and models of the user's own to be judged on.
Out: a `planner.language.calibrated` calibration, and its errors on what no fit has seen.
"""
