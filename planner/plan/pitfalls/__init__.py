"""The seven mistakes of planning edge inference as checks: each module finds the sub-cases of one of them.

In: a study or a scenario's options, and titles, advice and sources of `hardware_db/pitfalls`.
Out: pitfalls with the plan's own numbers as evidence; those that the scenario accepts are marked.
"""
