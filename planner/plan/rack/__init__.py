"""A scenario as the rack that `planner.rack` simulates, and what that rack is asked beside serving.

In: a scenario, an option and the part's thermal data.
Out: a `planner.rack.description.rack.Rack`; updates, clock savings, failures and theory beside it.
"""
