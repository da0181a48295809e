"""How many of which part: proposed in closed form, decided by simulation.

In: a scenario and the options of `planner.plan.options`.
Out: a `Sizing`: options best first, each with a count, a simulated rack and a verdict.
"""
