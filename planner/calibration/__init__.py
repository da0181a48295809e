"""What engines reach on units: measured here, or transferred from what others published.

In: an engine on this machine with random probes to run, or the published rows of `hardware_db/measurements`.
Out: files that `planner.latency` reads (a calibration, `hardware_db/transfers/*.yaml`, the power model), each
with bands earned on what was left out of its fit. Nothing here is needed to answer a question.
"""
