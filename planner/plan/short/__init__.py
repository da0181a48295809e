"""A plan from a short question: what is asked, what a template adds, the scenario that says both.

In: a network, cameras and a rate, with what else was said.
Out: a scenario with each default and its reason, its sizing and pitfalls.
"""
