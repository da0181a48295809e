"""A plan that runs in the field: logs of latency, power and temperature beside what was planned.

In: a record of a plan and logs as CSV.
Out: quantity by quantity, whether the measurement is in its band.
"""
