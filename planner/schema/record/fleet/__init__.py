"""Keys of the answer about a fleet of sites.

In: nothing; declarations alone.
Out: types that `planner.plan.fleet` fills and `planner.report.fleet` reads.
"""
