"""Answers on conversations as plain JSON.

In: an answered scenario of `planner.plan.conversation`.
Out: its record, from which commands print and the report is made.
"""
