"""One way to serve a scenario: a part in a mode at a precision and batch.

In: a scenario's networks and one part.
Out: an `Option` with estimates, count, heat and cost, and the simulated rack that belongs to it.
"""
