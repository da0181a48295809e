"""Schemas of `hardware_db`: parts, engines, measurements, pitfalls, overheads.

In: the mapping that `planner.schema.reading` has parsed.
Out: frozen models, each number with its source and status.
"""
