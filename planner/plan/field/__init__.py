"""A plan that runs in the field: logs of latency, power and temperature beside what was planned."""
