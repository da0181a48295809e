"""Commands about a scenario: size, simulate, density, cost, lint, sweep, report.

In: a scenario file.
Out: text, JSON, CSV, Parquet or PDF; every number comes from the Python API.
"""
