"""Schema of `scenarios/<id>.yaml`.

In: the mapping that `planner.schema.reading` has parsed.
Out: a frozen `Scenario` of streams, candidates, site, limits, money and simulation.
"""
